#pragma once
// Collects what is wrong with a file, so that a user mends all of it at once.
#include <string>
#include <vector>

#include "base/status.h"
#include "config/source_map.h"

namespace muster::config {

class Problems {
 public:
  explicit Problems(std::string file) : file_(std::move(file)) {}

  // `path` may be empty: then it is about the document as a whole.
  void Add(Position at, std::string_view path, Reason reason, std::string_view text);
  bool empty() const { return count_ == 0; }
  // OK, or INVALID_ARGUMENT: a line for each problem ("file:line:column: path: text"), the first
  // 20 in the order found, with the reason and the field of the first.
  Status status() const;

 private:
  std::string file_;
  std::size_t count_ = 0;
  std::string lines_;
  Reason reason_ = Reason::kFIELD_INVALID;
  std::string path_;
};

}  // namespace muster::config
