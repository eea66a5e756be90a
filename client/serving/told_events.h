#pragma once
// What a node that serves has found, on its way to telemetry: each event is told once, wherever the
// process dies. The node's state lists the events with the sequences that they will be given, and
// is on the disk before they go; an earlier life's are given again only when telemetry does not
// have them yet.
#include <deque>
#include <functional>

#include "base/canonical_json.h"
#include "client/telemetry/event.h"

namespace muster::client {

// Not thread-safe. Nobody else may tell events of these classes to the same sink.
class ToldEvents {
 public:
  static constexpr std::size_t kMost = 1024;  // The oldest gives way.

  void Add(TelemetryEvent event);
  bool empty() const { return events_.empty(); }

  // For the state, to be written before Send. Cost: encodes the events.
  Json Save(const TelemetrySink& sink) const;
  // Takes up what Save gave, without what the sink was given since.
  //   errors  DATA_LOSS; then it is empty.
  Status Restore(const Json& json, const TelemetrySink& sink);

  // Hands them over, oldest first. What the sink refuses for good is left out, after `refused`.
  // When one did not go, those behind it get other sequences: `save` writes the state anew.
  //   errors  those of the disk, of the sink's or of `save`'s; what is left goes next time.
  Status Send(TelemetrySink& sink, const std::function<void(const Status&)>& refused,
              const std::function<Status()>& save);

 private:
  std::deque<TelemetryEvent> events_;
};

}  // namespace muster::client
