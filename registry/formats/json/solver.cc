#include "registry/formats/json/solver.h"

#include <algorithm>
#include <functional>

#include "registry/formats/json/rules.h"

namespace muster::registry::formats::json {

// The rules run over one pair, of which only the worst finding counts.
class Solver::Evaluation : public Findings {
 public:
  Evaluation(Solver& solver, Entry& entry) : solver_(solver), entry_(entry) {}
  Level level() const { return level_; }

  void Report(Change change, At, std::string_view, std::string_view) override {
    Worsen(IsCompatible(change) ? Level::kCompatible : Level::kIncompatible);
  }
  void Include(const Node& original, const Node& update, At) override {
    Worsen(Judge(original, update));
  }
  Level Judge(const Node& original, const Node& update) override {
    return solver_.Read(original, update, &entry_);
  }
  std::optional<bool> Matches(std::string_view pattern, std::string_view name) override {
    return solver_.Matches(pattern, name);
  }
  bool Spend(std::uint64_t steps) override { return solver_.meter_.Spend(steps); }

 private:
  void Worsen(Level level) { level_ = std::max(level_, level); }
  Solver& solver_;
  Entry& entry_;
  Level level_ = Level::kSame;
};

std::size_t Solver::HashPair::operator()(const Pair& pair) const {
  const std::size_t a = std::hash<const Node*>{}(pair.original);
  const std::size_t b = std::hash<const Node*>{}(pair.update);
  return (a * 0x9e3779b97f4a7c15ULL) ^ (b + (a >> 7));
}

Level Solver::Judge(const Node& original, const Node& update) {
  Read(original, update, nullptr);
  while (!queue_.empty() && meter_.Spend(1)) {
    Entry* entry = queue_.back();
    queue_.pop_back();
    entry->queued = false;
    Evaluate(*entry);
  }
  return Read(original, update, nullptr);
}

Level Solver::Read(const Node& original, const Node& update, Entry* reader) {
  const Pair pair{&Seen(original), &Seen(update)};
  if (pair.original == pair.update) return Level::kSame;
  if (!meter_.Spend(1)) return Level::kIncompatible;
  const auto [it, fresh] = entries_.try_emplace(pair);
  Entry& entry = it->second;  // Stays where it is when others are added.
  if (fresh) {
    entry.pair = &it->first;
    Evaluate(entry);
  }
  if (reader && entry.level != Level::kIncompatible) entry.readers.push_back(reader);
  return entry.level;
}

void Solver::Evaluate(Entry& entry) {
  if (entry.level == Level::kIncompatible || !meter_.Allows(depth_ + 1)) return;
  ++depth_;
  Evaluation evaluation(*this, entry);
  ComparePair(*entry.pair->original, *entry.pair->update, evaluation);
  --depth_;
  if (evaluation.level() <= entry.level) return;
  entry.level = evaluation.level();
  for (Entry* reader : entry.readers) {
    if (reader->queued) continue;
    reader->queued = true;
    queue_.push_back(reader);
  }
  entry.readers.clear();  // They read again when they are judged.
}

}  // namespace muster::registry::formats::json
