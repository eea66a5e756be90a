#pragma once
// How this folder refuses, and where in a schema it is meanwhile.
#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

#include "base/status.h"

namespace muster::registry::formats::avro {

// The place in a schema while it is walked, as a JSON pointer: "/fields/1/type", and "/" at the
// top.
inline std::string_view Place(std::string_view path) { return path.empty() ? "/" : path; }

// One step down for as long as it lives.
class Into {
 public:
  Into(std::string& path, std::string_view step) : path_(path), size_(path.size()) {
    path_.append("/").append(step);
  }
  Into(std::string& path, std::size_t index) : Into(path, std::to_string(index)) {}
  ~Into() { path_.resize(size_); }
  Into(const Into&) = delete;
  Into& operator=(const Into&) = delete;

 private:
  std::string& path_;
  std::size_t size_;
};

// INVALID_ARGUMENT, SCHEMA_INVALID, at `path`.
template <typename... Args>
Status Invalid(std::string_view path, fmt::format_string<Args...> f, Args&&... args) {
  const Status status =
      InvalidArgument("{}: {}", Place(path), fmt::format(f, std::forward<Args>(args)...));
  return WithField(WithReason(status, Reason::kSCHEMA_INVALID), Place(path));
}

// Foreign text for a message: escaped, and cut to about 60 bytes between two characters.
std::string Shown(std::string_view text);

}  // namespace muster::registry::formats::avro
