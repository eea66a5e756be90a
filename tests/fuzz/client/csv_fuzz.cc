// ParseCsv on foreign text: what it accepts is whole rows of finite numbers, and what it refuses
// has a reason of its own and one printable line that says where.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <sstream>

#include "base/bytes.h"
#include "client/pipeline/csv_source.h"

namespace {
void Require(bool holds) {
  if (!holds) std::abort();
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster;
  const std::vector<std::string> columns = {"a", "b c"};
  std::istringstream in(std::string(AsText(std::as_bytes(std::span(data, size)))));
  const auto table = client::ParseCsv(in, "f.csv", columns,
                                      {.max_line_bytes = 200, .max_columns = 8, .max_cells = 64});
  if (table.ok()) {
    Require(table->rows() >= 1 && table->cells.size() == 2 * table->rows());
    Require(table->cells.size() <= 64);
    Require(std::all_of(table->cells.begin(), table->cells.end(),
                        [](double v) { return std::isfinite(v); }));
    return 0;
  }
  const auto reason = ReasonOf(table.status());
  Require(reason == Reason::kDATA_EMPTY || reason == Reason::kDATA_COLUMN_MISSING ||
          reason == Reason::kDATA_NOT_A_NUMBER || reason == Reason::kDATA_UNREADABLE);
  const std::string_view message = MessageOf(table.status());
  Require(message.starts_with("f.csv:") && message.size() < 500);
  Require(std::all_of(message.begin(), message.end(), [](char c) { return c >= ' ' && c < 0x7f; }));
  return 0;
}
