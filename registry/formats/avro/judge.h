#pragma once
// Yes or no: can a reader's type read what a writer's wrote. Keeps within a budget.
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "registry/formats/avro/node.h"
#include "registry/schema.h"

namespace muster::registry::formats::avro {

struct Pair {
  const Node* reader;
  const Node* writer;
  friend bool operator==(const Pair&, const Pair&) = default;
};
struct PairHash {
  std::size_t operator()(const Pair& pair) const;
};

// What a comparison has spent. Once over, everything that asks says no, and the result is void.
class Meter {
 public:
  explicit Meter(const CompareBudget& budget);
  bool Spend(std::uint64_t steps);  // False: over.
  Status status() const;            // RESOURCE_EXHAUSTED (SCHEMA_TOO_COMPLEX) when over.

  // One pair inside the last, for as long as it lives.
  class Inside {
   public:
    explicit Inside(Meter& meter) : meter_(meter) { ++meter_.depth_; }
    ~Inside() { --meter_.depth_; }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;
    explicit operator bool() const { return meter_.Spend(1); }

   private:
    Meter& meter_;
  };

 private:
  std::uint64_t steps_;
  int most_depth_;
  int depth_ = 0;
  bool over_ = false;
  bool too_deep_ = false;
};

// The answer for two recursive types is the greatest that is consistent: a pair that is met again
// inside itself counts as readable until it is shown not to be, and what was concluded from it is
// forgotten then. Each pair fails once, so the cost is polynomial.
class Judge {
 public:
  explicit Judge(Meter& meter) : meter_(meter) {}
  bool Reads(const Node& reader, const Node& writer);

 private:
  bool ReadsAll(const Node& reader, const Node& writer_union);
  bool ReadsNamed(const Node& reader, const Node& writer);
  bool ReadsRecord(const Node& reader, const Node& writer);
  bool ReadsEnum(const Node& reader, const Node& writer);

  Meter& meter_;
  std::unordered_map<Pair, bool, PairHash> known_;
  std::vector<Pair> trusted_;  // Pairs that count as readable, oldest first.
};

}  // namespace muster::registry::formats::avro
