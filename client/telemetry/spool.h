#pragma once
// A node's telemetry on its own disk until the coordinator has it: store and forward. Bounded in
// bytes, with sequences of its own for each class. What Add acknowledged survives kill -9; what the
// bound pushes out goes by whole segments, the oldest of the lowest class first.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/rng.h"
#include "client/telemetry/segment.h"
#include "client/telemetry/segment_folder.h"
#include "client/telemetry/transport.h"

namespace muster::client {

inline constexpr std::uint64_t kLeastSpoolBytes = std::uint64_t{64} << 10;

struct SpoolLimits {
  std::uint64_t most_bytes = std::uint64_t{64} << 20;
  std::uint64_t segment_bytes = 0;  // A class goes on in a new file then. 0: 1/32 of most_bytes.
};

// Since it was opened, but for what lies there now.
struct SpoolCounts {
  std::uint64_t bytes = 0;        // On disk now.
  std::uint64_t added = 0;        // Records.
  std::uint64_t overwritten = 0;  // Records that gave way to others.
  std::uint64_t refused = 0;      // Records that found no room.
  std::uint64_t damaged = 0;      // Segments of which something could not be read.
};

// Safe from any thread: one at a time writes.
//
// Room for a record is made by dropping the oldest segment of the lowest class that holds more than
// its share; a class is not pushed below its share (3/8, 1/4, 1/8 and nothing, in order of
// priority), and within the bound no class takes from a higher one beyond its own share. So no
// alarm goes while a summary is there, and a flood of alarms leaves what people said.
class TelemetrySpool final : public TelemetrySink {
 public:
  // Opens the spool of a folder, or begins one there. What a crash cut short is cut off; a damaged
  // segment costs what follows the damage in it, and a line in the log.
  static StatusOr<std::unique_ptr<TelemetrySpool>> Open(std::string node,
                                                        std::unique_ptr<SegmentFolder> folder,
                                                        SpoolLimits limits, SecureRng& rng,
                                                        Logger& log);

  // INVALID_ARGUMENT (TELEMETRY_INVALID) for what EncodeEvent refuses; RESOURCE_EXHAUSTED
  // (TELEMETRY_FULL) when all room is held by what goes before it; errors of SegmentFolder. An
  // event that failed may all the same be found after a restart.
  Status Add(const TelemetryEvent& event) override;
  std::uint64_t NextSequence(TelemetryClass cls) const override;

  // The oldest records that are not acknowledged, class by class, as many as a batch holds.
  StatusOr<TelemetryBatch> Next();
  // All that is not acknowledged in a class. Cost: reads its segments.
  StatusOr<std::vector<TelemetryRecord>> Pending(TelemetryClass cls);
  // Lets go of the records up to these sequences. An error leaves them on the disk: they may be
  // sent again after a restart.
  Status Acknowledge(const std::map<TelemetryClass, std::uint64_t>& through);

  // Called after each Add that succeeded, on its thread. Null: nobody.
  void OnAdded(std::function<void()> added);
  SpoolCounts counts() const;

 private:
  struct Segment {
    SegmentName name;
    std::uint64_t last = 0;  // Sequence of its last record.
    std::uint64_t records = 0;
    std::uint64_t bytes = 0;  // That are good.
    bool closed = false;      // Nothing is to be written behind them.
  };
  struct Class {
    std::deque<Segment> segments;
    std::uint64_t next = 1;
    std::uint64_t acknowledged = 0;
    std::uint64_t bytes = 0;  // Of all its segments.
  };

  TelemetrySpool(std::string node, std::unique_ptr<SegmentFolder> folder, SpoolLimits limits,
                 SecureRng& rng, Logger& log);
  Status Load();
  Status LoadState(const std::vector<std::string>& files) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Status LoadSegment(const SegmentName& name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Status SaveState() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Status AddNow(TelemetryClass cls, std::string_view payload) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Status Write(TelemetryClass cls, ByteView record) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Status MakeRoom(TelemetryClass cls, std::uint64_t bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Class* Victim(TelemetryClass cls, std::uint64_t bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Status Overwrite(Class& of) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void RemoveAcknowledged(Class& of) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Gives the records of a class to `take` until it says false.
  StatusOr<bool> Read(TelemetryClass cls, const std::function<bool(StoredRecord)>& take)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Damaged(const Class& of, Segment& segment, const SegmentScan& scan)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  std::uint64_t ShareOf(TelemetryClass cls) const;
  Class& Of(TelemetryClass cls) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return classes_[static_cast<std::size_t>(cls) - 1];
  }

  const std::string node_;
  const std::unique_ptr<SegmentFolder> folder_;
  const SpoolLimits limits_;
  SecureRng& rng_;
  Logger& log_;
  mutable absl::Mutex mu_;
  std::string id_ ABSL_GUARDED_BY(mu_);
  bool saved_ ABSL_GUARDED_BY(mu_) = false;  // The id is on disk.
  std::array<Class, kTelemetryClasses> classes_ ABSL_GUARDED_BY(mu_);
  SpoolCounts counts_ ABSL_GUARDED_BY(mu_);
  std::function<void()> added_ ABSL_GUARDED_BY(mu_);
};

}  // namespace muster::client
