#pragma once
// A node's rows, the good apart from the bad: what a task may learn from, and what is counted and
// put into quarantine. Pure but for its source; the quarantine itself is quarantine.h.
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "client/pipeline/row_rules.h"

namespace muster::client {

// A row that breaks its contract, as it is kept.
struct BadRow {
  struct Fault {
    std::string field;  // Empty: of the row as a whole.
    RowRule rule = RowRule::kShape;
    friend bool operator==(const Fault&, const Fault&) = default;
  };
  std::uint64_t line = 0;
  std::vector<Fault> faults;  // At most kMostFaults.
  std::string text;           // Its beginning: at most kMostText bytes, of any kind.
  friend bool operator==(const BadRow&, const BadRow&) = default;

  static constexpr std::size_t kMostFaults = 32;
  static constexpr std::size_t kMostText = 2048;
};

// What a pass over a source found, whether or not anything came of it.
struct RowFindings {
  std::uint64_t rows = 0;  // All of them.
  std::uint64_t bad = 0;
  std::map<RowRule, std::uint64_t> by_rule;  // Bad rows; one that breaks two counts for both.
  std::map<std::string, std::map<RowRule, std::uint64_t>> by_field;
  std::map<std::string, std::uint64_t> out_of_range;  // Kept all the same, by field.
  std::map<std::string, std::uint64_t> null_feature;  // Good rows that nothing was learned from.
  std::uint64_t null_label = 0;                       // The same: rows that no window ends at.
  std::deque<BadRow> kept;                            // The newest bad rows, up to kMostKept bytes.
  std::string first;                                  // Where and what the first bad one is.
  std::optional<Timestamp> newest;                    // Time of the newest good row.

  static constexpr std::size_t kMostKept = std::size_t{4} << 20;
};
// What of it a coordinator may see, of a plain round: sums, no field, no value.
struct RowQuality {
  std::uint64_t rows = 0;
  std::uint64_t bad = 0;
  std::map<RowRule, std::uint64_t> by_rule;
  friend bool operator==(const RowQuality&, const RowQuality&) = default;
};
inline RowQuality QualityOf(const RowFindings& f) { return {f.rows, f.bad, f.by_rule}; }

// "range 12, type 3".
std::string RuleText(const std::map<RowRule, std::uint64_t>& by_rule);

// Good rows in time order; `cells` is row-major.
struct Table {
  std::vector<std::string> columns;
  std::vector<double> cells;      // Finite; NaN: null, in a nullable field or one of text.
  std::vector<std::size_t> cuts;  // Rows before which others were taken out, rising; of no row too.
  std::size_t rows() const { return columns.empty() ? 0 : cells.size() / columns.size(); }
  std::span<const double> row(std::size_t i) const {
    return std::span(cells).subspan(i * columns.size(), columns.size());
  }
};

// Reads all rows of `source` and keeps the good ones.
//   now       what times of rows are held against.
//   findings  is filled as far as the reading came, errors or not.
//   errors    those of Source::Read and RowRules::Make; FAILED_PRECONDITION with DATA_BAD_ROWS when
//             more than `contract.rows.max_bad_share` of the rows are bad, or all of them.
StatusOr<Table> ReadGoodRows(Source& source, const ContractView& contract,
                             std::span<const std::string> columns, Timestamp now,
                             RowFindings& findings);

// FAILED_PRECONDITION (DATA_STALE) when the contract asks for rows that are newer than the newest.
Status CheckFresh(const ContractView& contract, std::string_view source,
                  const std::optional<Timestamp>& newest, Timestamp now);

}  // namespace muster::client
