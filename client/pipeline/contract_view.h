#pragma once
// A data contract as the agent sees it: the declared fields of one version, with their ranges, and
// what it says of rows that break it.
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace muster::client {

enum class FieldType { kFloat, kInteger, kText, kBoolean, kTimestamp };

struct ContractField {
  std::string name;
  // Declared range, in `unit`; what scales a feature, never what was measured.
  double lo = -std::numeric_limits<double>::infinity();
  double hi = std::numeric_limits<double>::infinity();
  std::string unit = {};
  FieldType type = FieldType::kFloat;
  bool nullable = false;
};

// What becomes of a row with a value outside its declared range.
enum class OutOfRange { kQuarantine, kKeep };

struct RowPolicy {
  OutOfRange out_of_range = OutOfRange::kQuarantine;
  double max_bad_share = 0.5;  // More bad rows than this share of all: no training on the rest.
};

struct ContractView {
  std::string name;
  std::uint64_t version = 0;
  std::vector<ContractField> fields;
  RowPolicy rows = {};
  std::string time_field = {};             // A TIMESTAMP of `fields`; empty: rows carry no time.
  std::optional<Duration> freshness = {};  // The newest row may be so old; with a time field.

  const ContractField* Find(std::string_view field) const {
    for (const ContractField& f : fields)
      if (f.name == field) return &f;
    return nullptr;
  }
};

}  // namespace muster::client
