#pragma once
// What a data contract says of one row: pure. A row that breaks any rule is bad; it is counted,
// kept in the node's quarantine, and never trained on or evaluated on.
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "client/pipeline/contract_view.h"
#include "client/pipeline/source.h"

namespace muster::client {

// Their names are stable: people filter by them.
enum class RowRule : std::uint8_t {
  kShape,      // "shape": it is no row: too many fields or too few, a quote that does not end, …
  kType,       // "type": not a number, an integer, true or false, or a time, as declared.
  kNull,       // "null": no value in a field that is not nullable.
  kNotFinite,  // "not_finite": an infinity, or more than a double holds.
  kRange,      // "range": outside the declared range; under KEEP only what cannot be scaled.
  kFuture,     // "future": measured more than a day after now.
};
inline constexpr std::array kRowRules = {RowRule::kShape,     RowRule::kType,  RowRule::kNull,
                                         RowRule::kNotFinite, RowRule::kRange, RowRule::kFuture};
std::string_view NameOf(RowRule rule);
std::optional<RowRule> ParseRowRule(std::string_view name);

struct RowFault {
  RowRule rule = RowRule::kShape;
  std::size_t column = 0;  // Of the fields judged; of kShape none is meant.
  friend bool operator==(const RowFault&, const RowFault&) = default;
};

// What is good of a row.
struct RowVerdict {
  std::vector<RowFault> faults;     // None: the row is good. One a field at most.
  std::optional<Timestamp> time;    // Of the time field.
  std::vector<std::size_t> beyond;  // Columns outside their range that are kept all the same.
};

// Immutable; safe from any thread.
class RowRules {
 public:
  //   fields   of the contract that are read, in the order of a row's cells. Rows are judged by
  //            these alone: what no task reads can be as it is.
  //   errors   FAILED_PRECONDITION (CONTRACT_MISMATCH) when the contract lacks one.
  static StatusOr<RowRules> Make(const ContractView& contract, std::span<const std::string> fields);

  // Fills `out`, whose memory is used again.
  void Judge(const Row& row, Timestamp now, RowVerdict& out) const;

  const std::vector<ContractField>& fields() const { return fields_; }

 private:
  std::optional<RowRule> Broken(const ContractField& field, const Cell& cell) const;

  std::vector<ContractField> fields_;
  std::optional<std::size_t> time_column_;
  OutOfRange out_of_range_ = OutOfRange::kQuarantine;
};

}  // namespace muster::client
