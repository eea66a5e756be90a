#include "client/pipeline/labelled_source.h"

#include <algorithm>

#include "client/pipeline/row_time.h"

namespace muster::client {

Status LabelledSource::Read(std::span<const std::string> fields, const Take& take) {
  const auto label = std::ranges::find(fields, label_field_);
  if (label == fields.end() || time_field_.empty() || labels_.size() == 0)
    return source_.Read(fields, take);
  const auto label_at = static_cast<std::size_t>(label - fields.begin());
  std::vector<std::string> asked(fields.begin(), fields.end());
  const auto time_at =
      static_cast<std::size_t>(std::ranges::find(asked, time_field_) - asked.begin());
  if (time_at == asked.size()) asked.push_back(time_field_);
  std::vector<Cell> cells;
  return source_.Read(asked, [&](const Row& row) -> Status {
    if (row.cells.size() < asked.size()) return take(row);  // No row at all.
    cells.assign(row.cells.begin(), row.cells.begin() + static_cast<std::ptrdiff_t>(fields.size()));
    Cell& cell = cells[label_at];
    const auto time = cell.kind == CellKind::kNull ? TimeOf(row.cells[time_at]) : std::nullopt;
    const auto known = time ? labels_.Find(label_field_, *time) : std::nullopt;
    if (known) cell = {.kind = CellKind::kNumber, .number = *known, .text = {}};
    Row out = row;
    out.cells = cells;
    return take(out);
  });
}

}  // namespace muster::client
