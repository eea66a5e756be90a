#pragma once
// A source whose columns have other names than the contract's fields. Renames, and nothing else.
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/pipeline/source.h"

namespace muster::client {

class RenamedSource final : public Source {
 public:
  //   columns  contract field -> the source's own name; fields not in it keep theirs.
  RenamedSource(std::unique_ptr<Source> source, std::map<std::string, std::string> columns)
      : source_(std::move(source)), columns_(std::move(columns)) {}
  std::string_view name() const override { return source_->name(); }
  Status Read(std::span<const std::string> fields, const Take& take) override {
    std::vector<std::string> own;
    for (const std::string& field : fields) {
      const auto it = columns_.find(field);
      own.push_back(it == columns_.end() ? field : it->second);
    }
    return source_->Read(own, take);
  }

 private:
  const std::unique_ptr<Source> source_;
  const std::map<std::string, std::string> columns_;
};

}  // namespace muster::client
