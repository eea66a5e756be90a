#pragma once
// Text in lines and indented blocks.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace muster::registry::formats {

// Between the sections of a block stands an empty line.
class Lines {
 public:
  void Line(std::string_view text);
  void Open(std::string_view header);  // `header {`.
  void Close();
  void Section() { gap_ = !out_.empty(); }  // What follows, if anything does, is a new one.
  // `head [options];` or, with `open`, `head [options] {`; many options take a line each.
  void Statement(std::string head, const std::vector<std::string>& options, bool open = false);
  std::string Take();

 private:
  void Begin();
  void Indent() { out_.append(2 * depth_, ' '); }

  std::string out_;
  std::size_t depth_ = 0;
  bool opened_ = false;  // The last thing was `{`.
  bool gap_ = false;
};

}  // namespace muster::registry::formats
