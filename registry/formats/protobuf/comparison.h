#pragma once
// One comparison under way; compare.cc walks scopes and types, message_comparison.cc what is in a
// message. Used once, from one thread.
#include <compare>
#include <cstddef>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "registry/formats/protobuf/codes.h"
#include "registry/formats/protobuf/compare.h"

namespace muster::registry::formats {

class Comparison {
 public:
  Comparison(const FileShape& original, const FileShape& update, const CompareBudget& budget)
      : original_(original), update_(update), budget_(budget) {}

  StatusOr<std::vector<Difference>> Run();

 private:
  static constexpr std::size_t kNothing = std::numeric_limits<std::size_t>::max();

  // What came of a part.
  struct Found {
    bool breaks = false;            // Some difference in it, told now or before, is incompatible.
    std::size_t lowest = kNothing;  // The outermost open pair that it was cut short at.
    Found& operator+=(const Found& more);
  };
  struct Pair {
    MessageIndex was;
    MessageIndex is;
    friend auto operator<=>(const Pair&, const Pair&) = default;
  };
  struct Messages {
    const MessageShape& was;
    const MessageShape& is;
    std::string path;
  };
  struct Fields {
    const FieldShape& was;
    const FieldShape& is;
    std::string path;
  };

  // compare.cc
  bool Step();
  void Exhaust(std::string_view what);
  Found Add(Change change, std::string path, std::string detail);
  Found Scopes(const ScopeShape& was, const ScopeShape& is, const std::string& path);
  Found Placed(const ScopeShape& was, int was_at, const ScopeShape& is, int is_at,
               const std::string& path);
  Found Enums(const ScopeShape& was, const ScopeShape& is, const std::string& path);
  Found Values(const EnumShape& was, const EnumShape& is, const std::string& path);
  // The pair with all that is in it. Where it is open already, a recursive type comes back to
  // itself, and only what is declared in it is compared, as Confluent does.
  Found Message(const Pair& pair);
  void Close(const Pair& pair, Found& found);
  Found Types(const Fields& fields);
  Found Differ(Change change, const Fields& fields, std::string_view what = "Field");
  Found Scalars(const Fields& fields);
  Found Maps(const Fields& fields);
  Found Named(const Fields& fields);

  // message_comparison.cc
  Found Contents(const Messages& messages);
  Found Exclusions(const Messages& messages);
  Found OneofNames(const Messages& messages);
  Found AllFields(const Messages& messages);
  Found Removed(const Messages& messages, const FieldShape& field, bool oneof_is_gone);
  Found Added(const Messages& messages, const FieldShape& field);
  Found Kept(const Messages& messages, const FieldShape& was, const FieldShape& is);

  const FileShape& original_;
  const FileShape& update_;
  const CompareBudget& budget_;
  Status status_;
  std::uint64_t steps_ = 0;
  int depth_ = 0;
  std::vector<Pair> open_;         // From the outermost.
  std::map<Pair, bool> finished_;  // Whether it breaks.
  std::map<Pair, int> attempts_;   // Of pairs on cycles.
  std::set<std::string> told_;
  std::vector<Difference> differences_;
};

}  // namespace muster::registry::formats
