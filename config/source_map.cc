#include "config/source_map.h"

#include <fmt/format.h>

namespace muster::config {

Position SourceMap::Find(std::string_view path) const {
  std::string unnamed;
  if (const auto end = path.find(']'); end != path.npos)
    if (const auto it = names_.find(path.substr(0, end + 1)); it != names_.end())
      path = unnamed = it->second + std::string(path.substr(end + 1));
  while (!path.empty()) {
    if (const auto it = fields_.find(path); it != fields_.end()) return it->second;
    const std::size_t cut = path.find_last_of(".[");
    path = cut == std::string_view::npos ? std::string_view() : path.substr(0, cut);
  }
  return start_;
}

std::string SourceMap::Where(std::string_view path) const {
  const Position at = Find(path);
  return fmt::format("{}:{}:{}", file_, at.line, at.column);
}

}  // namespace muster::config
