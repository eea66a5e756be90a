#pragma once
// What the rules of a comparison say and ask. One set of rules serves two readers: the solver, who
// wants to know how far apart a pair is, and the reporter, who wants each difference.
#include <cstdint>
#include <optional>
#include <string_view>

#include "registry/formats/json/change.h"
#include "registry/formats/json/node.h"

namespace muster::registry::formats::json {

// How far apart a pair of schemas is. Later is worse.
enum class Level { kSame, kCompatible, kIncompatible };

// A place below the pair that is compared: {"properties", "foo"}, {"maxLength"}, {} for itself.
struct At {
  std::string_view folder = {};
  std::string_view name = {};
};

class Findings {
 public:
  virtual ~Findings() = default;
  virtual void Report(Change change, At at, std::string_view was = {},
                      std::string_view is = {}) = 0;
  // Everything that differs between these two differs in this pair as well.
  virtual void Include(const Node& original, const Node& update, At at) = 0;
  virtual Level Judge(const Node& original, const Node& update) = 0;
  // Whether `pattern` is found in `name`; nothing when the pattern is one that cannot be tried.
  virtual std::optional<bool> Matches(std::string_view pattern, std::string_view name) = 0;
  // False once the budget is used up: what is found after that is not looked at.
  virtual bool Spend(std::uint64_t steps) = 0;

  bool Accepts(const Node& original, const Node& update) {
    return Judge(original, update) != Level::kIncompatible;
  }
};

}  // namespace muster::registry::formats::json
