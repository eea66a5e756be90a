// Who is summed with whom: shards of windows and slices of evaluations, kept apart and never small.
#include "coordinator/secure/grouped_parts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "drift/fleet/shard_plan.h"
#include "platform/sha256.h"
#include "tests/support/status_matchers.h"
#include "tests/support/symbolic_crypto.h"

namespace muster::coordinator {
namespace {
using ::testing::IsEmpty;
using ::testing::SizeIs;
constexpr std::uint64_t kSeed = 42;

class Parts : public ::testing::Test {
 protected:
  static std::vector<PartMember> Fleet(int devices, const std::string& site = "") {
    std::vector<PartMember> out;
    for (int i = 0; i < devices; ++i) {
      PartMember& member = out.emplace_back();
      member.id = DeviceId(fmt::format("{}{:03}", site, i));
      if (!site.empty()) member.labels = {{"site", site}};
    }
    return out;
  }
  static std::vector<PartMember> Joined(std::vector<PartMember> a,
                                        const std::vector<PartMember>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
  }
  GroupedParts Cut(const std::vector<PartMember>& devices) const {
    return CutShards(window, kSeed, devices, crypto).value();
  }
  static std::size_t DevicesIn(const GroupedParts& parts) {
    std::set<DeviceId> all;
    std::size_t sum = 0;
    for (const std::set<DeviceId>& part : parts.parts) {
      all.insert(part.begin(), part.end());
      sum += part.size();
    }
    EXPECT_EQ(all.size(), sum);  // Nobody is in two.
    return sum;
  }

  platform::OpenSslHasher hasher;
  testing::SymbolicCrypto crypto{hasher};
  WindowSpec window = [] {
    WindowSpec w;
    w.epoch = 3;
    w.shard = 5;
    return w;
  }();
};

TEST_F(Parts, OfAWindowAreTheShardsOfItsPlan) {
  const std::vector<PartMember> devices = Fleet(63);
  const GroupedParts parts = Cut(devices);
  std::vector<DeviceId> roster;
  for (const PartMember& member : devices) roster.push_back(member.id);
  const Secret key = crypto
                         .Hkdf(Secret::FromText(std::to_string(kSeed)), {},
                               AsBytes(std::string_view("muster/window/shards/1")), 32)
                         .value();
  const auto plan =
      drift::ShardPlan::Make(crypto, key, drift::WindowEpoch(3), roster, window.shard).value();
  ASSERT_EQ(parts.parts.size(), plan.shards());
  for (std::size_t i = 0; i < parts.parts.size(); ++i)
    for (const DeviceId& device : parts.parts[i])
      EXPECT_EQ(plan.PlaceOf(device).value().shard, i) << device.value();
  EXPECT_EQ(DevicesIn(parts), 63U);
}

TEST_F(Parts, OfEachWindowAreOthersAndOfOneWindowTheSameWhateverTheOrder) {
  std::vector<PartMember> devices = Fleet(50);
  const GroupedParts parts = Cut(devices);
  std::reverse(devices.begin(), devices.end());
  EXPECT_EQ(Cut(devices).parts, parts.parts);
  window.epoch = 4;
  EXPECT_NE(Cut(devices).parts, parts.parts);
}

TEST_F(Parts, AreAsManyAsThereCanBeWhenAVerdictNeedsMore) {
  EXPECT_THAT(Cut(Fleet(14)).parts, SizeIs(2));
  EXPECT_THAT(Cut(Fleet(5)).parts, SizeIs(1));
  EXPECT_THAT(Cut(Fleet(4)).parts, SizeIs(1));  // For secure.least to judge.
}

TEST_F(Parts, OfShownGroupsAreKeptApartAndTheRestIsTogether) {
  window.drill = {"site"};
  const auto devices =
      Joined(Joined(Fleet(12, "north"), Fleet(5, "south")), Joined(Fleet(3, "east"), Fleet(4)));
  const GroupedParts parts = Cut(devices);
  EXPECT_EQ(DevicesIn(parts), devices.size());
  std::map<std::vector<std::string>, std::vector<std::size_t>> sizes;
  for (std::size_t i = 0; i < parts.parts.size(); ++i) {
    sizes[parts.groups[i]].push_back(parts.parts[i].size());
    for (const DeviceId& device : parts.parts[i])
      if (!parts.groups[i].empty())
        EXPECT_THAT(device.value(), ::testing::StartsWith(parts.groups[i].front()));
  }
  EXPECT_THAT(sizes[{"north"}], ::testing::UnorderedElementsAre(6U, 6U));
  EXPECT_THAT(sizes[{"south"}], ::testing::ElementsAre(5U));
  EXPECT_THAT(sizes[{}], ::testing::ElementsAre(7U));  // "east" is too small to be shown.
  EXPECT_THAT(sizes, SizeIs(3));
}

TEST_F(Parts, NoGroupIsCutSmallerThanAShard) {
  window.drill = {"site", "line"};
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    SeededRng rng(seed);
    std::vector<PartMember> devices = Fleet(static_cast<int>(5 + rng.Below(60)));
    for (PartMember& member : devices) {
      if (rng.Below(4) > 0) member.labels["site"] = fmt::format("s{}", rng.Below(4));
      if (rng.Below(4) > 0) member.labels["line"] = fmt::format("l{}", rng.Below(3));
    }
    const GroupedParts parts = Cut(devices);
    EXPECT_EQ(DevicesIn(parts), devices.size());
    for (const std::set<DeviceId>& part : parts.parts) {
      EXPECT_GE(part.size(), window.shard);
      EXPECT_LT(part.size(), 2 * window.shard);
    }
  }
}

TEST_F(Parts, ReadBackAsWritten) {
  window.drill = {"site"};
  const GroupedParts parts = Cut(Joined(Fleet(12, "north"), Fleet(9, "south")));
  const Bytes file = EncodeParts(parts).value();
  const GroupedParts back = ParseParts(file).value();
  EXPECT_EQ(back.parts, parts.parts);
  EXPECT_EQ(back.groups, parts.groups);
  EXPECT_FALSE(ParseParts(AsBytes(std::string_view("{}"))).ok());
}

TEST_F(Parts, OfAnEvaluationAreItsSlicesAndOnesTooSmallAreLeftOut) {
  EvaluationSpec evaluation;
  evaluation.slices = {{"drifted", {}, {DeviceId("north000"), DeviceId("north001")}},
                       {"north", {{"site", "north"}}, {}}};
  SecureSpec secure;
  secure.least = 3;
  secure.session = 4;
  std::map<std::string, std::size_t> left_out;
  const auto devices = Joined(Fleet(8, "north"), Fleet(5, "south"));
  const GroupedParts parts =
      CutSlices(evaluation, secure, devices,
                [&](const std::string& slice, std::size_t size) { left_out[slice] = size; });
  EXPECT_THAT(left_out, ::testing::ElementsAre(std::pair("drifted", 2U)));
  std::map<std::string, std::size_t> summed;
  for (std::size_t i = 0; i < parts.parts.size(); ++i) {
    EXPECT_LE(parts.parts[i].size(), secure.session);
    summed[parts.groups[i].front()] += parts.parts[i].size();
  }
  EXPECT_THAT(summed, ::testing::ElementsAre(std::pair("north", 6U), std::pair("others", 5U)));
  EXPECT_EQ(SliceOf(evaluation, devices[0]), "drifted");
  EXPECT_EQ(SliceOf({}, devices[0]), "");
}

}  // namespace
}  // namespace muster::coordinator
