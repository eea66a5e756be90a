#include "client/serving/told_events.h"

#include "client/telemetry/event_json.h"

namespace muster::client {
namespace {
bool IsOfTheDisk(const Status& status) {
  return absl::IsUnavailable(status) || ReasonOf(status) == Reason::kDISK_FULL ||
         ReasonOf(status) == Reason::kREAD_ONLY;
}
}  // namespace

void ToldEvents::Add(TelemetryEvent event) {
  if (events_.size() == kMost) events_.pop_front();
  events_.push_back(std::move(event));
}

// One that cannot be written down is one that the sink refuses, so it takes no sequence.
Json ToldEvents::Save(const TelemetrySink& sink) const {
  std::map<TelemetryClass, std::uint64_t> next;
  Json out = Json::array();
  for (const TelemetryEvent& event : events_) {
    StatusOr<std::string> text = EncodeEvent(event);
    if (!text.ok()) continue;
    const TelemetryClass cls = ClassOf(event);
    const auto [it, first] = next.try_emplace(cls, 0);
    if (first) it->second = sink.NextSequence(cls);
    out.push_back({{"event", *std::move(text)}, {"sequence", it->second++}});
  }
  return out;
}

Status ToldEvents::Restore(const Json& json, const TelemetrySink& sink) {
  events_.clear();
  if (!json.is_array() || json.size() > kMost) return DataLoss("told: no list of events");
  std::deque<TelemetryEvent> events;
  for (const Json& item : json) {
    if (!item.is_object()) return DataLoss("told: no event");
    JsonReader reader(item);
    const std::string text = reader.Text("event");
    const std::uint64_t sequence = reader.Unsigned("sequence");
    StatusOr<TelemetryEvent> event = ParseEvent(text);
    if (!reader.status().ok() || !event.ok()) return DataLoss("told: no event");
    if (sequence >= sink.NextSequence(ClassOf(*event))) events.push_back(*std::move(event));
  }
  events_ = std::move(events);
  return Ok();
}

Status ToldEvents::Send(TelemetrySink& sink, const std::function<void(const Status&)>& refused,
                        const std::function<Status()>& save) {
  while (!events_.empty()) {
    Status added = sink.Add(events_.front());
    if (IsOfTheDisk(added)) {
      static_cast<void>(save().ok());  // The sequence that failed may be used up.
      return added;
    }
    events_.pop_front();
    if (added.ok()) continue;
    refused(added);
    if (!events_.empty()) MUSTER_TRY(save());
  }
  return Ok();
}

}  // namespace muster::client
