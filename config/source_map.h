#pragma once
// Where in a file each field was written, so that whoever finds a field wrong later (a server, the
// agent) can still be shown as file, line and column. Never holds values.
#include <map>
#include <string>
#include <string_view>

namespace muster::config {

// Line and column, both from 1, as editors count them; the column counts characters.
struct Position {
  int line = 1;
  int column = 1;
  friend bool operator==(const Position&, const Position&) = default;
};

class SourceMap {
 public:
  SourceMap() = default;
  SourceMap(std::string file, Position start) : file_(std::move(file)), start_(start) {}

  void Add(std::string path, Position at) { fields_.emplace(std::move(path), at); }
  // Lets "fields[s2]" stand for "fields[3]": servers tell of an item by its name where order is
  // free.
  void AddName(std::string named, std::string path) {
    names_.emplace(std::move(named), std::move(path));
  }
  // Where the field at `path` ("plan.rounds", "fields[3].min") stands; for one that the file does
  // not mention, the nearest part around it that it does, at last the start of the document.
  Position Find(std::string_view path) const;
  // "campaign.yaml:3:5" of the same.
  std::string Where(std::string_view path) const;
  const std::string& file() const { return file_; }

 private:
  std::string file_;
  Position start_;
  std::map<std::string, Position, std::less<>> fields_;
  std::map<std::string, std::string, std::less<>> names_;
};

}  // namespace muster::config
