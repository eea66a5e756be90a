// Accumulator::ToCheckpoint and Restore. Little-endian, 72 bytes before the sums:
//   magic[8] dim:u64 max_updates:u64 bound:f64 fraction_bits:u64 count:u64 weight_sum:i64
//   reserved:u64 sums_crc:u32 header_crc:u32
#include <bit>
#include <cstddef>
#include <cstring>

#include "aggregation/accumulator.h"
#include "base/crc32c.h"

namespace muster::aggregation {
namespace {
static_assert(std::endian::native == std::endian::little, "words are written as they lie");

struct Header {
  std::array<char, 8> magic;
  std::uint64_t dim;
  std::uint64_t max_updates;
  double bound;
  std::int64_t fraction_bits;
  std::uint64_t count;
  std::int64_t weight_sum;
  std::uint64_t reserved;
  std::uint32_t sums_crc;
  std::uint32_t header_crc;  // Of all that stands before it.
};
static_assert(sizeof(Header) == Checkpoint::kHeaderBytes);

constexpr std::array<char, 8> kMagic = {'M', 'S', 'T', 'R', 'S', 'U', 'M', '1'};

std::uint32_t HeaderCrc(const Header& header) {
  return Crc32c(std::as_bytes(std::span(&header, 1)).first(offsetof(Header, header_crc)));
}

template <typename... Args>
Status Refused(fmt::format_string<Args...> f, Args&&... args) {
  return WithReason(DataLoss(f, std::forward<Args>(args)...), Reason::kARTEFACT_INVALID);
}

// What no accumulator can have written, whatever the checksums say.
Status CheckCounts(const Header& h, const FixedPoint& fixed) {
  if (h.fraction_bits != fixed.fraction_bits() || h.reserved != 0)
    return Refused("the checkpoint is of another arithmetic");
  if (h.count > fixed.max_updates())
    return Refused("the checkpoint counts {} of at most {} updates", h.count, fixed.max_updates());
  const auto count = static_cast<std::int64_t>(h.count);
  if (h.weight_sum < count || h.weight_sum > count << h.fraction_bits)
    return Refused("the checkpoint's weight {} is none of {} updates", h.weight_sum, h.count);
  return Ok();
}
}  // namespace

Checkpoint Accumulator::ToCheckpoint() const {
  const ByteView sums = std::as_bytes(std::span(sums_));
  Header h{kMagic,
           dim(),
           fixed_.max_updates(),
           fixed_.bound(),
           fixed_.fraction_bits(),
           count_,
           weight_sum_,
           0,
           Crc32c(sums),
           0};
  h.header_crc = HeaderCrc(h);
  return {std::bit_cast<std::array<std::byte, Checkpoint::kHeaderBytes>>(h), sums};
}

StatusOr<Accumulator> Accumulator::Restore(ByteView bytes) {
  Header h;
  if (bytes.size() < sizeof h) return Refused("{} bytes are no checkpoint", bytes.size());
  std::memcpy(&h, bytes.data(), sizeof h);
  const ByteView sums = bytes.subspan(sizeof h);
  if (h.magic != kMagic || h.header_crc != HeaderCrc(h))
    return Refused("the bytes are no checkpoint, or its header is damaged");
  if (sums.size() % 8 != 0 || h.dim != sums.size() / 8)
    return Refused("the checkpoint holds {} bytes of {} sums", sums.size(), h.dim);
  if (h.sums_crc != Crc32c(sums)) return Refused("the checkpoint's sums are damaged");
  const StatusOr<FixedPoint> fixed = FixedPoint::Make(h.max_updates, h.bound);
  if (!fixed.ok()) return Refused("the checkpoint: {}", MessageOf(fixed.status()));
  MUSTER_TRY(CheckCounts(h, *fixed));

  Accumulator out(h.dim, *fixed);
  out.count_ = h.count;
  out.weight_sum_ = h.weight_sum;
  if (!sums.empty()) std::memcpy(out.sums_.data(), sums.data(), sums.size());
  return out;
}

}  // namespace muster::aggregation
