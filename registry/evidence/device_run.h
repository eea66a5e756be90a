#pragma once
// What a device ran at an instant, read out of the proven facts of campaigns and rounds, as
// coordinator/runner/device_history.h reads it out of the journal.
#include <cstdint>
#include <string>
#include <vector>

#include "registry/evidence/bundle.h"
#include "registry/evidence/dsse.h"
#include "registry/evidence/facts.h"

namespace muster::registry::evidence {

// The last time by then that it was asked to load a model. Each leaf is of the fact that says so.
struct DeviceRun {
  Question question;
  Timestamp asked_at;
  std::uint64_t leaf = 0;  // In which it was asked.
  std::string kind;        // "train" or "evaluate".
  std::string campaign;
  std::uint64_t round = 0;
  std::uint64_t attempt = 0;
  std::string outcome;  // "counted", "evaluated", "dropped: REASON", "asked".
  std::uint64_t outcome_leaf = 0;
  std::string model;
  std::string params;  // "sha256:…"
  std::uint64_t params_leaf = 0;
  std::uint64_t version = 0;       // With just these parameters; 0: none was made by then.
  std::uint64_t base_version = 0;  // What the campaign began with.
  std::uint64_t version_leaf = 0;
  friend bool operator==(const DeviceRun&, const DeviceRun&) = default;
};

// INVALID_ARGUMENT (ARTEFACT_INVALID) when these facts give the device no model by then, or lack
// the facts of a round that one of them says was published. Cost: one pass over the facts.
StatusOr<DeviceRun> DeviceRunIn(const std::vector<LeafFact>& facts, const Question& question);

// OK when the run is of just this version, or of parameters that a campaign made from it and no
// version holds; else INVALID_ARGUMENT (ARTEFACT_INVALID) that says what was run.
Status CheckRunIs(const DeviceRun& run, const std::string& model, std::uint64_t version);

// What the log's key says of the bundle's version and its files, and of its question and its leaves
// where it has one: dsse.h.
StatusOr<std::string> StatementOf(const Bundle& bundle, std::uint64_t tree_size,
                                  const std::vector<Subject>& files, const Hasher& hasher);

// "law version 3"; "law, 2 rounds of campaign learn after version 1".
std::string ModelText(const DeviceRun& run);

}  // namespace muster::registry::evidence
