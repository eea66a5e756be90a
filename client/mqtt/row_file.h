#pragma once
// Rows that came over the network, kept as a CSV file that CsvSource reads: one source for training
// and for serving. Bounded: the newest rows stay.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"

namespace muster::client {

// One writer; readers may open the file at any time. Rows are in the order in which they came, and
// survive the process; what a crash of the machine cut short at the end is gone. Not thread-safe.
class RowFile {
 public:
  // Opens the file, or makes it with its header. One with other columns is put aside as PATH.old.
  // The file holds at least the newest `keep` rows and at most a quarter more.
  //   columns  names without commas, quotes and line breaks.
  //   errors   RESOURCE_EXHAUSTED (DISK_FULL), FAILED_PRECONDITION (READ_ONLY), UNAVAILABLE; cost:
  //            reads the file once.
  static StatusOr<std::unique_ptr<RowFile>> Open(std::filesystem::path path,
                                                 std::vector<std::string> columns,
                                                 std::uint64_t keep);

  // Appends a row; false when it is the same as the last one, which is left out. Cells are one line
  // each. Errors as above: the row is not in the file then.
  StatusOr<bool> Append(std::span<const std::string> cells);
  std::uint64_t rows() const { return rows_; }
  const std::filesystem::path& path() const { return path_; }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  RowFile(std::filesystem::path path, std::vector<std::string> columns, std::uint64_t keep)
      : path_(std::move(path)), columns_(std::move(columns)), keep_(keep) {}
  std::string Header() const;
  Status Prepare();
  Status Recall();
  Status Reopen();
  Status Rotate();

  const std::filesystem::path path_;
  const std::vector<std::string> columns_;
  const std::uint64_t keep_;
  std::unique_ptr<std::FILE, Close> file_;
  std::uint64_t rows_ = 0;
  std::string last_;  // Without its line break.
};

}  // namespace muster::client
