#include "client/pipeline/row_rules.h"

#include <algorithm>
#include <cmath>

#include "client/pipeline/row_time.h"

namespace muster::client {
namespace {
constexpr Duration kMostAhead = std::chrono::hours(24);  // Clocks differ; a day is none of theirs.
constexpr std::array<std::string_view, kRowRules.size()> kNames = {"shape",      "type",  "null",
                                                                   "not_finite", "range", "future"};

bool IsBoolean(const Cell& cell) {
  if (cell.kind == CellKind::kNumber) return cell.number == 0 || cell.number == 1;
  std::string lower(cell.text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower == "true" || lower == "false";
}

// Whether a value can be scaled by its range to a float that is finite.
bool IsScalable(const ContractField& field, double value) {
  const double width = field.hi - field.lo;
  const double scaled = std::isfinite(width) ? 2 * (value - field.lo) / width - 1 : value;
  return std::isfinite(static_cast<float>(scaled));
}
}  // namespace

std::string_view NameOf(RowRule rule) { return kNames[static_cast<std::size_t>(rule)]; }

std::optional<RowRule> ParseRowRule(std::string_view name) {
  for (const RowRule rule : kRowRules)
    if (NameOf(rule) == name) return rule;
  return std::nullopt;
}

StatusOr<RowRules> RowRules::Make(const ContractView& contract,
                                  std::span<const std::string> fields) {
  RowRules out;
  out.out_of_range_ = contract.rows.out_of_range;
  for (const std::string& name : fields) {
    const ContractField* const field = contract.Find(name);
    if (field == nullptr)
      return WithReason(FailedPrecondition("contract {} version {} has no field '{}'",
                                           contract.name, contract.version, name),
                        Reason::kCONTRACT_MISMATCH);
    if (name == contract.time_field) out.time_column_ = out.fields_.size();
    out.fields_.push_back(*field);
  }
  return out;
}

std::optional<RowRule> RowRules::Broken(const ContractField& field, const Cell& cell) const {
  if (cell.kind == CellKind::kNull)
    return field.nullable ? std::nullopt : std::optional(RowRule::kNull);
  switch (field.type) {
    case FieldType::kText: return std::nullopt;
    case FieldType::kBoolean: return IsBoolean(cell) ? std::nullopt : std::optional(RowRule::kType);
    case FieldType::kTimestamp: return TimeOf(cell) ? std::nullopt : std::optional(RowRule::kType);
    case FieldType::kFloat:
    case FieldType::kInteger: break;
  }
  if (cell.kind == CellKind::kText) return RowRule::kType;
  if (cell.kind == CellKind::kNotFinite) return RowRule::kNotFinite;
  if (field.type == FieldType::kInteger && cell.number != std::floor(cell.number))
    return RowRule::kType;
  const bool outside = cell.number < field.lo || cell.number > field.hi;
  if ((outside && out_of_range_ == OutOfRange::kQuarantine) || !IsScalable(field, cell.number))
    return RowRule::kRange;
  return std::nullopt;
}

void RowRules::Judge(const Row& row, Timestamp now, RowVerdict& out) const {
  out.faults.clear();
  out.beyond.clear();
  out.time.reset();
  if (!row.broken.empty() || row.cells.size() != fields_.size()) {
    out.faults.push_back({RowRule::kShape, 0});
    return;
  }
  for (std::size_t c = 0; c < fields_.size(); ++c) {
    const ContractField& field = fields_[c];
    const Cell& cell = row.cells[c];
    if (const std::optional<RowRule> broken = Broken(field, cell))
      out.faults.push_back({*broken, c});
    else if (cell.kind == CellKind::kNumber && (cell.number < field.lo || cell.number > field.hi))
      out.beyond.push_back(c);
  }
  if (!time_column_) return;
  out.time = TimeOf(row.cells[*time_column_]);
  if (out.time && *out.time > now + kMostAhead)
    out.faults.push_back({RowRule::kFuture, *time_column_});
}

}  // namespace muster::client
