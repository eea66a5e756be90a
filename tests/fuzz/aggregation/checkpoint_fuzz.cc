// Accumulator::Restore on foreign bytes, as they are and with the checksums put right (so that the
// fuzzer gets past them): what it accepts is written back unchanged, and can still be merged.
#include <cstdlib>
#include <cstring>

#include "aggregation/accumulator.h"
#include "base/crc32c.h"

namespace muster::aggregation {
namespace {
void Require(bool holds) {
  if (!holds) std::abort();
}

void Check(ByteView bytes) {
  auto sum = Accumulator::Restore(bytes);
  if (!sum.ok()) return Require(ReasonOf(sum.status()) == Reason::kARTEFACT_INVALID);
  Bytes written;
  const Checkpoint checkpoint = sum->ToCheckpoint();
  for (const ByteView part : checkpoint.Parts())
    written.insert(written.end(), part.begin(), part.end());
  Require(written.size() == bytes.size());
  Require(std::memcmp(written.data(), bytes.data(), bytes.size()) == 0);
  Accumulator other(sum->dim(), sum->fixed());
  Require(other.Merge(*sum).ok() && other.count() == sum->count());
  std::vector<float> mean(sum->dim());
  Require(other.Mean(mean).ok() == (other.count() > 0));
}

Bytes WithGoodChecksums(ByteView bytes) {
  Bytes out(bytes.begin(), bytes.end());
  if (out.size() < Checkpoint::kHeaderBytes) return out;
  const std::uint32_t sums = Crc32c(ByteView(out).subspan(Checkpoint::kHeaderBytes));
  std::memcpy(out.data() + 64, &sums, 4);
  const std::uint32_t header = Crc32c(ByteView(out).first(68));
  std::memcpy(out.data() + 68, &header, 4);
  return out;
}
}  // namespace
}  // namespace muster::aggregation

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  muster::aggregation::Check(bytes);
  muster::aggregation::Check(muster::aggregation::WithGoodChecksums(bytes));
  return 0;
}
