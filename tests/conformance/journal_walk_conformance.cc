// What base/journal.h promises readers, asked of every journal there is.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <thread>

#include "tests/conformance/journal_suite.h"

namespace muster::testing {
namespace {
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using enum absl::StatusCode;

TEST_P(JournalConformance, AnUnknownStreamHasNoFacts) {
  ASSERT_THAT(Append("round/a", 0, {"{}"}), IsOk());
  EXPECT_THAT(Stream("round"), IsEmpty());
  EXPECT_THAT(Stream("round/a/1"), IsEmpty());
  EXPECT_THAT(Stream("round/a", 1), IsEmpty());
}

TEST_P(JournalConformance, ReplayAfterReopenGivesEqualRows) {
  for (std::uint64_t i = 0; i < 50; ++i)
    ASSERT_THAT(Append(fmt::format("s/{}", i % 7), i / 7, {Numbered(i)}, i >= 47), IsOk());
  const auto all = Log();
  const auto open = Log("", true);
  ASSERT_EQ(all.size(), 50);
  journal = &home->Open();
  EXPECT_EQ(Log(), all);
  EXPECT_EQ(Log("", true), open);
  EXPECT_THAT(Append("s/0", 0, {"{}"}), Fails(kAborted, Reason::kSTALE_WRITE));
  ASSERT_THAT(Append("s/1", 7, {"{}"}), IsOk());
  EXPECT_EQ(Log().back(), Row("s/1", 7, 50, "{}"));
}

TEST_P(JournalConformance, ClosedStreamsAreLeftOutWhenOpenOnly) {
  ASSERT_THAT(Append("round/1", 0, {R"({"n":0})"}), IsOk());
  ASSERT_THAT(Append("round/2", 0, {R"({"n":1})"}), IsOk());
  ASSERT_THAT(Append("round/1", 1, {R"({"n":2})"}, true), IsOk());
  ASSERT_THAT(Append("round/2", 1, {R"({"n":3})"}), IsOk());
  EXPECT_THAT(Log("round/", true),
              ElementsAre(Row{"round/2", 0, 1, R"({"n":1})"}, Row{"round/2", 1, 3, R"({"n":3})"}));
  EXPECT_EQ(Log("round/", false).size(), 4);
  EXPECT_EQ(Stream("round/1").size(), 2);
}

TEST_P(JournalConformance, ReplayTakesAPrefixByItsBytesAndKeepsLeafOrder) {
  const Facts one = {"{}"};
  for (const char* stream : {"a_b", "axb", "a%b", "A_b", "a_", "a", "a_b/2", "a_b"})
    ASSERT_THAT(journal->Append(stream, Stream(stream).size(), one), IsOk());
  std::vector<std::uint64_t> leaves;
  for (const Row& row : Log("a_")) leaves.push_back(std::get<2>(row));
  EXPECT_THAT(leaves, ElementsAre(0, 4, 6, 7));
  EXPECT_EQ(Log("a%").size(), 1);
  EXPECT_EQ(Log("b").size(), 0);
}

TEST_P(JournalConformance, LongStreamsAndSparseOnesAreReadWhole) {
  Facts many;
  for (std::size_t i = 0; i < 1500; ++i) many.push_back(Numbered(i));
  ASSERT_THAT(Append("sparse", 0, {"{}"}), IsOk());
  ASSERT_THAT(Append("long", 0, many), IsOk());
  ASSERT_THAT(Append("sparse", 1, {"{}"}), IsOk());
  EXPECT_EQ(Stream("long").size(), 1500);
  const auto tail = Stream("long", 700);
  ASSERT_EQ(tail.size(), 800);
  EXPECT_EQ(tail.front(), Row("long", 700, 701, Numbered(700)));
  EXPECT_EQ(tail.back(), Row("long", 1499, 1500, Numbered(1499)));
  EXPECT_THAT(Log("sparse"), ElementsAre(Row{"sparse", 0, 0, "{}"}, Row{"sparse", 1, 1501, "{}"}));
  EXPECT_EQ(Log().size(), 1502);
}

TEST_P(JournalConformance, AnyRangeOfLeavesIsReadAcrossStreamsAndNoFurtherThanTheEnd) {
  constexpr std::uint64_t kEnd = std::numeric_limits<std::uint64_t>::max();
  EXPECT_THAT(Leaves(0, kEnd), IsEmpty());
  for (std::uint64_t i = 0; i < 1300; ++i)
    ASSERT_THAT(Append(fmt::format("s/{}", i % 3), i / 3, {Numbered(i)}, i >= 1297), IsOk());
  const auto all = Log();
  ASSERT_EQ(all.size(), 1300);
  EXPECT_EQ(Leaves(0, kEnd), all);
  for (const auto& [from, to] : std::initializer_list<std::pair<std::uint64_t, std::uint64_t>>{
           {0, 1}, {0, 512}, {1, 513}, {511, 1024}, {700, 1300}, {1299, 5000}, {40, kEnd}}) {
    const auto end = std::min<std::uint64_t>(to, all.size());
    EXPECT_EQ(Leaves(from, to), std::vector<Row>(all.begin() + from, all.begin() + end)) << from;
  }
  for (const auto& [from, to] : std::initializer_list<std::pair<std::uint64_t, std::uint64_t>>{
           {0, 0}, {7, 7}, {9, 3}, {1300, 1300}, {1300, kEnd}, {kEnd - 1, kEnd}})
    EXPECT_THAT(Leaves(from, to), IsEmpty()) << from;
}

TEST_P(JournalConformance, LargeFactsAreReadWhole) {
  const std::string largest = R"({"x":")" + std::string((1 << 20) - 8, 'x') + R"("})";
  ASSERT_EQ(largest.size(), 1 << 20);
  ASSERT_THAT(Append("a", 0, {largest, largest, largest, "{}"}), IsOk());
  const auto rows = Stream("a");
  ASSERT_EQ(rows.size(), 4);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(std::get<3>(rows[i]) == largest);
  EXPECT_EQ(Log("a").size(), 4);
}

TEST_P(JournalConformance, AVisitorsErrorEndsTheWalkAndIsReturned) {
  ASSERT_THAT(Append("a", 0, {"{}", "{}", "{}"}), IsOk());
  int visited = 0;
  const auto stop_at_two = [&visited](const JournalRow&) {
    return ++visited % 2 == 0 ? Cancelled("enough") : Ok();
  };
  EXPECT_THAT(journal->Read("a", 0, stop_at_two), HasCode(kCancelled));
  EXPECT_EQ(visited, 2);
  EXPECT_THAT(journal->Replay("", false, stop_at_two), HasCode(kCancelled));
  EXPECT_EQ(visited, 4);
  EXPECT_THAT(journal->Replay("a", true, stop_at_two), HasCode(kCancelled));
  EXPECT_EQ(visited, 6);
  EXPECT_THAT(journal->ReadLeaves(1, 3, stop_at_two), HasCode(kCancelled));
  EXPECT_EQ(visited, 8);
}

TEST_P(JournalConformance, AVisitorMayUseTheJournalAndSeesNothingOfWhatItAdds) {
  ASSERT_THAT(Append("a", 0, {"{}", "{}"}), IsOk());
  std::uint64_t end = 2;
  const auto grow = [&](const JournalRow& row) {
    EXPECT_EQ(Stream("a").size(), end);
    return Append(row.stream, end++, {"{}"});
  };
  EXPECT_THAT(journal->Read("a", 0, grow), IsOk());
  EXPECT_EQ(end, 4);
  EXPECT_THAT(journal->Replay("a", true, grow), IsOk());
  EXPECT_EQ(end, 8);
  EXPECT_THAT(journal->Replay("", false, grow), IsOk());
  EXPECT_EQ(end, 16);
  EXPECT_THAT(journal->ReadLeaves(12, 100, grow), IsOk());
  EXPECT_EQ(end, 20);
}

TEST_P(JournalConformance, ReadersSeeNoHalfAppend) {
  constexpr std::size_t kTogether = 5;
  std::atomic<bool> done{false};
  std::jthread writer([&] {
    for (std::uint64_t i = 0; i < 100; ++i)
      EXPECT_THAT(Append("a", i * kTogether, Facts(kTogether, Numbered(i))), IsOk());
    done = true;
  });
  const auto look_until_done = [&] {
    for (bool last = false; !last;) {
      last = done;
      EXPECT_EQ(Stream("a").size() % kTogether, 0);
      EXPECT_EQ(Log().size() % kTogether, 0);
      EXPECT_EQ(Log("a", true).size() % kTogether, 0);
    }
  };
  {
    const std::jthread other_reader(look_until_done);
    look_until_done();
  }
  EXPECT_EQ(Stream("a").size(), 100 * kTogether);
}

}  // namespace
}  // namespace muster::testing
