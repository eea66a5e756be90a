#include "cli/table.h"

#include <algorithm>

#include "cli/text.h"

namespace muster::cli {
namespace {

std::string Padded(const std::string& text, int width) {
  return text + std::string(static_cast<std::size_t>(std::max(0, width - DisplayWidth(text))), ' ');
}

}  // namespace

std::string Table::Text() const {
  std::vector<int> widths(rows_.front().size(), 0);
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i)
      widths[i] = std::max(widths[i], DisplayWidth(Clean(row[i])));
  std::string out;
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i)
      line += Padded(Clean(row[i]), widths[i] + 2);
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

void Properties::Add(std::string name, std::string value) {
  if (!value.empty()) lines_.emplace_back(std::move(name) + ":", std::move(value));
}

std::string Properties::Text() const {
  int width = 0;
  for (const auto& line : lines_) width = std::max(width, DisplayWidth(line.first));
  const std::string margin(static_cast<std::size_t>(indent_), ' ');
  std::string out;
  for (const auto& [name, value] : lines_) {
    std::string_view rest = value;
    std::string head = name;
    while (true) {
      const std::size_t end = rest.find('\n');
      out += margin + Padded(head, width + 2) + Clean(rest.substr(0, end)) + "\n";
      if (end == std::string_view::npos || end + 1 == rest.size()) break;
      rest.remove_prefix(end + 1);
      head.clear();
    }
  }
  return out;
}

}  // namespace muster::cli
