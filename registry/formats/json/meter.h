#pragma once
// What one comparison may cost, and the patterns that it tries.
#include <re2/re2.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "base/status.h"
#include "registry/schema.h"

namespace muster::registry::formats::json {

class Meter {
 public:
  explicit Meter(const CompareBudget& budget);

  // False once more was spent than there is, or Exhaust was called.
  bool Spend(std::uint64_t steps);
  // Whether `depth` pairs may stand inside one another; uses the budget up otherwise.
  bool Allows(int depth);
  const Status& status() const { return status_; }  // RESOURCE_EXHAUSTED, SCHEMA_TOO_COMPLEX.

 private:
  CompareBudget budget_;
  std::uint64_t left_;
  Status status_;
};

// Regular expressions without backtracking (RE2), so that no pattern takes exponential time; those
// that need it (look-around, back references) are not tried. Each pattern is compiled once.
class Patterns {
 public:
  explicit Patterns(Meter& meter) : meter_(meter) {}
  std::optional<bool> Found(std::string_view pattern, std::string_view text);

 private:
  Meter& meter_;
  std::unordered_map<std::string_view, std::unique_ptr<re2::RE2>> compiled_;
};

}  // namespace muster::registry::formats::json
