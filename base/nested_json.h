#pragma once
// Reading objects within objects, and lists of them, with one status for all: the first failure
// sticks, so a decoder reads everything and checks once.
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/canonical_json.h"

namespace muster {

// Base of a decoder, which is used once.
class NestedJsonReader {
 public:
  const Status& status() const { return status_; }

 protected:
  ~NestedJsonReader() = default;

  void Keep(const Status& status) {
    if (status_.ok()) status_ = status;
  }
  // What `read(JsonReader&)` makes of one object.
  template <typename Read>
  auto Object(const Json& json, const Read& read) {
    JsonReader reader(json);
    auto out = read(reader);
    Keep(reader.status());
    return out;
  }
  // The same of each object of a list.
  template <typename Read>
  auto Objects(const Json& list, const Read& read) {
    std::vector<decltype(Object(list, read))> out;
    for (const Json& item : list) out.push_back(Object(item, read));
    return out;
  }
  static std::uint32_t Small(JsonReader& reader, const char* key) {
    return static_cast<std::uint32_t>(reader.Unsigned(key));
  }
  // The members of an object that are text.
  static std::map<std::string, std::string> TextsByKey(const Json& json) {
    std::map<std::string, std::string> out;
    for (const auto& [key, value] : json.items())
      if (value.is_string()) out[key] = value.get<std::string>();
    return out;
  }

 private:
  Status status_;
};

}  // namespace muster
