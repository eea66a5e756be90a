// What devices are asked to count, and what windows came to, from foreign bytes: whatever is taken
// is written back in just these bytes, has a layout, and says no more than its devices can.
#include <cstdlib>

#include "aggregation/statistics/window.h"
#include "base/bytes.h"

namespace muster::aggregation::statistics {
namespace {
void Require(bool holds) {
  if (!holds) std::abort();
}

void CheckQueryText(std::string_view text) {
  const auto query = ParseQuery(text);
  if (!query.ok()) return Require(ReasonOf(query.status()) == Reason::kFIELD_INVALID);
  Require(EncodeQuery(*query).value() == text && !IsWindowQuery(text));
  Require(secagg::SumsLayout(FieldsOf(*query), 1024).ok());
}

void CheckWindowText(std::string_view text) {
  const auto query = ParseWindowQuery(text);
  if (!query.ok()) return Require(ReasonOf(query.status()) == Reason::kFIELD_INVALID);
  Require(EncodeWindowQuery(*query).value() == text && IsWindowQuery(text));
  Require(secagg::SumsLayout(FieldsOf(*query), 1024).ok());
}

void CheckTallyText(std::string_view text) {
  const auto tally = ParseWindowTally(text);
  if (!tally.ok()) return Require(ReasonOf(tally.status()) == Reason::kARTEFACT_INVALID);
  Require(EncodeWindowTally(*tally).value() == text);
  for (const ShardTotals& shard : tally->shards) Require(CheckShard(tally->query, shard).ok());
}
}  // namespace
}  // namespace muster::aggregation::statistics

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace statistics = muster::aggregation::statistics;
  const std::string_view text = muster::AsText(std::as_bytes(std::span(data, size)));
  statistics::CheckQueryText(text);
  statistics::CheckWindowText(text);
  statistics::CheckTallyText(text);
  return 0;
}
