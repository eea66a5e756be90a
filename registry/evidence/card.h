#pragma once
// What an auditor reads about a version, each line with the leaves that it was read out of. Pure:
// the same facts give the same card, so a bundle need not carry one.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "registry/evidence/bundle.h"
#include "registry/evidence/device_run.h"
#include "registry/evidence/facts.h"

namespace muster::registry::evidence {

// Which clauses a field is evidence for (frameworks.h) goes by its key.
struct Field {
  std::string key;    // "training.rounds".
  std::string label;  // "Rounds"
  std::string value;
  std::vector<std::uint64_t> leaves;
};
struct Section {
  std::string title;
  std::vector<Field> fields;
};
struct RoundLine {
  std::string campaign;
  std::uint64_t round = 0;
  std::uint64_t attempt = 0;
  std::uint64_t counted = 0;  // Updates in the sum.
  std::string params;         // What came of it.
  Timestamp at;
  std::uint64_t leaf = 0;
};
struct HistoryLine {
  Timestamp at;
  std::string by;
  std::string what;
  std::uint64_t leaf = 0;
};
struct EnergyLine {
  std::string kwh;  // A decimal number.
  std::string source;
};
struct Card {
  std::string model;
  std::uint64_t version = 0;
  std::string params;  // "sha256:…"
  std::string module;  // Empty: the trainers brought their own.
  Timestamp created_at;
  std::map<std::string, std::string> metrics;
  std::map<std::string, std::string> baseline;  // Of the version it was trained from, beside it.
  std::uint64_t baseline_version = 0;
  std::optional<EnergyLine> energy;  // What making it took, by estimate.
  std::string contract;
  std::uint64_t contract_version = 0;
  std::vector<Section> sections;
  std::vector<RoundLine> rounds;     // Of the campaign that made it, up to its round; oldest first.
  std::vector<HistoryLine> history;  // What happened to the model, oldest first.
};

// With a section about the device's run when there is one. INVALID_ARGUMENT (ARTEFACT_INVALID) when
// the facts make no such version.
StatusOr<Card> CardOf(const std::string& model, std::uint64_t version,
                      const std::vector<LeafFact>& facts,
                      const std::optional<DeviceRun>& run = std::nullopt);

}  // namespace muster::registry::evidence
