#pragma once
// Rows from a CSV file (RFC 4180, one record a line): a header line, then rows. A line that is no
// row costs that row alone. It never holds more than one line.
#include <cstdint>
#include <filesystem>
#include <iosfwd>

#include "client/pipeline/source.h"

namespace muster::client {

struct CsvLimits {
  std::size_t max_line_bytes = 64 * 1024;
  std::size_t max_columns = 4096;
  std::size_t max_cells = 64 * 1024 * 1024;  // Rows times the columns asked for.
};

// What a cell holds. Nothing, "NA", "NaN" and "null" in any case are null; "inf", "infinity" and
// numbers too large for a double are not finite.
Cell ParseCell(std::string_view text);

// Reads CSV text of any origin. A byte order mark, CRLF and blank lines are fine, and so is a
// quoted field ("" for a quote). Broken rows: another number of fields than the header has, too
// many of them, too long a line, a quoted field that does not end on its line or has text after it.
//   name      what messages call the text: "engine-017.csv:1: column 'T30' is missing".
//   columns   what to read, by the header's names.
//   errors    INVALID_ARGUMENT with DATA_UNREADABLE (limits, a header that is broken or has a
//             column twice), DATA_COLUMN_MISSING, DATA_EMPTY (no header, no row); those of `take`.
//   cost      one pass; about 100 MB/s.
Status ParseCsv(std::istream& in, std::string_view name, std::span<const std::string> columns,
                const Source::Take& take, const CsvLimits& limits = {});

// A CSV file; opened at each Read, so rows that were appended are seen by the next task.
class CsvSource final : public Source {
 public:
  explicit CsvSource(const std::filesystem::path& path, const CsvLimits& limits = {})
      : path_(path), name_(path.string()), limits_(limits) {}
  std::string_view name() const override { return name_; }
  Status Read(std::span<const std::string> columns, const Take& take) override;

 private:
  std::filesystem::path path_;
  std::string name_;
  CsvLimits limits_;
};

}  // namespace muster::client
