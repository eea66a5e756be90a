#include "client/pipeline/csv_source.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <initializer_list>
#include <limits>

#include "client/pipeline/one_line.h"

namespace muster::client {
namespace {

std::string_view Trim(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

bool IsAnyOf(std::string_view text, std::initializer_list<std::string_view> words) {
  const auto is = [text](std::string_view word) {
    return std::ranges::equal(text, word, [](char a, char b) {
      return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
    });
  };
  return std::ranges::any_of(words, is);
}

CellKind KindOf(std::string_view text, double& number) {
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, number);
  if (end == last && error == std::errc{} && std::isfinite(number)) return CellKind::kNumber;
  if (text.empty() || IsAnyOf(text, {"na", "nan", "null"})) return CellKind::kNull;
  // What is out of a double's range may be too small, too: that is no number to train on either.
  const bool too_large = end == last && error == std::errc::result_out_of_range;
  if (too_large || IsAnyOf(text, {"inf", "-inf", "+inf", "infinity", "-infinity", "+infinity"}))
    return CellKind::kNotFinite;
  return CellKind::kText;
}

class CsvReader {
 public:
  CsvReader(std::istream& in, std::string_view name, const CsvLimits& limits)
      : in_(in), name_(name), limits_(limits), buffer_(limits.max_line_bytes + 1) {}

  Status Read(std::span<const std::string> columns, const Source::Take& take) {
    MUSTER_TRY(ReadHeader(columns));
    cells_.resize(picks_.size());
    bool any = false;
    for (;; any = true) {
      MUSTER_ASSIGN(const bool more, NextRecord());
      if (!more) break;
      MUSTER_TRY(TakeRow(take));
    }
    if (!any) return Bad(Reason::kDATA_EMPTY, "there is a header, but no row under it");
    return Ok();
  }

 private:
  template <typename... Args>
  Status Bad(Reason reason, fmt::format_string<Args...> f, Args&&... args) const {
    return WithReason(InvalidArgument("{}:{}: {}", name_, std::max<std::size_t>(line_number_, 1),
                                      fmt::format(f, std::forward<Args>(args)...)),
                      reason);
  }

  Status ReadHeader(std::span<const std::string> columns) {
    MUSTER_ASSIGN(const bool any, NextRecord());
    if (!any) return Bad(Reason::kDATA_EMPTY, "the file is empty");
    if (!broken_.empty()) return Bad(Reason::kDATA_UNREADABLE, "{}", broken_);
    width_ = fields_.size();
    for (std::string_view& field : fields_) field = Trim(field);
    for (const std::string& column : columns) {
      const auto it = std::find(fields_.begin(), fields_.end(), column);
      if (it == fields_.end())
        return Bad(Reason::kDATA_COLUMN_MISSING, "column '{}' is missing; the header has {}",
                   column, OneLine(fmt::format("{}", fmt::join(fields_, ", "))));
      if (std::find(std::next(it), fields_.end(), column) != fields_.end())
        return Bad(Reason::kDATA_UNREADABLE, "column '{}' stands twice", column);
      picks_.push_back(static_cast<std::size_t>(it - fields_.begin()));
    }
    return Ok();
  }

  Status TakeRow(const Source::Take& take) {
    if (broken_.empty() && fields_.size() != width_)
      broken_ = fmt::format("{} fields; the header has {}", fields_.size(), width_);
    if (!broken_.empty()) return take({line_number_, {}, line_, broken_});
    taken_ += picks_.size();
    if (taken_ > limits_.max_cells)
      return Bad(Reason::kDATA_UNREADABLE, "more than {} values", limits_.max_cells);
    for (std::size_t i = 0; i < picks_.size(); ++i) cells_[i] = ParseCell(fields_[picks_[i]]);
    return take({line_number_, cells_, line_, {}});
  }

  // Reads into `fields_` the next line that is not blank, or says in `broken_` why it is none;
  // false at the end.
  StatusOr<bool> NextRecord() {
    for (;;) {
      broken_.clear();
      MUSTER_ASSIGN(const bool any, NextLine());
      if (!any) return false;
      if (!broken_.empty()) return true;
      if (Trim(line_).empty()) continue;
      Split(line_);
      return true;
    }
  }

  StatusOr<bool> NextLine() {
    in_.getline(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    if (in_.bad()) return Bad(Reason::kDATA_UNREADABLE, "reading failed");
    auto count = static_cast<std::size_t>(in_.gcount());
    if (in_.fail() && count == 0) return false;
    ++line_number_;
    if (in_.fail()) {
      broken_ = fmt::format("the line is longer than {} bytes", limits_.max_line_bytes);
      in_.clear();
      in_.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
    } else if (!in_.eof()) {
      --count;  // The '\n' was counted, not stored.
    }
    line_ = std::string_view(buffer_.data(), count);
    constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
    if (line_number_ == 1 && line_.starts_with(kByteOrderMark))
      line_.remove_prefix(kByteOrderMark.size());
    if (line_.ends_with('\r')) line_.remove_suffix(1);
    return true;
  }

  void Split(std::string_view line) {
    fields_.clear();
    if (line.find('"') != std::string_view::npos) return SplitQuoted(line);
    while (HasRoom()) {
      const std::size_t comma = line.find(',');
      fields_.push_back(line.substr(0, comma));
      if (comma == std::string_view::npos) return;
      line.remove_prefix(comma + 1);
    }
  }

  // Quotes are rare, so unescaping may copy: `unquoted_` holds the line without them.
  void SplitQuoted(std::string_view line) {
    unquoted_.clear();
    unquoted_.reserve(line.size());  // `fields_` points into it, so it must not move.
    for (std::size_t at = 0; HasRoom(); ++at) {
      const std::size_t begin = unquoted_.size();
      if (at < line.size() && line[at] == '"') {
        at = Unquote(line, at + 1);
        if (!broken_.empty()) return;
      } else {
        const std::size_t comma = std::min(line.find(',', at), line.size());
        unquoted_.append(line.substr(at, comma - at));
        at = comma;
      }
      fields_.push_back(std::string_view(unquoted_).substr(begin));
      if (at == line.size()) return;
      if (line[at] != ',') {
        broken_ = fmt::format("text after the closing quote of field {}", fields_.size());
        return;
      }
    }
  }

  // Appends the quoted field that begins at `at`; returns the place after its closing quote.
  std::size_t Unquote(std::string_view line, std::size_t at) {
    for (; at < line.size(); ++at) {
      if (line[at] == '"') {
        if (at + 1 >= line.size() || line[at + 1] != '"') return at + 1;
        ++at;
      }
      unquoted_.push_back(line[at]);
    }
    broken_ = fmt::format("the quoted field {} does not end on its line", fields_.size() + 1);
    return at;
  }

  bool HasRoom() {
    if (fields_.size() < limits_.max_columns) return true;
    broken_ = fmt::format("more than {} columns", limits_.max_columns);
    return false;
  }

  std::istream& in_;
  const std::string name_;
  const CsvLimits limits_;
  std::vector<char> buffer_;
  std::string unquoted_;
  std::string_view line_;                 // The current one; borrows from the buffer.
  std::string broken_;                    // Why it is no row; empty: it is one.
  std::vector<std::string_view> fields_;  // Of the current line; borrow from the buffers.
  std::vector<std::size_t> picks_;        // Field numbers of the columns asked for.
  std::vector<Cell> cells_;
  std::size_t width_ = 0;
  std::size_t line_number_ = 0;
  std::size_t taken_ = 0;  // Cells.
};
}  // namespace

Cell ParseCell(std::string_view text) {
  Cell cell;
  cell.text = Trim(text);
  cell.kind = KindOf(cell.text, cell.number);
  return cell;
}

Status ParseCsv(std::istream& in, std::string_view name, std::span<const std::string> columns,
                const Source::Take& take, const CsvLimits& limits) {
  return CsvReader(in, name, limits).Read(columns, take);
}

Status CsvSource::Read(std::span<const std::string> columns, const Take& take) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path_, error))  // A pipe would block, a folder is no text.
    return WithReason(InvalidArgument("{}: {}", name_, error ? error.message() : "not a file"),
                      Reason::kDATA_UNREADABLE);
  std::ifstream in(path_, std::ios::binary);
  if (!in)
    return WithReason(InvalidArgument("{}: {}", name_, std::strerror(errno)),
                      Reason::kDATA_UNREADABLE);
  return ParseCsv(in, name_, columns, take, limits_);
}

}  // namespace muster::client
