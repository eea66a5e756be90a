#pragma once
// `muster-edge drift`: has this site's data changed? A reference is made of the data that a model
// was trained on, and later data are replayed through monitors. All of it stays on the site's disk;
// no coordinator is asked or told.
#include <cstdint>
#include <filesystem>
#include <string>

#include "base/clock.h"
#include "base/status.h"

namespace muster::client {

struct DriftArguments {
  std::string config;     // The agent's file.
  std::string contract;   // A file with one contract.
  std::string monitors;   // Of check.
  std::string reference;  // Of check; empty: none.
  std::string out;        // Of reference: the file to write.
  std::string html;       // Of check; empty: none.
  std::string node;       // Empty: all.
  std::string rows;       // "A:B"; empty: all.
  double share = 1;       // Of the rows, from the first; in (0, 1].
  bool json = false;
};

// Writes the reference; returns what to print.
StatusOr<std::string> WriteReference(const DriftArguments& arguments);

struct DriftCheck {
  std::string text;
  bool alarms = false;  // A finding of severity alarm began.
};
// Replays the rows, node by node, as a series each. `now` is what freshness is held against.
//   errors  of a file: where in it, and what to do; those of drift::MonitorSet::Make.
StatusOr<DriftCheck> CheckDrift(const DriftArguments& arguments, Timestamp now);

}  // namespace muster::client
