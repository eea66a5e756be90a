#pragma once
// JSON as a schema's author wrote it: members keep their order and numbers their spelling, which
// nlohmann's own values do not. Never holds a member twice, nor nests deeper than asked.
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace muster::registry::formats::json {

struct Member;

struct Value {
  enum class Kind { kNull, kBool, kNumber, kText, kArray, kObject };
  Kind kind = Kind::kNull;
  bool flag = false;            // Of kBool.
  std::string text;             // Of kText; of kNumber as it was spelled ("1.50").
  std::vector<Value> items;     // Of kArray.
  std::vector<Member> members;  // Of kObject.

  bool Is(Kind k) const { return kind == k; }
  const Value* Find(std::string_view key) const;  // Null when there is none. O(members).
};

struct Member {
  std::string key;
  Value value;
};

// INVALID_ARGUMENT (SCHEMA_INVALID) on syntax, bytes that are not UTF-8, a key twice in an object,
// nesting beyond `max_depth`. O(n log n), without recursion.
StatusOr<Value> ParseValue(std::string_view text, int max_depth);

// How a value is spelled, always without insignificant space.
enum class Spelling {
  kAsWritten,  // What Jackson answers for the parsed text.
  kSorted,     // Keys in UTF-16 order, as Confluent's `normalize` has them.
  kMeaning,    // Sorted, and numbers that are equal are spelled alike: equal iff the values are.
};
std::string Spell(const Value& value, Spelling spelling);

// At most `most` bytes of a peer's text, cut between characters and with controls replaced, for
// messages and sentences.
std::string Shown(std::string_view text, std::size_t most = 80);

// INVALID_ARGUMENT, SCHEMA_INVALID, at the JSON pointer `path` ("#/properties/a").
template <typename... Args>
Status InvalidAt(std::string_view path, fmt::format_string<Args...> f, Args&&... args) {
  const std::string where = Shown(path, 200);
  return WithField(
      WithReason(InvalidArgument("{}: {}", where, fmt::format(f, std::forward<Args>(args)...)),
                 Reason::kSCHEMA_INVALID),
      where);
}

}  // namespace muster::registry::formats::json
