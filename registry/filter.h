#pragma once
// The language that versions are searched with:
//
//   tags.env = "prod" and metrics.rmse < 14 and not (campaign = "x" or alias = "champion")
//
//   expression  term ("or" term)*
//   term        factor ("and" factor)*
//   factor      "not" factor | "(" expression ")" | name operator value
//   operator    = != < <= > >=
//   value       a number, or text in "…" or '…' (a backslash takes the next character as it is)
//
// Texts: model, campaign, contract, created_by, applied_by, params, module, alias (any that points
// there), approved_by (any), hardware (any that is certified), tags.KEY; they compare byte by byte.
// Numbers: version, parent, round, contract_version, parameters, metrics.NAME. A time, written as
// text: created >= "2026-05-03". A version that lacks what a name names fulfils no comparison, not
// even !=; "not" turns that round.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "registry/model.h"

namespace muster::registry {

class Filter {
 public:
  // Every version.
  Filter() = default;
  // Empty text: every version. INVALID_ARGUMENT (FIELD_INVALID) at "filter" with the column, what
  // was expected and the nearest name; at most 4096 bytes, 64 comparisons and 32 levels.
  static StatusOr<Filter> Parse(std::string_view text);

  // `index` is the version's place in `state`. O(comparisons); allocates nothing.
  bool Matches(const ModelState& state, std::size_t index) const;

 private:
  friend class FilterParser;
  friend class FilterScan;

  enum class Name {
    kModel,
    kCampaign,
    kContract,
    kCreatedBy,
    kAppliedBy,
    kParams,
    kModule,
    kAlias,
    kApprovedBy,
    kHardware,
    kTag,
    kVersion,
    kParent,
    kRound,
    kContractVersion,
    kParameters,
    kMetric,
    kCreated
  };
  enum class Operator { kEqual, kUnequal, kLess, kAtMost, kMore, kAtLeast };
  struct Comparison {
    Name name = Name::kModel;
    Operator op = Operator::kEqual;
    std::string key;    // Of a tag or a metric.
    std::string text;   // What a text is compared with.
    double number = 0;  // What a number is, or a time in Unix milliseconds.
  };
  // Steps run in order over one truth value; jumps only lead ahead.
  struct Step {
    enum class Kind { kTest, kNot, kJumpIfFalse, kJumpIfTrue } kind = Kind::kTest;
    std::size_t at = 0;  // Comparison, or the step to go on with.
  };

  static bool Holds(const Comparison& c, const ModelState& state, const ModelVersion& version,
                    const VersionNotes& notes);
  template <typename T>
  static bool Compare(Operator op, const T& a, const T& b);
  // Runs the steps; `holds` says it of the comparison at a place.
  template <typename Holds>
  bool Run(const Holds& holds) const;

  std::vector<Comparison> comparisons_;
  std::vector<Step> steps_;
};

template <typename T>
bool Filter::Compare(Operator op, const T& a, const T& b) {
  switch (op) {
    case Operator::kEqual: return a == b;
    case Operator::kUnequal: return a != b;
    case Operator::kLess: return a < b;
    case Operator::kAtMost: return a <= b;
    case Operator::kMore: return a > b;
    case Operator::kAtLeast: return a >= b;
  }
  return false;
}

template <typename Holds>
bool Filter::Run(const Holds& holds) const {
  bool out = true;
  for (std::size_t at = 0; at < steps_.size(); ++at) {
    const Step& step = steps_[at];
    switch (step.kind) {
      case Step::Kind::kTest: out = holds(step.at); break;
      case Step::Kind::kNot: out = !out; break;
      case Step::Kind::kJumpIfFalse:
        if (!out) at = step.at - 1;
        break;
      case Step::Kind::kJumpIfTrue:
        if (out) at = step.at - 1;
        break;
    }
  }
  return out;
}

}  // namespace muster::registry
