#pragma once
// The tail of a growing CSV file: whole lines alone, so that a row is never read half-written.
//
// A file that was rotated, cut short or rewritten is noticed by its content, not by its inode: the
// bytes before the place must be those that were read. Where they are not, the place is looked for
// (a writer that drops old rows keeps the newest); a file without it is read from its beginning.
#include <filesystem>
#include <map>
#include <string>

#include "client/pipeline/csv_source.h"
#include "client/serving/row_stream.h"

namespace muster::client {

class CsvTail final : public RowStream {
 public:
  //   columns  contract field -> the file's own name; fields not in it keep theirs.
  explicit CsvTail(std::filesystem::path path, std::map<std::string, std::string> columns = {})
      : path_(std::move(path)), name_(path_.string()), columns_(std::move(columns)) {}

  std::string_view name() const override { return name_; }
  // Reads at most 1 MiB a call. A file that is not there yet has no rows.
  StatusOr<std::size_t> Read(std::span<const StreamColumn> columns, std::size_t most,
                             std::uint64_t until, StreamPosition& at, const Take& take) override;

 private:
  struct Header {
    std::string line;                // As it stands, without its end.
    std::uint64_t bytes = 0;         // With it.
    std::vector<std::size_t> picks;  // Of the columns asked for: their place among those that are
                                     // there, or kAbsent.
    std::vector<std::string> present;
  };
  StatusOr<Header> ReadHeader(std::string_view begin, std::span<const StreamColumn> columns) const;
  Status Parse(const Header& header, std::string_view lines, std::uint64_t line,
               const Take& take) const;

  const std::filesystem::path path_;
  const std::string name_;
  const std::map<std::string, std::string> columns_;
};

}  // namespace muster::client
