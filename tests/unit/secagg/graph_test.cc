#include "aggregation/secagg/graph.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/seeded.h"
#include "platform/sha256.h"
#include "tests/unit/secagg/room.h"

namespace muster::aggregation::secagg {
namespace {

const platform::OpenSslHasher kHasher;

MaskGraph Ring(std::uint32_t devices, std::uint32_t degree, std::string_view seed = "ring") {
  return MaskGraph::Make({.devices = devices, .degree = degree}, kHasher.Sha256(AsBytes(seed)),
                         kHasher);
}
// By the definition: take away who has too few neighbours, until nobody has.
MemberSet SlowCore(const MaskGraph& graph, std::uint32_t h, MemberSet set) {
  for (bool changed = true; changed;) {
    changed = false;
    for (const Member m : set.Members())
      if (graph.DegreeIn(m, set) < h) {
        set.Erase(m);
        changed = true;
      }
  }
  return set;
}

TEST(MaskGraph, RingsAreSymmetricRegularAndWithoutLoops) {
  for (const std::uint32_t n : {5u, 12u, 101u})
    for (std::uint32_t k = 2; k + 1 < n && k < 20; k += 2) {
      const MaskGraph graph = Ring(n, k);
      for (Member i = 0; i < n; ++i) {
        const std::vector<Member> neighbours = graph.NeighboursOf(i);
        ASSERT_EQ(neighbours.size(), k);
        ASSERT_TRUE(std::is_sorted(neighbours.begin(), neighbours.end()));
        for (Member j = 0; j < n; ++j) {
          const bool adjacent = std::binary_search(neighbours.begin(), neighbours.end(), j);
          ASSERT_EQ(graph.Adjacent(i, j), adjacent);
          ASSERT_EQ(graph.Adjacent(j, i), adjacent);
        }
        ASSERT_FALSE(graph.Adjacent(i, i));
      }
    }
}

TEST(MaskGraph, CompleteOnesJoinEverybody) {
  const MaskGraph graph = Ring(7, 6);
  for (Member i = 0; i < 7; ++i) EXPECT_EQ(graph.NeighboursOf(i).size(), 6u);
}

TEST(MaskGraph, TheOrderComesFromTheSeedAlone) {
  EXPECT_EQ(Ring(50, 4).NeighboursOf(7), Ring(50, 4).NeighboursOf(7));
  int same = 0;
  for (int i = 0; i < 50; ++i)
    same += Ring(50, 4).NeighboursOf(7) == Ring(50, 4, std::to_string(i)).NeighboursOf(7) ? 1 : 0;
  EXPECT_LT(same, 3);
  // Another build must draw the same ring, or devices of two versions could not mask together.
  EXPECT_EQ(Ring(9, 2).NeighboursOf(0), (std::vector<Member>{2, 3}));
}

TEST(MaskGraph, SignsOfAPairAreOpposite) {
  EXPECT_EQ(SignOf(2, 5), Sign::kAdd);
  EXPECT_EQ(SignOf(5, 2), Sign::kSubtract);
}

TEST(DegreeCoreProperty, GrowsToTheLargestSetWithEnoughNeighbours) {
  for (std::uint64_t seed = 1; seed <= Cases(300, 10'000); ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    SeededRng rng(seed);
    const auto n = static_cast<std::uint32_t>(5 + rng.Below(40));
    const auto k = static_cast<std::uint32_t>(2 + 2 * rng.Below((n - 2) / 2));
    const auto h = static_cast<std::uint32_t>(rng.Below(k + 1));
    const MaskGraph graph = Ring(n, k, std::to_string(seed));
    DegreeCore core(graph, h);
    MemberSet added(n), reported(n);
    for (std::uint32_t i = 0; i < n; ++i) {
      const auto member = static_cast<Member>(rng.Below(n));
      added.Insert(member);
      for (const Member m : core.Add(member)) {
        ASSERT_FALSE(reported.Contains(m)) << "told twice";
        reported.Insert(m);
      }
      ASSERT_EQ(core.members(), SlowCore(graph, h, added));
      ASSERT_EQ(core.members(), reported);
    }
    ASSERT_EQ(CoreOf(graph, h, added), core.members());
  }
}

// With h of the degree rule and at most c corrupt devices, no choice of the vanished cuts the
// honest survivors in two; with h - 3 some does.
bool HonestAreConnected(const MaskGraph& graph, const MemberSet& honest) {
  const std::vector<Member> all = honest.Members();
  if (all.empty()) return true;
  MemberSet seen(graph.devices());
  std::vector<Member> open{all[0]};
  seen.Insert(all[0]);
  while (!open.empty()) {
    const Member m = open.back();
    open.pop_back();
    for (const Member next : graph.NeighboursOf(m))
      if (honest.Contains(next) && !seen.Contains(next)) {
        seen.Insert(next);
        open.push_back(next);
      }
  }
  return seen == honest;
}
int Disconnections(std::uint32_t lower_h_by) {
  constexpr std::uint32_t kDevices = 100;
  constexpr std::uint32_t kCorrupt = 10;
  const NarrowGraph narrow = NarrowForActive(kDevices, kCorrupt, 5, 80);
  int cut = 0;
  for (std::uint64_t seed = 1; seed <= Cases(400, 10'000); ++seed) {
    SeededRng rng(seed);
    const MaskGraph graph = Ring(kDevices, narrow.degree, std::to_string(seed));
    MemberSet survivors = MemberSet::All(kDevices);
    MemberSet corrupt(kDevices);
    // The server drops two arcs of its choice, where its devices stand by luck: those on the ring
    // are reached from a place through neighbours in common, the nearest first.
    while (corrupt.size() < kCorrupt) corrupt.Insert(static_cast<Member>(rng.Below(kDevices)));
    for (int arc = 0; arc < 2; ++arc) {
      const auto middle = static_cast<Member>(rng.Below(kDevices));
      const MemberSet around = [&] {
        MemberSet set(kDevices);
        for (const Member m : graph.NeighboursOf(middle)) set.Insert(m);
        return set;
      }();
      for (const Member m : around.Members())
        if (!corrupt.Contains(m) && graph.DegreeIn(m, around) + 2 >= narrow.degree * 3 / 4)
          survivors.Erase(m);
      survivors.Erase(middle);
    }
    survivors = CoreOf(graph, narrow.core - lower_h_by, survivors);
    cut += HonestAreConnected(graph, survivors.Minus(corrupt)) ? 0 : 1;
  }
  return cut;
}
TEST(DegreeCoreProperty, HonestSurvivorsStayConnectedWhomeverTheServerDrops) {
  EXPECT_EQ(Disconnections(0), 0);
  EXPECT_GT(Disconnections(24), 0) << "an adversary that cannot cut proves nothing";
}

// The pruned are neighbours on the ring: were the graph only as wide as one device needs, the first
// few would take all others with them in a third of such sessions.
TEST(DegreeCore, KeepsEverybodyInSessionsThatLoseWhatTheyAllow) {
  const CohortRule rule{.least = 500, .corrupt_ppm = 100'000, .dropout_ppm = 100'000};
  const Parameters parameters = FindParameters(rule, 1000).value();
  int whole = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const MaskGraph graph =
        MaskGraph::Make(parameters, kHasher.Sha256(AsBytes(std::to_string(seed))), kHasher);
    SeededRng rng(seed);
    MemberSet living = MemberSet::All(1000);
    while (living.size() > 900) living.Erase(static_cast<Member>(rng.Below(1000)));
    whole += CoreOf(graph, parameters.core, living) == living ? 1 : 0;
  }
  EXPECT_GE(whole, 39);
}
}  // namespace
}  // namespace muster::aggregation::secagg
