// Whatever the server sends and whomever it drops, over the shipped device sessions: no honest
// device has both its secrets opened, and what stands bare is one sum of at least n_min - c honest
// vectors.
#include <gtest/gtest.h>

#include "tests/unit/secagg/adversary.h"

namespace muster::aggregation::secagg {
namespace {

class RandomLies {
 public:
  RandomLies(std::uint64_t seed, const RoomOptions& options, std::uint32_t corrupt)
      : rng_(seed), adversary_(options, corrupt), n_(options.devices) {}

  Verdict Run() {
    EXPECT_TRUE(adversary_.Start(adversary_.room.task).empty());
    Rosters();
    Vectors();
    for (int candidates = 1 + Below(3); candidates > 0; --candidates)
      survivors_.push_back(Survivors());
    Agreements();
    Replies();
    return adversary_.Judge();
  }

 private:
  int Below(std::uint64_t bound) { return static_cast<int>(rng_.Below(bound)); }
  bool Chance(std::uint64_t percent) { return rng_.Below(100) < percent; }

  // Mostly the same for all; some devices see it without somebody, or with keys of the server's.
  void Rosters() {
    const Roster honest = adversary_.HonestRoster();
    const bool lie = Chance(20);
    for (std::size_t i = 0; i < adversary_.size(); ++i) {
      Roster roster = honest;
      if (lie && Chance(30)) {
        const auto at = rng_.Below(roster.members.size());
        if (Chance(50))
          roster.members.erase(roster.members.begin() + static_cast<std::ptrdiff_t>(at));
        else
          adversary_.Substitute(roster.members[at]);
      }
      adversary_.GiveRoster(i, roster).IgnoreError();
    }
  }

  MemberSet Random(const MemberSet& of, std::uint32_t most_gone) {
    MemberSet set = of;
    for (std::uint64_t gone = rng_.Below(most_gone + 1); gone > 0; --gone)
      set.Erase(static_cast<Member>(rng_.Below(n_)));
    return set;
  }
  void Vectors() {
    const MemberSet all = MemberSet::All(n_);
    shared_ = {Random(all, n_ / 4)};
    if (Chance(20)) shared_.push_back(Random(all, n_ / 3));
    for (std::size_t i = 0; i < adversary_.size(); ++i)
      if (!adversary_.IsCorrupt(i) && Chance(95))
        adversary_.GiveShares(i, shared_[rng_.Below(shared_.size())]).IgnoreError();
  }

  // Who vanished by the server's word: chance, or all mask neighbours of one victim.
  MemberSet Survivors() {
    const MemberSet& shared = shared_[rng_.Below(shared_.size())];
    MemberSet set = shared;
    for (std::size_t i = 0; i < adversary_.size(); ++i)
      if (!adversary_.IsCorrupt(i) && !adversary_.Uploaded(i)) set.Erase(adversary_.MemberOf(i));
    if (Chance(70)) return Random(set, n_ / 4);
    const std::size_t victim = adversary_.size() - 1;
    if (!adversary_.Uploaded(victim)) return set;
    const Cohort& cohort = adversary_.CohortOf(victim);
    if (const auto member = FindMember(cohort, adversary_.room.devices[victim].identity()))
      for (const Member other : cohort.graph.NeighboursOf(*member))
        if (other < n_ && Chance(90)) set.Erase(other);
    return set;
  }
  void Agreements() {
    const bool one = Chance(50);  // An honest enough server asks everybody for the same.
    for (std::size_t i = 0; i < adversary_.size(); ++i)
      for (int tries = 0; tries < 2; ++tries)
        if (!adversary_.IsCorrupt(i))
          adversary_.AskAgreement(i, survivors_[one ? 0 : rng_.Below(survivors_.size())])
              .IgnoreError();
  }
  void Replies() {
    for (const MemberSet& survivors : survivors_)
      for (std::size_t i = 0; i < adversary_.size(); ++i)
        if (!adversary_.IsCorrupt(i) && Chance(90))
          adversary_.AskShares(i, survivors).IgnoreError();
  }

  SeededRng rng_;
  Adversary adversary_;
  std::uint32_t n_;
  std::vector<MemberSet> shared_, survivors_;
};

struct Drawn {
  RoomOptions options;
  std::uint32_t corrupt;
};
Drawn Draw(std::uint64_t seed) {
  SeededRng rng(seed ^ 0x5eed);
  Drawn out{};
  RoomOptions& o = out.options;
  o.seed = seed;
  o.devices = 4 + static_cast<std::uint32_t>(rng.Below(9));
  o.rule.corrupt_ppm = static_cast<std::uint32_t>(rng.Below(300'000));
  o.rule.dropout_ppm = static_cast<std::uint32_t>(rng.Below(200'000));
  o.rule.privacy_bits = 80;
  o.floor.least = 2;
  o.rule.complete_up_to = rng.Below(2) == 0 ? 0 : 256;
  o.segments = {{"update", 1, LaneBits::k16, 100}};
  out.corrupt = PartOf(o.devices, o.rule.corrupt_ppm);
  const auto least = out.corrupt + 2;
  o.rule.least = least + static_cast<std::uint32_t>(rng.Below(o.devices + 1 - least));
  return out;
}

TEST(PrivacyOracle, NoLyingServerSeesLessThanTheLeastSum) {
  std::uint64_t summed = 0, runs = 0, narrow = 0;
  const std::uint64_t cases = Cases(2'000, 100'000);
  for (std::uint64_t seed = 1; runs < cases; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    const Drawn drawn = Draw(seed);
    if (!CheckTask(TaskOf(drawn.options)).ok()) continue;
    ++runs;
    const auto parameters = FindParameters(drawn.options.rule, drawn.options.devices);
    narrow += parameters->complete() ? 0 : 1;
    const Verdict verdict = RandomLies(seed, drawn.options, drawn.corrupt).Run();
    ASSERT_FALSE(verdict.both_opened);
    ASSERT_LE(verdict.revealed.size(), 1u);
    for (const std::size_t honest : verdict.revealed) {
      ASSERT_GE(honest + drawn.corrupt, drawn.options.rule.least);
      ++summed;
    }
  }
  // It must have had something to judge: sums that came out, and graphs that could be cut.
  EXPECT_GT(10 * summed, cases);
  EXPECT_GT(10 * narrow, cases);
}
// The same lies find their way once a defence is off that chance alone can get around: the oracle
// has eyes. (What takes a plan to get around is in malicious_server_test.cc.)
TEST(PrivacyOracle, SeesTheLeakWhenADefenceIsOff) {
  for (bool Defences::*const defence :
       {&Defences::degree_rule, &Defences::one_answer, &Defences::least_members}) {
    bool leaked = false;
    for (std::uint64_t seed = 1; seed <= 5'000 && !leaked; ++seed) {
      Drawn drawn = Draw(seed);
      if (!CheckTask(TaskOf(drawn.options)).ok()) continue;
      // An agreement holds a device to one U3: a second answer takes both to be off.
      drawn.options.defences.agreement = defence != &Defences::one_answer;
      drawn.options.defences.*defence = false;
      const Verdict verdict = RandomLies(seed, drawn.options, drawn.corrupt).Run();
      leaked = verdict.both_opened || verdict.revealed.size() > 1;
      for (const std::size_t honest : verdict.revealed)
        leaked |= honest + drawn.corrupt < drawn.options.rule.least;
    }
    EXPECT_TRUE(leaked);
  }
}
}  // namespace
}  // namespace muster::aggregation::secagg
