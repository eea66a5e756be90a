#include <cstdint>

#include "base/canonical_json.h"
#include "drift/sketches/ddsketch.h"

namespace muster::drift {
namespace {
constexpr int kDepth = 3;

Json PairsOf(const Buckets& buckets) {
  Json out = Json::array();
  for (std::size_t i = 0; i < buckets.counts().size(); ++i)
    if (buckets.counts()[i] > 0)
      out.push_back(
          {std::int64_t{buckets.from()} + static_cast<std::int64_t>(i), buckets.counts()[i]});
  return out;
}

bool IsPair(const Json& pair) {
  return pair.is_array() && pair.size() == 2 && pair[0].is_number_integer() &&
         pair[1].is_number_unsigned();
}
}  // namespace

std::string DdSketch::Encode() const {
  // Integers below 2^53 and ASCII always have a text.
  return CanonicalJson({{"alpha", DecimalText(alpha_)},
                        {"buckets", limit_},
                        {"negative", PairsOf(negative_)},
                        {"positive", PairsOf(positive_)},
                        {"zero", zero_}})
      .value();
}

StatusOr<DdSketch> DdSketch::Read(std::string_view text) {
  MUSTER_ASSIGN(const Json json, ParseJson(text, kDepth));
  JsonReader r(json);
  const double alpha = r.Decimal("alpha");
  const std::uint64_t buckets = r.Unsigned("buckets");
  const std::uint64_t zero = r.Unsigned("zero");
  const Json& negative = r.At("negative");
  const Json& positive = r.At("positive");
  MUSTER_TRY(r.status());
  if (buckets > kMostBuckets) return InvalidArgument("{} buckets", buckets);
  MUSTER_ASSIGN(DdSketch out, Make(alpha, static_cast<std::uint32_t>(buckets)));
  if (zero > kMostCount) return InvalidArgument("a count beyond the largest");
  out.zero_ = out.count_ = zero;
  for (const auto& [list, into] :
       {std::pair(&negative, &out.negative_), {&positive, &out.positive_}})
    for (const Json& pair : *list) {
      if (!IsPair(pair)) return InvalidArgument("not pairs of an index and a count");
      MUSTER_TRY(out.AddCount(*into, pair[0].get<std::int64_t>(), pair[1].get<std::uint64_t>()));
    }
  return out;
}

StatusOr<DdSketch> DdSketch::Parse(std::string_view text) {
  if (text.size() > kMostSketchBytes) return RefuseText("sketch", "too long");
  StatusOr<DdSketch> out = Read(text);
  if (!out.ok()) return RefuseText("sketch", MessageOf(out.status()));
  if (out->Encode() != text) return RefuseText("sketch", "not in its canonical form");
  return out;
}

}  // namespace muster::drift
