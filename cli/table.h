#pragma once
// Aligned columns of text. Pure.
#include <string>
#include <vector>

namespace muster::cli {

// Columns stand two spaces apart and are as wide as their widest cell; nothing trails. Cells are
// cleaned of control characters. Without rows only the header shows.
class Table {
 public:
  explicit Table(std::vector<std::string> header) { rows_.push_back(std::move(header)); }
  void Add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  std::string Text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

// "Name:        value" lines for `describe`, indented by `indent`.
class Properties {
 public:
  explicit Properties(int indent = 0) : indent_(indent) {}
  // A value of several lines stays aligned; an empty one is left out.
  void Add(std::string name, std::string value);
  std::string Text() const;

 private:
  int indent_;
  std::vector<std::pair<std::string, std::string>> lines_;
};

}  // namespace muster::cli
