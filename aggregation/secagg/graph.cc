#include "aggregation/secagg/graph.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace muster::aggregation::secagg {
namespace {

// Numbers below a bound from SHA-256(seed || counter), four of 64 bits per hash.
class HashNumbers {
 public:
  HashNumbers(const Digest& seed, const Hasher& hasher) : hasher_(hasher) {
    std::copy(seed.bytes().begin(), seed.bytes().end(), block_.begin());
  }
  std::uint64_t Below(std::uint64_t bound) {
    // Numbers in the incomplete last run of `bound` would be more likely than the others.
    const std::uint64_t incomplete = (0 - bound) % bound;
    for (;;) {
      const std::uint64_t number = Next();
      if (number >= incomplete) return number % bound;
    }
  }

 private:
  std::uint64_t Next() {
    if (used_ == kPerHash) Refill();
    std::uint64_t number = 0;
    for (int i = 7; i >= 0; --i)
      number = number << 8 | std::to_integer<std::uint64_t>(numbers_.bytes()[8 * used_ + i]);
    ++used_;
    return number;
  }
  void Refill() {
    for (int i = 0; i < 4; ++i) block_[32 + i] = static_cast<std::byte>(counter_ >> (8 * i));
    ++counter_;
    numbers_ = hasher_.Sha256(block_);
    used_ = 0;
  }

  static constexpr int kPerHash = 4;
  const Hasher& hasher_;
  std::array<std::byte, 36> block_{};  // Seed, then the little-endian counter.
  std::uint32_t counter_ = 0;
  Digest numbers_;
  int used_ = kPerHash;
};
}  // namespace

MaskGraph MaskGraph::Make(const Parameters& parameters, const Digest& seed, const Hasher& hasher) {
  MaskGraph graph(parameters.devices, parameters.complete() ? 0 : parameters.degree / 2);
  if (parameters.complete()) return graph;
  HashNumbers numbers(seed, hasher);
  graph.ring_.resize(parameters.devices);
  std::iota(graph.ring_.begin(), graph.ring_.end(), Member{0});
  for (std::uint32_t i = parameters.devices - 1; i > 0; --i)
    std::swap(graph.ring_[i], graph.ring_[numbers.Below(i + 1)]);
  graph.places_.resize(parameters.devices);
  for (std::uint32_t place = 0; place < parameters.devices; ++place)
    graph.places_[graph.ring_[place]] = place;
  return graph;
}

bool MaskGraph::Adjacent(Member a, Member b) const {
  if (a == b) return false;
  if (half_ == 0) return true;
  const std::uint32_t forward = (places_[b] + devices_ - places_[a]) % devices_;
  return std::min(forward, devices_ - forward) <= half_;
}

std::vector<Member> MaskGraph::NeighboursOf(Member member) const {
  std::vector<Member> out;
  ForNeighbours(member, [&](Member other) { out.push_back(other); });
  std::sort(out.begin(), out.end());
  return out;
}

std::uint32_t MaskGraph::DegreeIn(Member member, const MemberSet& set) const {
  std::uint32_t degree = 0;
  ForNeighbours(member, [&](Member other) { degree += set.Contains(other) ? 1 : 0; });
  return degree;
}

DegreeCore::DegreeCore(const MaskGraph& graph, std::uint32_t least_degree)
    : graph_(graph),
      least_degree_(least_degree),
      core_(graph.devices()),
      waiting_(graph.devices()),
      degrees_(graph.devices()) {}

std::vector<Member> DegreeCore::Add(Member member) {
  if (core_.Contains(member) || waiting_.Contains(member)) return {};
  waiting_.Insert(member);
  graph_.ForNeighbours(member, [&](Member other) { ++degrees_[other]; });
  // Without the new member the core stays what it was.
  if (degrees_[member] < least_degree_) return {};
  // Who cannot have h neighbours even if all that wait come in, goes, and is missed by others;
  // until nobody goes. Members of the core have h in it, so they are never among them.
  MemberSet left = waiting_;
  std::vector<std::uint32_t> degrees = degrees_;
  std::vector<Member> going;
  for (const Member m : waiting_.Members())
    if (degrees[m] < least_degree_) going.push_back(m);
  while (!going.empty()) {
    const Member gone = going.back();
    going.pop_back();
    left.Erase(gone);
    graph_.ForNeighbours(gone, [&](Member other) {
      if (left.Contains(other) && degrees[other]-- == least_degree_) going.push_back(other);
    });
  }
  for (const Member m : left.Members()) core_.Insert(m);
  waiting_ = waiting_.Minus(left);
  return left.Members();
}

MemberSet CoreOf(const MaskGraph& graph, std::uint32_t least_degree, const MemberSet& set) {
  DegreeCore core(graph, least_degree);
  for (const Member member : set.Members()) core.Add(member);
  return core.members();
}

}  // namespace muster::aggregation::secagg
