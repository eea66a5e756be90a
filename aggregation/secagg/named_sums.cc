#include "aggregation/secagg/named_sums.h"

#include <string.h>

#include <algorithm>
#include <array>
#include <bit>

namespace muster::aggregation::secagg {
namespace {
constexpr int kLimbBits = 16;
constexpr std::uint64_t kLimbMask = (std::uint64_t{1} << kLimbBits) - 1;
// Four limbs of 16 bits and the carries of a thousand devices are beyond 64 bits.
__extension__ using Wide = unsigned __int128;

std::uint64_t LimbsOf(std::uint64_t most) {
  return (static_cast<std::uint64_t>(std::bit_width(most)) + kLimbBits - 1) / kLimbBits;
}

// The layout that the fields give must be the vector's: SumsLayout has judged the fields then.
Status CheckLayout(std::span<const SumField> fields, const Segments& segments) {
  MUSTER_ASSIGN(const Segments due, SumsLayout(fields, segments.devices()));
  if (due == segments) return Ok();
  return InvalidArgument("the vector is not laid out for these {} fields", fields.size());
}

// Lanes on their way to or from a vector, a piece at a time; they may be one device's own.
struct Piece {
  std::array<std::int32_t, Segments::kTileLanes> lanes;
  ~Piece() { explicit_bzero(&lanes, sizeof lanes); }
};

// work(first, lanes) for pieces of the `count` integers of a field.
template <typename Work>
Status ForEachPiece(std::uint64_t count, Piece& piece, Work work) {
  for (std::uint64_t first = 0; first < count; first += piece.lanes.size()) {
    const auto size = std::min<std::uint64_t>(piece.lanes.size(), count - first);
    MUSTER_TRY(work(first, std::span(piece.lanes).first(static_cast<std::size_t>(size))));
  }
  return Ok();
}

Status SetField(std::size_t index, const SumField& field, std::span<const std::uint64_t> values,
                Piece& piece, LaneVector& out) {
  const auto within = [&field](std::uint64_t v) { return v <= field.most; };
  if (!std::ranges::all_of(values, within))
    return WithReason(InvalidArgument("{}: an integer is beyond {}", field.name, field.most),
                      Reason::kUPDATE_OVER_BOUND);
  const std::uint64_t limbs = LimbsOf(field.most);
  for (std::uint64_t limb = 0; limb < limbs; ++limb)
    MUSTER_TRY(
        ForEachPiece(field.count, piece, [&](std::uint64_t first, std::span<std::int32_t> lanes) {
          for (std::size_t i = 0; i < lanes.size(); ++i)
            lanes[i] =
                static_cast<std::int32_t>(values[first + i] >> (kLimbBits * limb) & kLimbMask);
          return out.Set(index, limb * field.count + first, lanes);
        }));
  return Ok();
}

Status Impossible(const SumField& field, std::uint64_t at, std::uint32_t contributors) {
  return WithReason(FailedPrecondition("{}: the sum at {} cannot be of {} devices of 0 to {} each",
                                       field.name, at, contributors, field.most),
                    Reason::kUPDATE_OVER_BOUND);
}

StatusOr<std::vector<std::uint64_t>> OpenField(std::size_t index, const SumField& field,
                                               std::uint32_t contributors, Piece& piece,
                                               const LaneVector& sum) {
  const Wide most = static_cast<Wide>(field.most) * contributors;
  const std::uint64_t limbs = LimbsOf(field.most);
  std::vector<Wide> totals(field.count);
  for (std::uint64_t limb = 0; limb < limbs; ++limb)
    MUSTER_TRY(ForEachPiece(
        field.count, piece, [&](std::uint64_t first, std::span<std::int32_t> lanes) -> Status {
          MUSTER_TRY(sum.Sums(index, limb * field.count + first, contributors, lanes));
          for (std::size_t i = 0; i < lanes.size(); ++i) {
            if (lanes[i] < 0) return Impossible(field, first + i, contributors);
            totals[first + i] += static_cast<Wide>(lanes[i]) << (kLimbBits * limb);
          }
          return Ok();
        }));
  std::vector<std::uint64_t> out(field.count);
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (totals[i] > most) return Impossible(field, i, contributors);
    out[i] = static_cast<std::uint64_t>(std::min<Wide>(totals[i], kMostTotal));
  }
  return out;
}
}  // namespace

StatusOr<Segments> SumsLayout(std::span<const SumField> fields, std::uint32_t devices) {
  std::vector<Segment> segments;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const SumField& field = fields[i];
    const std::string path = fmt::format("fields[{}]", i);
    if (field.most == 0 || field.most > kMostSummand)
      return InvalidField(path + ".most", "{} is not in 1..{}", field.most, kMostSummand);
    const std::uint64_t limbs = LimbsOf(field.most);
    if (field.count == 0 || field.count > Segments::kMostElements / limbs)
      return InvalidField(path + ".count", "{} integers of {} limbs, 1 to {} lanes are allowed",
                          field.count, limbs, Segments::kMostElements);
    segments.push_back({.name = field.name,
                        .count = field.count * limbs,
                        .bits = LaneBits::k32,
                        .limit = static_cast<std::int64_t>(std::min(field.most, kLimbMask))});
  }
  return Segments::Make(devices, std::move(segments));
}

Status SetSums(std::span<const SumField> fields, const SumValues& values, LaneVector& out) {
  MUSTER_TRY(CheckLayout(fields, out.segments()));
  if (values.size() != fields.size())
    return InvalidArgument("integers of {} fields, there are {}", values.size(), fields.size());
  Piece piece;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (values[i].size() != fields[i].count)
      return InvalidArgument("{}: {} integers, it has {}", fields[i].name, values[i].size(),
                             fields[i].count);
    MUSTER_TRY(SetField(i, fields[i], values[i], piece, out));
  }
  return Ok();
}

StatusOr<SumValues> OpenSums(std::span<const SumField> fields, const LaneVector& sum,
                             std::uint32_t contributors) {
  MUSTER_TRY(CheckLayout(fields, sum.segments()));
  Piece piece;
  SumValues out;
  out.reserve(fields.size());
  for (std::size_t i = 0; i < fields.size(); ++i) {
    MUSTER_ASSIGN(std::vector<std::uint64_t> totals,
                  OpenField(i, fields[i], contributors, piece, sum));
    out.push_back(std::move(totals));
  }
  return out;
}

Status AddTotals(SumValues& into, const SumValues& more) {
  const auto same_size = [](const auto& a, const auto& b) { return a.size() == b.size(); };
  if (!std::ranges::equal(into, more, same_size))
    return InvalidArgument("totals of unlike shapes cannot be added");
  for (std::size_t f = 0; f < into.size(); ++f)
    for (std::size_t i = 0; i < into[f].size(); ++i)
      into[f][i] = std::min(into[f][i], kMostTotal) +
                   std::min(more[f][i], kMostTotal - std::min(into[f][i], kMostTotal));
  return Ok();
}

}  // namespace muster::aggregation::secagg
