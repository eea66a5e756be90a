#include "client/serving/service_totals.h"

#include <algorithm>

#include "drift/sketches/ddsketch.h"

namespace muster::client {
namespace {
Json TimeJson(const std::optional<Timestamp>& time) {
  return time ? Json(UnixMillis(*time)) : Json();
}
std::optional<Timestamp> TimeFrom(const Json& json) {
  if (!json.is_number_integer()) return std::nullopt;
  return FromUnixMillis(json.get<std::int64_t>());
}
}  // namespace

void ServiceTotals::CountRow(std::optional<Timestamp> time, bool predicted, bool labelled,
                             bool failed) {
  ++served_.rows;
  served_.predictions += predicted;
  served_.labelled += labelled;
  served_.failed += failed;
  if (!time) return;
  if (!served_.from) served_.from = time;
  served_.to = time;
}

std::string ServiceTotals::Sketch() const {
  if (latencies_.empty()) return sketch_;
  StatusOr<drift::DdSketch> sketch = drift::DdSketch::Make();
  if (!sketch.ok() || !sketch->Add(latencies_).ok()) return sketch_;
  if (!sketch_.empty()) {
    const StatusOr<drift::DdSketch> earlier = drift::DdSketch::Parse(sketch_);
    if (earlier.ok()) static_cast<void>(sketch->Merge(*earlier).ok());
  }
  return sketch->Encode();
}

Served ServiceTotals::Take(const std::map<std::string, std::uint64_t>& not_judged, Timestamp now) {
  Served out = served_;
  out.latency = Sketch();
  for (const auto& [reason, count] : not_judged)
    if (count > judged_[reason]) out.not_judged[reason] = count - judged_[reason];
  *this = ServiceTotals(now);
  judged_ = not_judged;
  return out;
}

Json ServiceTotals::Save() const {
  return {{"failed", served_.failed},
          {"from", TimeJson(served_.from)},
          {"joules", DecimalText(served_.joules)},
          {"judged", Json(judged_)},
          {"labelled", served_.labelled},
          {"latency", Sketch()},
          {"predictions", served_.predictions},
          {"rows", served_.rows},
          {"to", TimeJson(served_.to)}};
}

StatusOr<ServiceTotals> ServiceTotals::Restore(const Json& json, Timestamp now) {
  if (!json.is_object()) return InvalidField("totals", "are none");
  JsonReader reader(json);
  ServiceTotals out(now);
  out.served_.failed = reader.Unsigned("failed");
  out.served_.labelled = reader.Unsigned("labelled");
  out.served_.predictions = reader.Unsigned("predictions");
  out.served_.rows = reader.Unsigned("rows");
  out.served_.joules = reader.Decimal("joules");
  out.sketch_ = reader.Text("latency");
  const Json& from = reader.At("from");
  const Json& to = reader.At("to");
  const Json& judged = reader.At("judged");
  MUSTER_TRY(reader.status());
  out.served_.from = TimeFrom(from);
  out.served_.to = TimeFrom(to);
  if (!judged.is_object()) return InvalidField("totals.judged", "is no map");
  for (const auto& [reason, count] : judged.items())
    if (count.is_number_unsigned()) out.judged_[reason] = count.get<std::uint64_t>();
  return out;
}

}  // namespace muster::client
