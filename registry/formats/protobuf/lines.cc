#include "registry/formats/protobuf/lines.h"

#include <fmt/format.h>

#include <utility>

namespace muster::registry::formats {

void Lines::Line(std::string_view text) {
  Begin();
  out_ += text;
  out_ += '\n';
}

void Lines::Open(std::string_view header) {
  Begin();
  out_ += header;
  out_ += " {";
  opened_ = true;
  ++depth_;
}

void Lines::Close() {
  --depth_;
  if (!opened_) Indent();
  out_ += "}\n";
  opened_ = gap_ = false;
}

void Lines::Statement(std::string head, const std::vector<std::string>& options, bool open) {
  if (options.size() == 1) head += " [" + options.front() + "]";
  if (options.size() > 1) {
    head += " [";
    for (std::size_t i = 0; i < options.size(); ++i)
      head += fmt::format("{}\n{:{}}{}", i == 0 ? "" : ",", "", 2 * (depth_ + 1), options[i]);
    head += fmt::format("\n{:{}}]", "", 2 * depth_);
  }
  open ? Open(head) : Line(head + ";");
}

std::string Lines::Take() { return std::move(out_); }

void Lines::Begin() {
  if (opened_ || gap_) out_ += '\n';
  opened_ = gap_ = false;
  Indent();
}

}  // namespace muster::registry::formats
