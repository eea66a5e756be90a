// Windows of monitors: one form in bytes each, and no shard says more than its devices can.
#include "aggregation/statistics/window.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "base/seeded.h"
#include "tests/support/status_matchers.h"

namespace muster::aggregation::statistics {
namespace {
using muster::testing::Fails;
using muster::testing::IsOk;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr std::uint64_t kUnit = std::uint64_t{1} << kSumBits;

WindowQuery Asked() {
  return {.monitor = "wear",
          .epoch = 7,
          .contract = "engine",
          .version = 2,
          .model = "rul",
          .model_version = 5,
          .reference = false,
          .rows = 50,
          .fields = {{.name = "s2", .lo = -1, .hi = 1.5, .bins = 4},
                     {.name = "$prediction", .lo = 0, .hi = 125, .bins = 2}},
          .measures = {{.name = "error", .lo = 0, .hi = 125},
                       {.name = "expected_error", .lo = 0, .hi = 1}},
          .binary = false};
}

// Of three devices with 50 rows each, all in one cell.
ShardTotals Shard() {
  return {.group = {"north", "line 1"},
          .devices = 3,
          .totals = {{0, 150, 0, 0, 0, 0, 0, 0, 0, 100, 0, 50}, {40, 100}, {40 * kUnit, 3}, {3}}};
}
WindowTally Tallied() {
  ShardTotals rest = Shard();
  rest.group.clear();
  return {Asked(), {Shard(), rest}};
}

TEST(WindowQuery, ReadsBackAsWritten) {
  WindowQuery reference = Asked();
  reference.reference = true;
  reference.measures.clear();
  reference.fields.pop_back();
  WindowQuery binary = Asked();
  binary.binary = true;
  for (const WindowQuery& query : {Asked(), reference, binary}) {
    const auto text = EncodeWindowQuery(query);
    ASSERT_THAT(text, IsOk());
    EXPECT_EQ(ParseWindowQuery(*text).value(), query);
  }
}

TEST(WindowQuery, TheTextIsStable) {
  EXPECT_EQ(EncodeWindowQuery(Asked()).value(),
            R"({"binary":false,"contract":"engine","epoch":7,)"
            R"("fields":[{"bins":4,"hi":"1.5","lo":"-1","name":"s2"},)"
            R"({"bins":2,"hi":"125","lo":"0","name":"$prediction"}],)"
            R"("measures":[{"hi":"125","lo":"0","name":"error"},)"
            R"({"hi":"1","lo":"0","name":"expected_error"}],)"
            R"("model":"rul","model_version":5,"monitor":"wear","reference":false,"rows":50,)"
            R"("version":2,"window":1})");
}

TEST(WindowQuery, IsToldFromAQueryOfStatistics) {
  const Query statistics{.contract = "engine",
                         .version = 1,
                         .fields = {{.name = "s2", .lo = 0, .hi = 1}},
                         .quantiles = {},
                         .least = 5,
                         .zooms = {}};
  const std::string window = EncodeWindowQuery(Asked()).value();
  const std::string other = EncodeQuery(statistics).value();
  EXPECT_TRUE(IsWindowQuery(window));
  EXPECT_FALSE(IsWindowQuery(other));
  for (const std::string_view text : {"", "window", "[\"window\"]", "\"window\""})
    EXPECT_FALSE(IsWindowQuery(text)) << text;
  EXPECT_THAT(ParseQuery(window), Fails(kInvalid, Reason::kFIELD_INVALID));
  EXPECT_THAT(ParseWindowQuery(other), Fails(kInvalid, Reason::kFIELD_INVALID));
}

TEST(WindowQuery, WhatIsOutOfRangeIsRefusedBothWays) {
  const std::vector<std::function<void(WindowQuery&)>> faults = {
      [](WindowQuery& q) { q.monitor = "no name"; },
      [](WindowQuery& q) { q.epoch = std::uint64_t{1} << 53; },
      [](WindowQuery& q) { q.contract.clear(); },
      [](WindowQuery& q) { q.version = 0; },
      [](WindowQuery& q) { q.model = "$prediction"; },
      [](WindowQuery& q) { q.model_version = 0; },
      [](WindowQuery& q) { q.reference = true; },  // Of rows that have no predictions.
      [](WindowQuery& q) { q.rows = 0; },
      [](WindowQuery& q) { q.rows = kMostWindowRows + 1; },
      [](WindowQuery& q) { q.fields.clear(); },
      [](WindowQuery& q) { q.fields.resize(257, q.fields[0]); },
      [](WindowQuery& q) { q.fields[1].name = "s2"; },
      [](WindowQuery& q) { q.fields[1].name = "$error"; },
      [](WindowQuery& q) { std::swap(q.fields[0], q.fields[1]); },
      [](WindowQuery& q) { q.fields[0].hi = std::nan(""); },
      [](WindowQuery& q) { q.fields[0].bins = kMostBins + 1; },
      [](WindowQuery& q) { q.measures[0].name = "accuracy"; },
      [](WindowQuery& q) { q.measures[1].name = "error"; },
      [](WindowQuery& q) { std::swap(q.measures[0], q.measures[1]); },
      [](WindowQuery& q) { q.measures[1].lo = 1; },
  };
  for (std::size_t i = 0; i < faults.size(); ++i) {
    WindowQuery query = Asked();
    faults[i](query);
    EXPECT_THAT(CheckWindowQuery(query), Fails(kInvalid, Reason::kFIELD_INVALID)) << i;
    EXPECT_THAT(EncodeWindowQuery(query), Fails(kInvalid, Reason::kFIELD_INVALID)) << i;
  }
}

TEST(WindowQueryProperty, NoChangedByteGivesAnythingButItselfOrARefusal) {
  const std::string good = EncodeWindowQuery(Asked()).value();
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    SeededRng rng(seed);
    std::string text = good;
    for (std::uint64_t i = 0; i <= rng.Below(3); ++i)
      text[rng.Below(text.size())] = static_cast<char>(rng.Below(256));
    const auto query = ParseWindowQuery(text);
    if (query.ok()) EXPECT_EQ(EncodeWindowQuery(*query).value(), text);
  }
}

TEST(WindowQuery, LaysOutOneIntegerACellAndTwoAMeasure) {
  const std::vector<secagg::SumField> fields = FieldsOf(Asked());
  const std::vector<secagg::SumField> expected = {
      {"cells", 7 + 5, 50}, {"counts", 2, 50}, {"sums", 2, 50 * kUnit}, {"given", 1, 1}};
  EXPECT_EQ(fields, expected);
  EXPECT_THAT(secagg::SumsLayout(fields, 1024), IsOk());
  WindowQuery plain = Asked();
  plain.measures.clear();
  EXPECT_EQ(FieldsOf(plain).size(), 2U);
  EXPECT_EQ(FieldsOf(plain).back().name, "given");
}

TEST(WindowTally, ReadsBackAsWritten) {
  const auto text = EncodeWindowTally(Tallied());
  ASSERT_THAT(text, IsOk());
  EXPECT_EQ(ParseWindowTally(*text).value(), Tallied());
  EXPECT_NE(text->find(R"("totals":["0 150 0 0 0 0 0 0 0 100 0 50","40 100",)"), text->npos);
}

TEST(WindowTally, IsRefusedWhenItsDevicesCannotHaveGivenIt) {
  const std::vector<std::function<void(ShardTotals&)>> faults = {
      [](ShardTotals& s) { ++s.totals[0][2]; },  // 151 values of three devices of 50.
      [](ShardTotals& s) { s.totals[0][2] = 1'000'000'000; },
      [](ShardTotals& s) { s.totals[0][0] = ~std::uint64_t{0}; },  // No overflow is a way around.
      [](ShardTotals& s) { s.totals[1][1] = 151; },
      [](ShardTotals& s) { ++s.totals[2][0]; },  // 40 errors, each at most the whole range.
      [](ShardTotals& s) { s.totals[3][0] = 4; },
  };
  for (std::size_t i = 0; i < faults.size(); ++i) {
    WindowTally tally = Tallied();
    faults[i](tally.shards[1]);
    EXPECT_THAT(CheckShard(tally.query, tally.shards[1]),
                Fails(absl::StatusCode::kFailedPrecondition, Reason::kUPDATE_OVER_BOUND))
        << i;
    EXPECT_FALSE(EncodeWindowTally(tally).ok()) << i;
  }
  EXPECT_THAT(CheckShard(Asked(), Shard()), IsOk());
}

TEST(WindowTally, OfAnotherShapeOrOfNobodyIsRefused) {
  const std::vector<std::function<void(WindowTally&)>> faults = {
      [](WindowTally& t) { t.query.rows = 0; },
      [](WindowTally& t) { t.shards.clear(); },
      [](WindowTally& t) { t.shards[0].devices = 0; },
      [](WindowTally& t) { t.shards[0].totals.pop_back(); },
      [](WindowTally& t) { t.shards[0].totals[0].push_back(0); },
      [](WindowTally& t) { t.shards[0].group = {""}; },
      [](WindowTally& t) { t.shards[0].group.resize(9, "a"); },
  };
  for (std::size_t i = 0; i < faults.size(); ++i) {
    WindowTally tally = Tallied();
    faults[i](tally);
    EXPECT_FALSE(EncodeWindowTally(tally).ok()) << i;
  }
}

TEST(WindowTally, ForeignBytesThatNobodyWouldHaveWrittenAreRefused) {
  const std::string good = EncodeWindowTally(Tallied()).value();
  std::vector<std::string> bad = {"", "{}", "null", good + " ", good.substr(0, good.size() - 1)};
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string text = good;
    const auto at = text.find(from);
    ASSERT_NE(at, text.npos) << from;
    bad.push_back(text.replace(at, from.size(), to));
  };
  with("\"40 100\"", "\"40  100\"");
  with("\"40 100\"", "\"40 100 \"");
  with("\"40 100\"", "\"040 100\"");
  with("\"40 100\"", "\"40 -100\"");
  with("\"40 100\"", "\"40 18446744073709551616\"");
  with("\"40 100\"", "\"40\"");
  with("\"40 100\"", "40");
  with("\"devices\":3", "\"devices\":\"3\"");
  with("\"shards\":[", "\"shards\":[{},");
  for (const std::string& text : bad)
    EXPECT_THAT(ParseWindowTally(text), Fails(kInvalid, Reason::kARTEFACT_INVALID)) << text;
}

}  // namespace
}  // namespace muster::aggregation::statistics
