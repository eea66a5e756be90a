#pragma once
// Who masks with whom. Each device computes the graph itself, from what it signed; nobody sends it.
#include <vector>

#include "aggregation/secagg/mask.h"
#include "aggregation/secagg/members.h"
#include "aggregation/secagg/parameters.h"
#include "base/bytes.h"

namespace muster::aggregation::secagg {

// Undirected, without loops. Complete, or a Harary graph H(k, n): members stand on a ring in a
// pseudorandom order, and each is joined to the k / 2 places on either side.
class MaskGraph {
 public:
  // The graph of `parameters`; `seed` orders the ring (it is the hash of the task and the roster).
  // The permutation is Fisher and Yates's with numbers from SHA-256(seed || counter), by rejection.
  // Cost: O(n) hashes at most, none for a complete graph.
  static MaskGraph Make(const Parameters& parameters, const Digest& seed, const Hasher& hasher);

  std::uint32_t devices() const { return devices_; }
  bool Adjacent(Member a, Member b) const;
  // Ascending. Cost: O(k log k).
  std::vector<Member> NeighboursOf(Member member) const;
  // How many neighbours of `member` are in `set`. Cost: O(k).
  std::uint32_t DegreeIn(Member member, const MemberSet& set) const;
  // visit(other) for each neighbour, in no order that means anything.
  template <typename Visit>
  void ForNeighbours(Member member, Visit visit) const;

 private:
  MaskGraph(std::uint32_t devices, std::uint32_t half) : devices_(devices), half_(half) {}

  std::uint32_t devices_;
  std::uint32_t half_;          // k / 2; 0: complete.
  std::vector<Member> ring_;    // By place; empty when complete.
  std::vector<Member> places_;  // By member; empty when complete.
};

template <typename Visit>
void MaskGraph::ForNeighbours(Member member, Visit visit) const {
  if (half_ == 0) {
    for (Member other = 0; other < devices_; ++other)
      if (other != member) visit(other);
    return;
  }
  // No division: this is the inner loop of the degree rule.
  std::uint32_t after = places_[member], before = places_[member];
  for (std::uint32_t step = 1; step <= half_; ++step) {
    after = after + 1 == devices_ ? 0 : after + 1;
    before = before == 0 ? devices_ - 1 : before - 1;
    visit(ring_[after]);
    visit(ring_[before]);
  }
}

// `of` adds the mask that it shares with `with`, when it comes first in the roster; the other one
// takes it away.
constexpr Sign SignOf(Member of, Member with) { return of < with ? Sign::kAdd : Sign::kSubtract; }

// The largest subset of those added so far in which each has at least h mask neighbours. It only
// grows, so an upload in it can be folded for good; the k-core of Seidman, Social Networks 5, 1983.
class DegreeCore {
 public:
  // `graph` outlives this.
  DegreeCore(const MaskGraph& graph, std::uint32_t least_degree);
  // Members that came into the core by this. Cost: O(k), and O(n + k m) when m others that wait
  // keep the new one from it.
  std::vector<Member> Add(Member member);
  const MemberSet& members() const { return core_; }

 private:
  const MaskGraph& graph_;
  std::uint32_t least_degree_;
  MemberSet core_;
  MemberSet waiting_;                   // Added, but not in the core.
  std::vector<std::uint32_t> degrees_;  // By member: neighbours among those added.
};

// The degree core of a whole set at once.
MemberSet CoreOf(const MaskGraph& graph, std::uint32_t least_degree, const MemberSet& set);

}  // namespace muster::aggregation::secagg
