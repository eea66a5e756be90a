#include "client/app/drift_rows.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <memory>

#include "client/pipeline/csv_source.h"
#include "client/pipeline/one_line.h"
#include "client/pipeline/row_time.h"
#include "client/session/renamed_source.h"
#include "config/load.h"

namespace muster::client {
namespace {
using drift::MonitoredField;

constexpr double kNull = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

double ValueOf(const Cell& cell) {
  if (cell.kind == CellKind::kNumber) return cell.number;
  if (cell.kind == CellKind::kNotFinite) return cell.text.starts_with('-') ? -kInfinity : kInfinity;
  return kNull;
}

StatusOr<DriftRows> ReadNode(const NodeSettings& node, const DriftContract& contract,
                             const RowRange& range) {
  std::unique_ptr<Source> source = std::make_unique<CsvSource>(node.csv);
  if (!node.columns.empty())
    source = std::make_unique<RenamedSource>(std::move(source), node.columns);
  std::vector<std::string> columns;
  for (const MonitoredField& field : contract.fields) columns.push_back(field.name);
  if (!contract.time_field.empty()) columns.push_back(contract.time_field);
  DriftRows out{.node = node.name.value(), .first = range.first, .times = {}, .cells = {}};
  std::uint64_t row = 0;
  const std::size_t width = contract.fields.size();
  MUSTER_TRY(source->Read(columns, [&](const Row& r) {
    if (++row < range.first || (range.last && row > *range.last)) return Ok();
    const bool whole = r.broken.empty() && r.cells.size() == columns.size();
    const bool timed = whole && !contract.time_field.empty();
    out.times.push_back(timed ? TimeOf(r.cells.back()) : std::nullopt);
    for (std::size_t f = 0; f < width; ++f)
      out.cells.push_back(whole ? ValueOf(r.cells[f]) : kNull);
    return Ok();
  }));
  const double kept = std::floor(range.share * static_cast<double>(out.times.size()));
  out.times.resize(static_cast<std::size_t>(kept));
  out.cells.resize(out.times.size() * width);
  if (out.times.empty())
    return WithReason(
        InvalidArgument("{}: none of its {} rows is among those asked for", source->name(), row),
        Reason::kDATA_EMPTY);
  return out;
}

bool TakeNumber(std::string_view text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number > 0;
}
}  // namespace

StatusOr<DriftContract> LoadDriftContract(const std::string& path) {
  MUSTER_ASSIGN(const std::vector<config::Resource> resources, config::LoadResources(path));
  DriftContract out;
  int contracts = 0;
  for (const config::Resource& resource : resources) {
    const auto* contract = std::get_if<v1::Contract>(&resource.message);
    if (contract == nullptr) continue;
    ++contracts;
    out = {.name = contract->name(), .fields = {}, .time_field = contract->time_field()};
    for (const v1::Contract::Field& field : contract->fields())
      if (field.type() == v1::Contract::FLOAT || field.type() == v1::Contract::INTEGER)
        out.fields.push_back({field.name(), field.has_min() ? field.min() : -kInfinity,
                              field.has_max() ? field.max() : kInfinity});
  }
  if (contracts != 1)
    return InvalidField("kind",
                        "{} holds {} contracts; put the one that is meant into a file of "
                        "its own",
                        path, contracts);
  if (out.fields.empty())
    return InvalidField("fields", "{}: contract {} has no FLOAT or INTEGER field", path, out.name);
  return out;
}

StatusOr<RowRange> ParseRowRange(std::string_view text) {
  RowRange out;
  const std::size_t colon = text.find(':');
  const bool pair = colon != std::string_view::npos && text.size() > 1;
  const std::string_view from = pair ? text.substr(0, colon) : text;
  const std::string_view to = pair ? text.substr(colon + 1) : "";
  std::uint64_t last = std::numeric_limits<std::uint64_t>::max();
  if (!pair || (!from.empty() && !TakeNumber(from, out.first)) ||
      (!to.empty() && !TakeNumber(to, last)) || last < out.first)
    return InvalidField("--rows", "'{}' is not a range such as 1:5000, 5001: or :5000",
                        OneLine(text, 60));
  if (!to.empty()) out.last = last;
  return out;
}

StatusOr<std::vector<DriftRows>> ReadDriftRows(const AgentSettings& settings,
                                               const DriftContract& contract, const RowRange& range,
                                               const std::string& node) {
  std::vector<DriftRows> out;
  for (const NodeSettings& each : settings.nodes) {
    if (!node.empty() && each.name.value() != node) continue;
    MUSTER_ASSIGN(DriftRows rows, ReadNode(each, contract, range));
    out.push_back(std::move(rows));
  }
  if (out.empty())
    return WithReason(NotFound("the agent's file has no node '{}'", OneLine(node, 60)),
                      Reason::kRESOURCE_NOT_FOUND);
  return out;
}

}  // namespace muster::client
