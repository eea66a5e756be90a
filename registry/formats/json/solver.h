#pragma once
// How far apart pairs of schemas are, for schemas that lead back to themselves: the greatest
// fixpoint. A pair that is met while it is being compared is taken for the same until shown
// otherwise; who relied on that is judged again. So a break behind a circle is found, and no pair
// is judged more often than what it depends on changes, which is twice for each.
// Not safe from several threads.
#include <unordered_map>
#include <vector>

#include "registry/formats/json/findings.h"
#include "registry/formats/json/meter.h"

namespace muster::registry::formats::json {

class Solver {
 public:
  explicit Solver(Meter& meter) : meter_(meter), patterns_(meter) {}

  // Of references, what they refer to. kIncompatible once the meter has run out.
  Level Judge(const Node& original, const Node& update);
  std::optional<bool> Matches(std::string_view pattern, std::string_view name) {
    return patterns_.Found(pattern, name);
  }

 private:
  struct Pair {
    const Node* original;
    const Node* update;
    friend bool operator==(const Pair&, const Pair&) = default;
  };
  struct HashPair {
    std::size_t operator()(const Pair& pair) const;
  };
  struct Entry {
    const Pair* pair = nullptr;  // The key it stands under; null until it is judged first.
    Level level = Level::kSame;  // Falls only, as rules that see worse parts find no better whole.
    bool queued = false;
    std::vector<Entry*> readers;  // Judged by this level while it could still fall.
  };
  class Evaluation;

  Level Read(const Node& original, const Node& update, Entry* reader);
  void Evaluate(Entry& entry);

  Meter& meter_;
  Patterns patterns_;
  std::unordered_map<Pair, Entry, HashPair> entries_;
  std::vector<Entry*> queue_;  // To be judged again.
  int depth_ = 0;
};

}  // namespace muster::registry::formats::json
