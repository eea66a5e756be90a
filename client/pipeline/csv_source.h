#pragma once
// Rows from a CSV file (RFC 4180, one record a line): a header line, then numbers. Only the columns
// that are asked for need to be numbers. It never holds more than one line and the numbers.
#include <cstdint>
#include <filesystem>
#include <iosfwd>

#include "client/pipeline/source.h"

namespace muster::client {

struct CsvLimits {
  std::size_t max_line_bytes = 64 * 1024;
  std::size_t max_columns = 4096;
  std::size_t max_cells = 64 * 1024 * 1024;  // Rows times the columns asked for: 512 MiB.
};

// Reads CSV text of any origin. A byte order mark, CRLF and blank lines are fine, and so is a
// quoted field ("" for a quote); a quoted field that spans lines is refused.
//   name      what messages call the text: "engine-017.csv:12: column 'T30': not a number".
//   columns   what to read, by the header's names.
//   nulls     allowed: nothing, "NA", "NaN" and "null" in any case are NaN.
//   errors    INVALID_ARGUMENT with DATA_UNREADABLE (limits, unlike number of fields, quotes, a
//             column that stands twice), DATA_COLUMN_MISSING, DATA_NOT_A_NUMBER (text, infinity;
//             nulls, where they are refused), DATA_EMPTY (no header, no row).
//   cost      one pass; about 100 MB/s.
StatusOr<Table> ParseCsv(std::istream& in, std::string_view name,
                         std::span<const std::string> columns, const CsvLimits& limits = {},
                         Nulls nulls = Nulls::kRefuse);

// A CSV file; opened at each Read, so rows that were appended are seen by the next task.
class CsvSource final : public Source {
 public:
  explicit CsvSource(const std::filesystem::path& path, const CsvLimits& limits = {})
      : path_(path), name_(path.string()), limits_(limits) {}
  std::string_view name() const override { return name_; }
  StatusOr<Table> Read(std::span<const std::string> columns, Nulls nulls) override;

 private:
  std::filesystem::path path_;
  std::string name_;
  CsvLimits limits_;
};

}  // namespace muster::client
