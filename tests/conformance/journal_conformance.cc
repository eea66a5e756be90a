// What base/journal.h promises writers, asked of every journal there is.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <map>
#include <thread>

#include "platform/sql_journal.h"
#include "tests/conformance/journal_suite.h"
#include "tests/support/memory_journal.h"

namespace muster::testing {
namespace {
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using enum absl::StatusCode;

TEST_P(JournalConformance, FactsOfOneAppendFollowEachOther) {
  ASSERT_THAT(Append("round/a/1", 0, {"{}", R"({"n":1})"}), IsOk());
  ASSERT_THAT(Append("round/b/1", 0, {R"({"n":2})"}), IsOk());
  ASSERT_THAT(Append("round/a/1", 2, {R"({"n":3})"}), IsOk());
  EXPECT_THAT(Stream("round/a/1"),
              ElementsAre(Row{"round/a/1", 0, 0, "{}"}, Row{"round/a/1", 1, 1, R"({"n":1})"},
                          Row{"round/a/1", 2, 3, R"({"n":3})"}));
}

TEST_P(JournalConformance, AnAppendAtAnotherPlaceThanTheEndIsStale) {
  ASSERT_THAT(Append("a", 0, {"{}", "{}"}), IsOk());
  for (const std::uint64_t next_seq : {0u, 1u, 3u})
    EXPECT_THAT(Append("a", next_seq, {R"({"late":1})"}), Fails(kAborted, Reason::kSTALE_WRITE));
  EXPECT_THAT(Append("new", 1, {"{}"}), Fails(kAborted, Reason::kSTALE_WRITE));
  EXPECT_EQ(Log().size(), 2);
}

TEST_P(JournalConformance, TheSecondOfTwoRacingAppendsIsAborted) {
  for (int race = 0; race < 20; ++race) {
    const std::string stream = fmt::format("race/{}", race);
    std::array<Status, 2> results;
    {
      std::jthread first([&] { results[0] = Append(stream, 0, {Numbered(0)}); });
      std::jthread second([&] { results[1] = Append(stream, 0, {Numbered(1)}); });
    }
    const std::size_t winner = results[0].ok() ? 0 : 1;
    ASSERT_THAT(results[winner], IsOk());
    ASSERT_THAT(results[1 - winner], Fails(kAborted, Reason::kSTALE_WRITE));
    const auto rows = Stream(stream);
    ASSERT_EQ(rows.size(), 1);
    EXPECT_EQ(std::get<3>(rows[0]), Numbered(winner));
  }
}

// Every append takes a ticket before it starts and one after it is acknowledged. If a was
// acknowledged before b started, a's leaves come before b's.
TEST_P(JournalConformance, LeavesAreDenseAndInCommitOrderUnderEightWriters) {
  constexpr std::size_t kWriters = 8;
  constexpr std::size_t kAppends = 40;
  std::atomic<std::size_t> clock{0};
  struct Ticket {
    std::size_t started = 0;
    std::size_t acknowledged = 0;
  };
  std::vector<Ticket> tickets(kWriters * kAppends);
  {
    std::vector<std::jthread> writers;
    for (std::size_t w = 0; w < kWriters; ++w)
      writers.emplace_back([&, w] {
        std::uint64_t next_seq = 0;
        for (std::size_t i = 0; i < kAppends; ++i) {
          const std::size_t id = w * kAppends + i;
          const Facts facts(1 + i % 3, Numbered(id));
          tickets[id].started = clock++;
          EXPECT_THAT(Append(fmt::format("writer/{}", w), next_seq, facts), IsOk());
          tickets[id].acknowledged = clock++;
          next_seq += facts.size();
        }
      });
  }
  const auto rows = Log();
  std::map<std::string, std::uint64_t> next_seq;
  for (std::size_t leaf = 0; leaf < rows.size(); ++leaf) {
    EXPECT_EQ(std::get<2>(rows[leaf]), leaf);
    EXPECT_EQ(std::get<1>(rows[leaf]), next_seq[std::get<0>(rows[leaf])]++);
  }
  std::size_t appended = 0;
  for (std::size_t i = 0; i < kAppends; ++i) appended += kWriters * (1 + i % 3);
  EXPECT_EQ(rows.size(), appended);
  std::size_t acknowledged_later = clock;
  for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
    std::size_t id = 0;
    ASSERT_EQ(std::sscanf(std::get<3>(*row).c_str(), R"({"n":%zu})", &id), 1);
    EXPECT_LT(tickets[id].started, acknowledged_later) << "leaf " << std::get<2>(*row);
    acknowledged_later = std::min(acknowledged_later, tickets[id].acknowledged);
  }
}

TEST_P(JournalConformance, AStaleWriterDoesNotHurtThoseItWritesBeside) {
  ASSERT_THAT(Append("stale", 0, {"{}"}), IsOk());
  std::atomic<int> stale{0};
  std::atomic<int> fine{0};
  {
    std::vector<std::jthread> writers;
    for (int w = 0; w < 8; ++w)
      writers.emplace_back([&, w] {
        for (std::uint64_t i = 0; i < 25; ++i) {
          fine += Append(fmt::format("writer/{}", w), i, {Numbered(i)}).ok();
          stale += absl::IsAborted(Append("stale", 0, {R"({"late":1})"}));
        }
      });
  }
  EXPECT_EQ(fine, 200);
  EXPECT_EQ(stale, 200);
  EXPECT_EQ(Log().size(), 201);
}

TEST_P(JournalConformance, AStreamCanBeClosedWithoutAFactAndOnlyByOneWhoKnowsItsEnd) {
  ASSERT_THAT(Append("a", 0, {"{}"}), IsOk());
  EXPECT_THAT(Append("a", 0, {}, true), Fails(kAborted, Reason::kSTALE_WRITE));
  EXPECT_EQ(Log("", true).size(), 1);
  EXPECT_THAT(Append("a", 1, {}, true), IsOk());
  EXPECT_THAT(Log("", true), IsEmpty());
}

TEST_P(JournalConformance, FactsAfterTheCloseAreRefused) {
  ASSERT_THAT(Append("a", 0, {"{}"}, true), IsOk());
  EXPECT_THAT(Append("a", 1, {"{}"}), HasCode(kFailedPrecondition));
  EXPECT_THAT(Append("a", 1, {}, true), IsOk()) << "closing twice is one close";
  EXPECT_EQ(Log().size(), 1);
}

TEST_P(JournalConformance, NoFactsAndNoCloseDoesNothing) {
  EXPECT_THAT(Append("a", 0, {}), IsOk());
  EXPECT_THAT(Log(), IsEmpty());
  EXPECT_THAT(Append("a", 0, {"{}"}), IsOk());
}

TEST_P(JournalConformance, WhatIsNotAFactOrAStreamNameIsRefusedAndNothingIsWritten) {
  const std::string too_large = "{" + std::string((1 << 20) - 1, ' ') + "}";
  for (const std::string& bad :
       {std::string(), std::string("{"), std::string("[]"), std::string("null"), std::string(" {}"),
        std::string("{}\n"), std::string("{\"a\":\n1}"), std::string("{\0}", 3), too_large})
    EXPECT_THAT(Append("a", 0, {"{}", bad}), HasCode(kInvalidArgument)) << bad.substr(0, 20);
  for (const std::string& bad : {std::string(), std::string("a\n"), std::string("a\0b", 3),
                                 std::string("\xc3\xa4"), std::string(513, 'a')})
    EXPECT_THAT(Append(bad, 0, {"{}"}), HasCode(kInvalidArgument)) << bad.substr(0, 20);
  EXPECT_THAT(Log(), IsEmpty());
  EXPECT_THAT(Append(std::string(512, 'a'), 0, {"{}"}), IsOk());
}

TEST_P(JournalConformance, ObserversHearTheNumberOfLeavesUntilTheirTokenIsGone) {
  absl::Mutex mu;
  std::vector<std::uint64_t> heard;
  auto token = journal->Subscribe([&](std::uint64_t leaves) {
    absl::MutexLock lock(&mu);
    heard.push_back(leaves);
  });
  ASSERT_THAT(Append("a", 0, {"{}", "{}"}), IsOk());
  ASSERT_THAT(Append("a", 0, {"{}"}), HasCode(kAborted));
  ASSERT_THAT(Append("b", 0, {"{}"}, true), IsOk());
  {
    absl::MutexLock lock(&mu);
    const auto heard_both = [&heard] { return heard.size() >= 2; };
    mu.Await(absl::Condition(&heard_both));
    EXPECT_THAT(heard, ElementsAre(2, 3));
  }
  token.reset();
  ASSERT_THAT(Append("a", 2, {"{}"}), IsOk());
  journal = &home->Open();  // Whatever was still to be told has been.
  absl::MutexLock lock(&mu);
  EXPECT_EQ(heard.size(), 2);
}

TEST_P(JournalConformance, AFullDiskIsNamedAndNothingIsWritten) {
  ASSERT_THAT(Append("a", 0, {R"({"n":0})"}), IsOk());
  const auto before = Log();
  {
    const auto full = home->FillDisk();
    for (int i = 0; i < 3; ++i)
      EXPECT_THAT(Append("a", 1, {R"({"n":1})"}), Fails(kResourceExhausted, Reason::kDISK_FULL));
    EXPECT_THAT(Append("b", 0, {}, true), Fails(kResourceExhausted, Reason::kDISK_FULL));
    EXPECT_EQ(Log(), before);
  }
  EXPECT_EQ(Log(), before);
  ASSERT_THAT(Append("a", 1, {R"({"n":2})"}), IsOk()) << "there is room again";
  const auto after = Log();
  EXPECT_THAT(after, ElementsAre(before[0], Row{"a", 1, 1, R"({"n":2})"}));
  journal = &home->Open();
  EXPECT_EQ(Log(), after);
}

INSTANTIATE_TEST_SUITE_P(Memory, JournalConformance,
                         ::testing::Values(InMemory<Journal, MemoryJournal>("journal.append")));
INSTANTIATE_TEST_SUITE_P(
    Sqlite, JournalConformance,
    ::testing::Values(InDirectory<Journal>("sqlite", [](const std::string& path) {
      return platform::SqlJournal::OpenSqlite(path).value();
    })));

}  // namespace
}  // namespace muster::testing
