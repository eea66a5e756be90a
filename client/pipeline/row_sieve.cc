#include "client/pipeline/row_sieve.h"

#include <algorithm>
#include <limits>

#include "base/time_text.h"

namespace muster::client {
namespace {
constexpr std::size_t kOverhead = 64;  // Of a kept row, about, beside its texts.

std::size_t SizeOf(const BadRow& row) {
  std::size_t size = kOverhead + row.text.size();
  for (const BadRow::Fault& fault : row.faults) size += fault.field.size() + sizeof(fault);
  return size;
}

class Sieve {
 public:
  Sieve(std::string_view source, const RowRules& rules, Timestamp now, RowFindings& findings,
        Table& table)
      : source_(source), rules_(rules), now_(now), findings_(findings), table_(table) {}

  void Take(const Row& row) {
    ++findings_.rows;
    rules_.Judge(row, now_, verdict_);
    verdict_.faults.empty() ? Keep(row) : Reject(row);
  }

 private:
  const std::string& NameOfColumn(std::size_t column) const { return rules_.fields()[column].name; }

  void Keep(const Row& row) {
    for (const Cell& cell : row.cells)
      table_.cells.push_back(
          cell.kind == CellKind::kNumber ? cell.number : std::numeric_limits<double>::quiet_NaN());
    for (const std::size_t column : verdict_.beyond) ++findings_.out_of_range[NameOfColumn(column)];
    if (verdict_.time && (!findings_.newest || *findings_.newest < *verdict_.time))
      findings_.newest = verdict_.time;
  }

  void Reject(const Row& row) {
    ++findings_.bad;
    if (table_.cuts.empty() || table_.cuts.back() != table_.rows())
      table_.cuts.push_back(table_.rows());
    std::array<bool, kRowRules.size()> broken{};
    BadRow bad{row.line, {}, std::string(row.text.substr(0, BadRow::kMostText))};
    for (const RowFault& fault : verdict_.faults) {
      const bool whole = fault.rule == RowRule::kShape;
      const std::string field = whole ? "" : NameOfColumn(fault.column);
      broken[static_cast<std::size_t>(fault.rule)] = true;
      if (!whole) ++findings_.by_field[field][fault.rule];
      if (bad.faults.size() < BadRow::kMostFaults) bad.faults.push_back({field, fault.rule});
    }
    for (const RowRule rule : kRowRules)
      if (broken[static_cast<std::size_t>(rule)]) ++findings_.by_rule[rule];
    if (findings_.bad == 1) findings_.first = Describe(row, bad.faults.front());
    Remember(std::move(bad));
  }

  std::string Describe(const Row& row, const BadRow::Fault& fault) const {
    if (fault.field.empty())
      return fmt::format("{}:{}: {}", source_, row.line,
                         row.broken.empty() ? "no row" : row.broken);
    return fmt::format("{}:{}: '{}' ({})", source_, row.line, fault.field, NameOf(fault.rule));
  }

  void Remember(BadRow bad) {
    kept_bytes_ += SizeOf(bad);
    findings_.kept.push_back(std::move(bad));
    while (kept_bytes_ > RowFindings::kMostKept) {
      kept_bytes_ -= SizeOf(findings_.kept.front());
      findings_.kept.pop_front();
    }
  }

  const std::string_view source_;
  const RowRules& rules_;
  const Timestamp now_;
  RowFindings& findings_;
  Table& table_;
  RowVerdict verdict_;
  std::size_t kept_bytes_ = 0;
};

Status CheckShare(std::string_view source, const ContractView& contract,
                  const RowFindings& findings) {
  const double most = contract.rows.max_bad_share * static_cast<double>(findings.rows);
  if (findings.bad == 0) return Ok();
  if (static_cast<double>(findings.bad) <= most && findings.bad < findings.rows) return Ok();
  return WithReason(
      FailedPrecondition("{} of {} rows of {} break contract {} version {}, at most {:g}% may: {}; "
                         "the first is {}",
                         findings.bad, findings.rows, source, contract.name, contract.version,
                         100 * contract.rows.max_bad_share, RuleText(findings.by_rule),
                         findings.first),
      Reason::kDATA_BAD_ROWS);
}
}  // namespace

std::string RuleText(const std::map<RowRule, std::uint64_t>& by_rule) {
  std::string out;
  for (const auto& [rule, rows] : by_rule)
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", NameOf(rule), rows);
  return out;
}

StatusOr<Table> ReadGoodRows(Source& source, const ContractView& contract,
                             std::span<const std::string> columns, Timestamp now,
                             RowFindings& findings) {
  MUSTER_ASSIGN(const RowRules rules, RowRules::Make(contract, columns));
  Table table;
  table.columns.assign(columns.begin(), columns.end());
  findings = {};
  Sieve sieve(source.name(), rules, now, findings, table);
  MUSTER_TRY(source.Read(columns, [&sieve](const Row& row) {
    sieve.Take(row);
    return Ok();
  }));
  MUSTER_TRY(CheckShare(source.name(), contract, findings));
  return table;
}

Status CheckFresh(const ContractView& contract, std::string_view source,
                  const std::optional<Timestamp>& newest, Timestamp now) {
  if (!contract.freshness || contract.time_field.empty()) return Ok();
  if (newest && now - *newest <= *contract.freshness) return Ok();
  const std::string age = FormatDuration(*contract.freshness);
  if (!newest)
    return WithReason(FailedPrecondition("{}: no row has a time in '{}'; contract {} asks for rows "
                                         "of the last {}",
                                         source, contract.time_field, contract.name, age),
                      Reason::kDATA_STALE);
  return WithReason(
      FailedPrecondition("{}: the newest row is of {}; contract {} asks for rows of the last {}",
                         source, FormatTime(*newest), contract.name, age),
      Reason::kDATA_STALE);
}

}  // namespace muster::client
