#include "registry/formats/json/compare.h"

#include <map>
#include <utility>

#include "registry/formats/json/rules.h"
#include "registry/formats/json/solver.h"

namespace muster::registry::formats::json {
namespace {
constexpr int kMostRepeats = 10'000;       // Pairs looked at again because they are met again.
constexpr std::size_t kBytesOfAStep = 64;  // Of what is written down.

// Runs the rules over all pairs that differ, in depth, and writes down what they say. How far
// apart pairs are is settled already: nothing here depends on where a circle is cut.
class Reporter : public Findings {
 public:
  Reporter(Solver& solver, Meter& meter) : solver_(solver), meter_(meter) {}
  std::vector<Difference> Take() { return std::move(found_); }

  void Walk(const Node& original, const Node& update) {
    const Node& a = Seen(original);
    const Node& b = Seen(update);
    if (solver_.Judge(a, b) == Level::kSame || !meter_.Allows(depth_ + 1)) return;
    Visit& visit = visits_[{&a, &b}];
    if (visit.open || (visit.seen && ++repeats_ > kMostRepeats)) return;
    visit.open = visit.seen = true;
    ++depth_;
    ComparePair(a, b, *this);
    --depth_;
    visit.open = false;
  }

  void Report(Change change, At at, std::string_view was, std::string_view is) override {
    const std::size_t size = Enter(at);
    if (meter_.Spend(1 + path_.size() / kBytesOfAStep))
      found_.push_back({std::string(json::NameOf(change)), path_.empty() ? "#/" : "#" + path_,
                        IsCompatible(change), Sentence(change, was, is)});
    path_.resize(size);
  }
  void Include(const Node& original, const Node& update, At at) override {
    const std::size_t size = Enter(at);
    Walk(original, update);
    path_.resize(size);
  }
  Level Judge(const Node& original, const Node& update) override {
    return solver_.Judge(original, update);
  }
  std::optional<bool> Matches(std::string_view pattern, std::string_view name) override {
    return solver_.Matches(pattern, name);
  }
  bool Spend(std::uint64_t steps) override { return meter_.Spend(steps); }

 private:
  struct Visit {
    bool seen = false;
    bool open = false;
  };

  std::size_t Enter(At at) {
    const std::size_t size = path_.size();
    if (!at.folder.empty()) path_.append("/").append(at.folder);
    if (at.name.data()) path_.append("/").append(at.name);  // A name may be empty.
    return size;
  }

  Solver& solver_;
  Meter& meter_;
  std::vector<Difference> found_;
  std::map<std::pair<const Node*, const Node*>, Visit> visits_;
  std::string path_;
  int depth_ = 0;
  int repeats_ = 0;
};
}  // namespace

StatusOr<std::vector<Difference>> CompareGraphs(const Graph& original, const Graph& update,
                                                const CompareBudget& budget) {
  Meter meter(budget);
  Solver solver(meter);
  Reporter reporter(solver, meter);
  reporter.Walk(*original.root, *update.root);
  MUSTER_TRY(meter.status());
  return reporter.Take();
}

}  // namespace muster::registry::formats::json
