#include "client/pipeline/csv_source.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <optional>

#include "client/pipeline/one_line.h"

namespace muster::client {
namespace {

std::string_view Trim(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

// nullopt unless all of `text` is one finite number.
std::optional<double> ParseNumber(std::string_view text) {
  double value = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error != std::errc{} || end != last || !std::isfinite(value)) return std::nullopt;
  return value;
}

bool IsNull(std::string_view text) {
  const auto is = [text](std::string_view word) {
    return std::ranges::equal(text, word, [](char a, char b) {
      return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
    });
  };
  return text.empty() || is("na") || is("nan") || is("null");
}

class CsvReader {
 public:
  CsvReader(std::istream& in, std::string_view name, const CsvLimits& limits, Nulls nulls)
      : in_(in), name_(name), limits_(limits), nulls_(nulls), buffer_(limits.max_line_bytes + 1) {}

  StatusOr<Table> Read(std::span<const std::string> columns) {
    MUSTER_TRY(ReadHeader(columns));
    Table table{.columns = {columns.begin(), columns.end()}, .cells = {}};
    for (;;) {
      MUSTER_ASSIGN(const bool more, NextRecord());
      if (!more) break;
      MUSTER_TRY(TakeRow(table));
    }
    if (table.cells.empty())
      return Bad(Reason::kDATA_EMPTY, "there is a header, but no row under it");
    return table;
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

  Status TakeRow(Table& table) const {
    if (fields_.size() != width_)
      return Bad(Reason::kDATA_UNREADABLE, "{} fields; the header has {}", fields_.size(), width_);
    if (table.cells.size() + picks_.size() > limits_.max_cells)
      return Bad(Reason::kDATA_UNREADABLE, "more than {} values", limits_.max_cells);
    for (std::size_t i = 0; i < picks_.size(); ++i) {
      const std::string_view text = Trim(fields_[picks_[i]]);
      const std::optional<double> value = nulls_ == Nulls::kAllow && IsNull(text)
                                              ? std::numeric_limits<double>::quiet_NaN()
                                              : ParseNumber(text);
      if (!value)
        return Bad(Reason::kDATA_NOT_A_NUMBER, "column '{}': not a number", table.columns[i]);
      table.cells.push_back(*value);
    }
    return Ok();
  }

  // Reads into `fields_` the next line that is not blank; false at the end.
  StatusOr<bool> NextRecord() {
    for (;;) {
      MUSTER_ASSIGN(const std::optional<std::string_view> line, NextLine());
      if (!line) return false;
      if (Trim(*line).empty()) continue;
      MUSTER_TRY(Split(*line));
      return true;
    }
  }

  StatusOr<std::optional<std::string_view>> NextLine() {
    in_.getline(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    if (in_.bad()) return Bad(Reason::kDATA_UNREADABLE, "reading failed");
    auto count = static_cast<std::size_t>(in_.gcount());
    if (in_.fail() && count == 0) return std::optional<std::string_view>();
    ++line_number_;
    if (in_.fail())
      return Bad(Reason::kDATA_UNREADABLE, "the line is longer than {} bytes",
                 limits_.max_line_bytes);
    if (!in_.eof()) --count;  // The '\n' was counted, not stored.
    std::string_view line(buffer_.data(), count);
    constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
    if (line_number_ == 1 && line.starts_with(kByteOrderMark))
      line.remove_prefix(kByteOrderMark.size());
    if (line.ends_with('\r')) line.remove_suffix(1);
    return std::optional(line);
  }

  Status Split(std::string_view line) {
    fields_.clear();
    if (line.find('"') != std::string_view::npos) return SplitQuoted(line);
    for (;;) {
      if (fields_.size() == limits_.max_columns) return TooManyColumns();
      const std::size_t comma = line.find(',');
      fields_.push_back(line.substr(0, comma));
      if (comma == std::string_view::npos) return Ok();
      line.remove_prefix(comma + 1);
    }
  }

  // Quotes are rare, so unescaping may copy: `unquoted_` holds the line without them.
  Status SplitQuoted(std::string_view line) {
    unquoted_.clear();
    unquoted_.reserve(line.size());  // `fields_` points into it, so it must not move.
    for (std::size_t at = 0;;) {
      if (fields_.size() == limits_.max_columns) return TooManyColumns();
      const std::size_t begin = unquoted_.size();
      if (at < line.size() && line[at] == '"') {
        MUSTER_ASSIGN(at, Unquote(line, at + 1));
      } else {
        const std::size_t comma = std::min(line.find(',', at), line.size());
        unquoted_.append(line.substr(at, comma - at));
        at = comma;
      }
      fields_.push_back(std::string_view(unquoted_).substr(begin));
      if (at == line.size()) return Ok();
      if (line[at] != ',')
        return Bad(Reason::kDATA_UNREADABLE, "text after the closing quote of field {}",
                   fields_.size());
      ++at;
    }
  }

  // Appends the quoted field that begins at `at`; returns the place after its closing quote.
  StatusOr<std::size_t> Unquote(std::string_view line, std::size_t at) {
    for (; at < line.size(); ++at) {
      if (line[at] == '"') {
        if (at + 1 >= line.size() || line[at + 1] != '"') return at + 1;
        ++at;
      }
      unquoted_.push_back(line[at]);
    }
    return Bad(Reason::kDATA_UNREADABLE, "the quoted field {} does not end on its line",
               fields_.size() + 1);
  }

  Status TooManyColumns() const {
    return Bad(Reason::kDATA_UNREADABLE, "more than {} columns", limits_.max_columns);
  }

  std::istream& in_;
  const std::string name_;
  const CsvLimits limits_;
  const Nulls nulls_;
  std::vector<char> buffer_;
  std::string unquoted_;
  std::vector<std::string_view> fields_;  // Of the current line; borrow from the buffers.
  std::vector<std::size_t> picks_;        // Field numbers of the columns asked for.
  std::size_t width_ = 0;
  std::size_t line_number_ = 0;
};
}  // namespace

StatusOr<Table> ParseCsv(std::istream& in, std::string_view name,
                         std::span<const std::string> columns, const CsvLimits& limits,
                         Nulls nulls) {
  return CsvReader(in, name, limits, nulls).Read(columns);
}

StatusOr<Table> CsvSource::Read(std::span<const std::string> columns, Nulls nulls) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path_, error))  // A pipe would block, a folder is no text.
    return WithReason(InvalidArgument("{}: {}", name_, error ? error.message() : "not a file"),
                      Reason::kDATA_UNREADABLE);
  std::ifstream in(path_, std::ios::binary);
  if (!in)
    return WithReason(InvalidArgument("{}: {}", name_, std::strerror(errno)),
                      Reason::kDATA_UNREADABLE);
  return ParseCsv(in, name_, columns, limits_, nulls);
}

}  // namespace muster::client
