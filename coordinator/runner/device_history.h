#pragma once
// Which models a device was given, and when, out of the facts of campaigns and rounds: nothing else
// has to be recorded for it, and whoever has the log finds the same.
#include <optional>
#include <string>
#include <vector>

#include "base/journal.h"
#include "coordinator/round/round.h"
#include "coordinator/round/task_kind.h"

namespace muster::coordinator {

// One time that a device was asked to load a model.
struct DeviceRun {
  Timestamp at;  // When it was asked.
  RoundKey round;
  TaskKind kind = TaskKind::kTrain;  // Or kEvaluate; statistics load no model.
  ModelName model;
  Digest params;
  std::optional<Digest> module;
  VersionNumber version;  // Of the model, with just these parameters; 0: none was made by then.
  VersionNumber base_version;  // What the campaign began with.
  std::string outcome;         // "counted", "evaluated", "dropped: REASON", "asked".
  std::optional<Timestamp> outcome_at;
  friend bool operator==(const DeviceRun&, const DeviceRun&) = default;
};

inline constexpr std::uint32_t kMostRuns = 1000;

// The newest `most` runs of a device as of `until`, newest first. DATA_LOSS when a fact is not
// readable; the journal's errors are passed on. Cost: the facts of all campaigns, and of their
// rounds from `until` back to where so many runs were found.
StatusOr<std::vector<DeviceRun>> RunsOf(Journal& journal, const DeviceId& device, Timestamp until,
                                        std::uint32_t most);

}  // namespace muster::coordinator
