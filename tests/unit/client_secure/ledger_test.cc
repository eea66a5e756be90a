#include "client/secure/ledger.h"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <thread>

#include "platform/sha256.h"
#include "tests/support/memory_blobs.h"
#include "tests/support/status_matchers.h"

namespace muster::testing {
namespace {
using client::ContributionLedger;
using client::PruneLedgers;
using client::Question;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using enum absl::StatusCode;

constexpr Timestamp kStart(Duration(1'700'000'000'000));
constexpr char kLedger[] = "nodes/engine-1/ledger";

// A node's disk, on which agents come and go.
struct LedgerWorld {
  platform::OpenSslHasher hasher;
  FaultHook fault;
  std::shared_ptr<MemoryFiles::Disk> disk = MemoryFiles::NewDisk();
  MemoryFiles files{disk, [this](std::string_view op) { return AskFault(fault, op); }};
  ContributionLedger ledger = Of("engine-1");
  Digest model = hasher.Sha256(AsBytes("model"));
  RoundKey round{CampaignName("turbofan"), RoundNumber(3), 1};

  // As another life of the agent opens it.
  ContributionLedger Of(const char* node) { return {files, hasher, DeviceName(node)}; }
  Question Asked(std::uint64_t number) const {
    return Question::OfUpdate({round.campaign, RoundNumber(number), 1}, model);
  }
  Status Enter(std::uint64_t number, Timestamp now = kStart) {
    return ledger.Enter(Asked(number), now);
  }
  Status CheckAnew(std::uint64_t number) { return Of("engine-1").Check(Asked(number)); }

  std::string Text(std::string_view name = kLedger) {
    return std::string(AsText(files.Get(name).value()));
  }
  void Write(std::string_view name, std::string_view text) {
    const ByteView part = AsBytes(text);
    ASSERT_THAT(files.Put(name, std::span(&part, 1)), IsOk());
  }
  std::string GivenName(const Question& question) const {
    return "nodes/engine-1/given/" + hasher.Sha256(AsBytes(question.line())).Hex();
  }
  // As versions before wrote it.
  void WriteGiven(std::uint64_t number, Timestamp when = kStart) {
    const Question question = Asked(number);
    Write(GivenName(question), fmt::format("{}{}\n", question.line(), UnixMillis(when)));
  }
};

auto IsRepeated() { return Fails(kFailedPrecondition, Reason::kSECURE_REPEATED); }
auto IsDamaged() { return Fails(kDataLoss, Reason::kSECURE_UNREADY); }

TEST(ContributionLedger, OneQuestionIsAnsweredOnceWhateverItsAttempt) {
  LedgerWorld w;
  const auto asked = [&w] { return Question::OfUpdate(w.round, w.model); };
  EXPECT_THAT(w.ledger.Check(asked()), IsOk());
  EXPECT_THAT(w.ledger.Enter(asked(), kStart), IsOk());
  w.round.attempt = 2;
  EXPECT_THAT(w.ledger.Check(asked()), IsRepeated());
  EXPECT_THAT(w.ledger.Enter(asked(), kStart), IsRepeated());
  EXPECT_THAT(w.Of("engine-1").Check(asked()), IsRepeated());
  EXPECT_THAT(w.Of("engine-1").Enter(asked(), kStart), IsRepeated());
}

TEST(ContributionLedger, OtherRoundsModelsKindsAndNodesAreOtherQuestions) {
  LedgerWorld w;
  ASSERT_THAT(w.Enter(3), IsOk());
  EXPECT_THAT(w.ledger.Check(w.Asked(4)), IsOk());
  const Digest another = w.hasher.Sha256(AsBytes("another"));
  EXPECT_THAT(w.ledger.Check(Question::OfUpdate(w.round, another)), IsOk());
  EXPECT_THAT(w.ledger.Check(Question::OfEvaluation(w.round, w.model)), IsOk());
  EXPECT_THAT(w.Of("engine-2").Check(w.Asked(3)), IsOk());
}

TEST(ContributionLedger, TheSameCountOfTheSameRowsIsOneQuestionInAnyCampaign) {
  LedgerWorld w;
  const Digest query = w.hasher.Sha256(AsBytes("query")), rows = w.hasher.Sha256(AsBytes("rows"));
  ASSERT_THAT(w.ledger.Enter(Question::OfStatistics(query, rows), kStart), IsOk());
  EXPECT_THAT(w.ledger.Check(Question::OfStatistics(query, rows)), IsRepeated());
  EXPECT_THAT(w.ledger.Check(Question::OfStatistics(query, w.model)), IsOk());
  EXPECT_THAT(w.ledger.Check(Question::OfStatistics(w.model, rows)), IsOk());
}

TEST(ContributionLedger, AWindowIsGivenToOnceWhateverItsRows) {
  EXPECT_EQ(Question::OfWindow("wear", 3).line(), "window wear 3\n");
  EXPECT_NE(Question::OfWindow("wear", 3).line(), Question::OfWindow("wear", 4).line());
}

TEST(ContributionLedger, AnEntryIsALineThatPeopleCanRead) {
  LedgerWorld w;
  ASSERT_THAT(w.ledger.Enter(Question::OfWindow("wear", 3), kStart), IsOk());
  ASSERT_THAT(w.ledger.Enter(Question::OfWindow("wear", 4), kStart + Duration(1)), IsOk());
  const std::string first = "1700000000000 window wear 3\n",
                    second = "1700000000001 window wear 4\n";
  EXPECT_EQ(w.Text(), fmt::format("{} {}{} {}", w.hasher.Sha256(AsBytes(first)).Hex(), first,
                                  w.hasher.Sha256(AsBytes(second)).Hex(), second));
}

TEST(ContributionLedger, ANameFromOutsideWritesNoSecondLine) {
  LedgerWorld w;
  for (const std::string& name : {std::string("a\nb"), std::string("a\0b", 3), std::string("\x7f"),
                                  std::string("\xc3\xa4"), std::string(512, 'a')}) {
    const Question question = Question::OfWindow(name, 1);
    EXPECT_THAT(w.ledger.Enter(question, kStart),
                Fails(kInvalidArgument, Reason::kSECURE_VIOLATION));
    EXPECT_THAT(w.ledger.Check(question), IsOk());
  }
  EXPECT_THAT(w.files.Get(kLedger), HasCode(kNotFound));
  // The longest that there can be: a task's query has at most 256 characters.
  const RoundKey longest{CampaignName(std::string(256, 'a')), RoundNumber(~0ULL), 1};
  EXPECT_THAT(w.ledger.Enter(Question::OfEvaluation(longest, w.model), kStart), IsOk());
}

TEST(ContributionLedger, OfThreadsWithOneQuestionOneMayGive) {
  LedgerWorld w;
  constexpr std::uint64_t kQuestions = 500, kThreads = 4;
  std::atomic<std::uint64_t> given{0}, repeated{0};
  std::barrier together(kThreads);
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t t = 0; t < kThreads; ++t)
      threads.emplace_back([&] {
        for (std::uint64_t i = 0; i < kQuestions; ++i) {
          together.arrive_and_wait();
          const Status entered = w.Enter(i);
          given += entered.ok() ? 1 : 0;
          repeated += ReasonOf(entered) == Reason::kSECURE_REPEATED ? 1 : 0;
        }
      });
  }
  EXPECT_EQ(given, kQuestions);
  EXPECT_EQ(repeated, kQuestions * (kThreads - 1));
  ContributionLedger next = w.Of("engine-1");
  for (std::uint64_t i = 0; i < kQuestions; ++i)
    EXPECT_THAT(next.Check(w.Asked(i)), IsRepeated()) << i;
}

TEST(ContributionLedger, WithoutADiskNothingIsGiven) {
  LedgerWorld w;
  ASSERT_THAT(w.Enter(1), IsOk());
  w.fault = [](std::string_view op) -> Status {
    return op == "file.put" ? WithReason(ResourceExhausted("full"), Reason::kDISK_FULL) : Ok();
  };
  EXPECT_THAT(w.Enter(2), Fails(kResourceExhausted, Reason::kDISK_FULL));
  w.fault = nullptr;
  // It is surely not there, so it was not given.
  EXPECT_THAT(w.ledger.Check(w.Asked(2)), IsOk());
  EXPECT_THAT(w.Enter(2), IsOk());
  EXPECT_THAT(w.CheckAnew(1), IsRepeated());
  EXPECT_THAT(w.CheckAnew(2), IsRepeated());
}

// However much of a line a failing disk took, it is given if and only if the file has it, in this
// life and in the next, and lines that follow are whole.
TEST(ContributionLedger, WhenADiskDoesNotSayWhatItTookTheFileIsWrittenAnew) {
  LedgerWorld sample;
  ASSERT_THAT(sample.Enter(2), IsOk());
  const std::size_t line = sample.Text().size();
  for (std::size_t taken = 0; taken <= line; ++taken) {
    SCOPED_TRACE(taken);
    LedgerWorld w;
    ASSERT_THAT(w.Enter(1), IsOk());
    w.fault = [&](std::string_view op) -> Status {
      if (op != "file.put.done") return Ok();
      absl::MutexLock lock(&w.disk->mu);
      w.disk->files[kLedger].resize(line + taken);
      return Internal("the disk failed");
    };
    EXPECT_THAT(w.Enter(2), HasCode(kDataLoss));
    EXPECT_THAT(w.ledger.Check(w.Asked(1)), Not(IsOk()));  // While it cannot be written anew.
    EXPECT_THAT(w.ledger.Check(w.Asked(3)), HasCode(kInternal));
    w.fault = nullptr;
    EXPECT_EQ(w.ledger.Check(w.Asked(2)).ok(), taken < line);
    EXPECT_EQ(w.Text().size(), taken < line ? line : 2 * line);
    EXPECT_THAT(w.Enter(3), IsOk());
    EXPECT_THAT(w.CheckAnew(1), IsRepeated());
    EXPECT_EQ(w.CheckAnew(2).ok(), taken < line);
    EXPECT_THAT(w.CheckAnew(3), IsRepeated());
  }
}

TEST(ContributionLedger, ALineThatACrashCutShortIsCutOffAndTheOthersStay) {
  LedgerWorld w;
  for (const std::uint64_t i : {1U, 2U}) ASSERT_THAT(w.Enter(i), IsOk());
  const std::string two = w.Text();
  ASSERT_THAT(w.Enter(3), IsOk());
  const std::string three = w.Text();
  for (std::size_t size = two.size(); size <= three.size(); ++size) {
    SCOPED_TRACE(size);
    w.Write(kLedger, three.substr(0, size));
    ContributionLedger next = w.Of("engine-1");
    EXPECT_EQ(next.Check(w.Asked(3)).ok(), size < three.size());
    EXPECT_THAT(next.Enter(w.Asked(4), kStart), IsOk());
    EXPECT_TRUE(w.Text().starts_with(size < three.size() ? two : three));
    for (const std::uint64_t i : {1U, 2U, 4U}) EXPECT_THAT(w.CheckAnew(i), IsRepeated());
    EXPECT_EQ(w.CheckAnew(3).ok(), size < three.size());
  }
}

TEST(ContributionLedger, WhileItsEndCannotBeCutOffNothingIsGiven) {
  LedgerWorld w;
  ASSERT_THAT(w.Enter(1), IsOk());
  w.Write(kLedger, w.Text() + "torn");
  ContributionLedger next = w.Of("engine-1");
  w.fault = [](std::string_view op) { return op == "file.put" ? Unavailable("not yet") : Ok(); };
  EXPECT_THAT(next.Check(w.Asked(2)), HasCode(kUnavailable));
  w.fault = nullptr;
  EXPECT_THAT(next.Check(w.Asked(2)), IsOk());
}

TEST(ContributionLedger, NoByteThatRotsMakesItAnswerTwice) {
  LedgerWorld w;
  for (const std::uint64_t i : {1U, 2U, 3U}) ASSERT_THAT(w.Enter(i), IsOk());
  const std::string whole = w.Text();
  for (std::size_t at = 0; at < whole.size(); ++at)
    for (const char became : {'\n', '\0', static_cast<char>(whole[at] ^ 1)}) {
      if (became == whole[at]) continue;
      std::string rotten = whole;
      rotten[at] = became;
      w.Write(kLedger, rotten);
      ContributionLedger next = w.Of("engine-1");
      EXPECT_THAT(next.Check(w.Asked(4)), IsDamaged()) << at;
      EXPECT_THAT(next.Enter(w.Asked(1), kStart), IsDamaged()) << at;
      EXPECT_EQ(w.Text(), rotten) << at;
      w.Write(kLedger, whole);  // The copy that is put back needs no restart.
      EXPECT_THAT(next.Check(w.Asked(1)), IsRepeated()) << at;
      EXPECT_THAT(next.Check(w.Asked(4)), IsOk()) << at;
    }
}

TEST(ContributionLedger, ADamagedLineIsNamedWithItsFileAndRemovedByHand) {
  LedgerWorld w;
  for (const std::uint64_t i : {1U, 2U}) ASSERT_THAT(w.Enter(i), IsOk());
  const std::string whole = w.Text();
  w.Write(kLedger, whole + "\n" + whole);
  const Status damaged = w.CheckAnew(3);
  EXPECT_THAT(std::string(MessageOf(damaged)),
              HasSubstr("line 3 of nodes/engine-1/ledger is damaged"));
  EXPECT_THAT(w.Of("engine-2").Check(w.Asked(3)), IsOk());
  w.Write(kLedger, whole + whole);  // A line twice is one answer.
  EXPECT_THAT(w.CheckAnew(3), IsOk());
  EXPECT_THAT(w.CheckAnew(1), IsRepeated());
}

TEST(GivenFiles, WhatOlderVersionsLeftIsALineOfTheLedger) {
  LedgerWorld w;
  w.WriteGiven(1);
  w.WriteGiven(2, kStart + Duration(1));
  EXPECT_THAT(w.CheckAnew(1), IsRepeated());
  EXPECT_THAT(*w.files.List("nodes/"), ElementsAre(kLedger));
  EXPECT_THAT(w.Text(), HasSubstr(" 1700000000001 turbofan/2 sha256:"));
  ContributionLedger next = w.Of("engine-1");
  EXPECT_THAT(next.Enter(w.Asked(2), kStart), IsRepeated());
  EXPECT_THAT(next.Enter(w.Asked(3), kStart), IsOk());
}

TEST(GivenFiles, ANameCountsWhateverItsFileSays) {
  LedgerWorld w;
  const std::string good = fmt::format("{}1700000000000\n", w.Asked(1).line());
  const std::string texts[] = {"",
                               "\n",
                               "no question\n1700000000000\n",
                               good.substr(1),
                               good.substr(0, good.find('\n')),
                               w.Asked(1).line(),
                               w.Asked(1).line() + "-5\n",
                               w.Asked(1).line() + "soon\n"};
  for (const std::string& text : texts) {
    SCOPED_TRACE(text);
    w.Write(w.GivenName(w.Asked(1)), text);
    EXPECT_THAT(w.CheckAnew(1), IsRepeated());
    EXPECT_THAT(w.CheckAnew(2), IsOk());
    ASSERT_THAT(w.files.Remove(kLedger), IsOk());
  }
}

TEST(GivenFiles, WhatIsNoEntryIsLeftAlone) {
  LedgerWorld w;
  w.Write("nodes/engine-1/given/README", "not ours");
  w.WriteGiven(1);
  EXPECT_THAT(w.CheckAnew(2), IsOk());
  EXPECT_THAT(*w.files.List("nodes/"), ElementsAre("nodes/engine-1/given/README", kLedger));
}

// Wherever a crash comes, the next life takes over what is left, once.
TEST(GivenFiles, ACrashBetweenAnyTwoStepsLosesAndDoublesNothing) {
  constexpr std::size_t kSteps = 8;  // A Put and three Removes, each before and after.
  LedgerWorld undisturbed;
  for (const std::uint64_t i : {1U, 2U, 3U}) undisturbed.WriteGiven(i);
  ASSERT_THAT(undisturbed.CheckAnew(1), IsRepeated());
  for (std::size_t crash = 0; crash < kSteps; ++crash) {
    SCOPED_TRACE(crash);
    LedgerWorld w;
    for (const std::uint64_t i : {1U, 2U, 3U}) w.WriteGiven(i);
    std::size_t step = 0;
    w.fault = [&](std::string_view) { return step++ == crash ? Unavailable("killed") : Ok(); };
    EXPECT_THAT(w.CheckAnew(4), HasCode(kUnavailable));
    EXPECT_EQ(step, crash + 1);
    w.fault = nullptr;
    for (const std::uint64_t i : {1U, 2U, 3U}) EXPECT_THAT(w.CheckAnew(i), IsRepeated());
    EXPECT_EQ(w.Text(), undisturbed.Text());
    EXPECT_THAT(*w.files.List("nodes/"), ElementsAre(kLedger));
  }
}

TEST(LedgerPruning, WhatIsOlderThanTheLimitGoesAndNothingElse) {
  LedgerWorld w;
  constexpr client::LedgerLimits kLimits;
  ASSERT_THAT(w.Enter(1, kStart), IsOk());
  ASSERT_THAT(w.Enter(2, kStart + Duration(1)), IsOk());
  w.Write("nodes/engine-1/held", "held");
  EXPECT_EQ(PruneLedgers(w.files, w.hasher, kLimits, kStart + kLimits.age).value(), 0U);
  EXPECT_EQ(PruneLedgers(w.files, w.hasher, kLimits, kStart + kLimits.age + Duration(1)).value(),
            1U);
  EXPECT_THAT(w.CheckAnew(1), IsOk());
  EXPECT_THAT(w.CheckAnew(2), IsRepeated());
  EXPECT_EQ(w.Text("nodes/engine-1/held"), "held");
}

TEST(LedgerPruning, OfTooManyTheOldestGoNodeByNode) {
  LedgerWorld w;
  for (std::uint64_t i = 1; i <= 5; ++i) ASSERT_THAT(w.Enter(i, kStart - Duration(i)), IsOk());
  ASSERT_THAT(w.Of("engine-2").Enter(w.Asked(3), kStart), IsOk());
  EXPECT_EQ(PruneLedgers(w.files, w.hasher, {.entries = 3}, kStart).value(), 2U);
  for (std::uint64_t i = 1; i <= 5; ++i) EXPECT_EQ(w.CheckAnew(i).ok(), i > 3) << i;
  EXPECT_FALSE(w.Of("engine-2").Check(w.Asked(3)).ok());
}

TEST(LedgerPruning, ALedgerWithinTheLimitsIsNotWritten) {
  LedgerWorld w;
  ASSERT_THAT(w.Enter(1), IsOk());
  w.fault = [](std::string_view) { return Unavailable("nothing is to be written"); };
  EXPECT_EQ(PruneLedgers(w.files, w.hasher, {}, kStart).value(), 0U);
  EXPECT_THAT(PruneLedgers(w.files, w.hasher, {.entries = 0}, kStart), HasCode(kUnavailable));
  w.fault = nullptr;
  EXPECT_THAT(w.CheckAnew(1), IsRepeated());
}

TEST(LedgerPruning, WhatOlderVersionsLeftIsTakenOverAndPrunedAlike) {
  LedgerWorld w;
  w.WriteGiven(1, kStart);
  w.WriteGiven(2, kStart + Duration(1));
  w.Write(w.GivenName(w.Asked(3)), w.Asked(3).line());  // Does not say when: never too old.
  const client::LedgerLimits limits;
  EXPECT_EQ(PruneLedgers(w.files, w.hasher, limits, kStart + limits.age + Duration(1)).value(), 1U);
  EXPECT_THAT(*w.files.List("nodes/"), ElementsAre(kLedger));
  EXPECT_THAT(w.CheckAnew(1), IsOk());
  EXPECT_THAT(w.CheckAnew(2), IsRepeated());
  EXPECT_EQ(PruneLedgers(w.files, w.hasher, limits, kStart + 2 * limits.age).value(), 1U);
  EXPECT_THAT(w.CheckAnew(3), IsRepeated());
}

TEST(LedgerPruning, ADamagedLedgerStaysAsItIsAndTheOthersArePruned) {
  LedgerWorld w;
  ASSERT_THAT(w.Enter(1), IsOk());
  ASSERT_THAT(w.Of("engine-0").Enter(w.Asked(1), kStart), IsOk());
  ASSERT_THAT(w.Of("engine-2").Enter(w.Asked(1), kStart), IsOk());
  const std::string damaged = "x" + w.Text();
  w.Write(kLedger, damaged);
  EXPECT_THAT(PruneLedgers(w.files, w.hasher, {.entries = 0}, kStart), IsDamaged());
  EXPECT_EQ(w.Text(), damaged);
  EXPECT_EQ(w.Text("nodes/engine-0/ledger"), "");
  EXPECT_EQ(w.Text("nodes/engine-2/ledger"), "");
}

}  // namespace
}  // namespace muster::testing
