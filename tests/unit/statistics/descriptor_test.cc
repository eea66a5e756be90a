// Queries in bytes: one form each, and nothing out of range gets past the border.
#include "aggregation/statistics/descriptor.h"

#include <gtest/gtest.h>

#include <functional>

#include "base/canonical_json.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/statistics/fleet.h"

namespace muster::aggregation::statistics {
namespace {
using muster::testing::Fails;
using muster::testing::IsOk;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

Query Both() {
  Query query = OneField(-1.5, 3, 20, 5);
  query.fields.push_back({.name = "s_2.x-y", .lo = 0, .hi = 1e6, .bins = 1024});
  return query;
}
Query SecondPass() {
  Query query = Both();
  query.zooms = {{.mean = 0.25, .bins = {0, 7, 19}}, {.mean = 1, .bins = {}}};
  return query;
}

TEST(StatisticsQuery, BothPassesReadBackAsWritten) {
  for (const Query& query : {Both(), SecondPass()}) {
    const auto text = EncodeQuery(query);
    ASSERT_THAT(text, IsOk());
    EXPECT_EQ(ParseQuery(*text).value(), query);
  }
  EXPECT_EQ(Both().pass(), 1U);
  EXPECT_EQ(SecondPass().pass(), 2U);
}

TEST(StatisticsQuery, TheTextIsStable) {
  EXPECT_EQ(EncodeQuery(OneField(-1.5, 3, 20, 5)).value(),
            R"({"contract":"turbofan","fields":[{"bins":20,"hi":"3","lo":"-1.5","name":"T30"}],)"
            R"("least":5,"pass":1,"quantiles":["0.25","0.5","0.75"],"version":1})");
}

TEST(StatisticsQuery, WhatIsOutOfRangeIsRefusedBothWays) {
  const double nan = std::nan("");
  const std::vector<std::function<void(Query&)>> faults = {
      [](Query& q) { q.contract = "no contract"; },
      [](Query& q) { q.version = 0; },
      [](Query& q) { q.version = std::uint64_t{1} << 53; },
      [](Query& q) { q.fields.clear(); },
      [](Query& q) { q.fields.resize(257, q.fields[0]); },
      [](Query& q) { q.fields[1].name = q.fields[0].name; },
      [](Query& q) { q.fields[0].name = ""; },
      [](Query& q) { q.fields[0].name = std::string(64, 'a'); },
      [](Query& q) { q.fields[0].name = "a\"b"; },
      [](Query& q) { q.fields[0].hi = q.fields[0].lo; },
      [](Query& q) { q.fields[0].hi = INFINITY; },
      [nan](Query& q) { q.fields[0].lo = nan; },
      [](Query& q) { q.fields[0].lo = -1.7e308, q.fields[0].hi = 1.7e308; },
      [](Query& q) { q.fields[0].bins = 0; },
      [](Query& q) { q.fields[0].bins = kMostBins + 1; },
      [](Query& q) { q.quantiles = {0}; },
      [](Query& q) { q.quantiles = {1}; },
      [](Query& q) {
        q.quantiles = {0.5, 0.5};
      },
      [](Query& q) {
        q.quantiles = {0.5, 0.25};
      },
      [nan](Query& q) { q.quantiles = {nan}; },
      [](Query& q) {
        q.quantiles.clear();
        for (int i = 1; i <= 17; ++i) q.quantiles.push_back(i / 20.0);
      },
      [](Query& q) { q.least = 0; },
      [](Query& q) { q.least = kMostLeast + 1; },
      [](Query& q) { q.zooms.pop_back(); },
      [](Query& q) { q.zooms[0].mean = 1.01; },
      [nan](Query& q) { q.zooms[0].mean = nan; },
      [](Query& q) { q.zooms[0].bins = {20}; },
      [](Query& q) {
        q.zooms[0].bins = {3, 3};
      },
      [](Query& q) {
        q.zooms[1].bins = {1, 2, 3, 4};
      },  // For three quantiles.
  };
  for (std::size_t i = 0; i < faults.size(); ++i) {
    Query query = SecondPass();
    faults[i](query);
    EXPECT_THAT(CheckQuery(query), Fails(kInvalid, Reason::kFIELD_INVALID)) << i;
    EXPECT_THAT(EncodeQuery(query), Fails(kInvalid, Reason::kFIELD_INVALID)) << i;
  }
}

TEST(StatisticsQuery, ForeignBytesThatNobodyWouldHaveWrittenAreRefused) {
  const std::string good = EncodeQuery(SecondPass()).value();
  std::vector<std::string> bad = {"",
                                  "{}",
                                  "[]",
                                  "null",
                                  good + " ",
                                  " " + good,
                                  good.substr(0, good.size() - 1),
                                  std::string(kMostQueryBytes + 1, '['),
                                  std::string(40'000, '[')};
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string text = good;
    const auto at = text.find(from);
    ASSERT_NE(at, text.npos) << from;
    bad.push_back(text.replace(at, from.size(), to));
  };
  with(R"("least":5)", R"("least":5.0)");
  with(R"("least":5)", R"("least":-5)");
  with(R"("least":5)", R"("least":18446744073709551615)");
  with(R"("pass":2)", R"("pass":1)");
  with(R"("lo":"-1.5")", R"("lo":"-1.50")");
  with(R"("lo":"-1.5")", R"("lo":"nan")");
  with(R"("lo":"-1.5")", R"("lo":-1)");
  with(R"("bins":20)", R"("bins":4294967316)");  // 20 beyond 32 bits.
  with(R"("bins":[0,7,19])", R"("bins":[0,7,4294967315])");
  with(R"("bins":[0,7,19])", R"("bins":"0719")");
  with(R"("version":1)", R"("version":1,"more":0)");
  for (const std::string& text : bad)
    EXPECT_THAT(ParseQuery(text), Fails(kInvalid, Reason::kFIELD_INVALID)) << text.substr(0, 300);
}

TEST(StatisticsQueryProperty, NoChangedByteGivesAnythingButItselfOrARefusal) {
  const std::string good = EncodeQuery(SecondPass()).value();
  for (int seed = 0; seed < 2000; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    SeededRng rng(seed);
    std::string text = good;
    for (std::uint64_t i = 0; i <= rng.Below(3); ++i)
      text[rng.Below(text.size())] = static_cast<char>(rng.Below(256));
    const auto query = ParseQuery(text);
    if (query.ok()) EXPECT_EQ(EncodeQuery(*query).value(), text);
  }
}

// The widest first pass there may be leaves room for what the second adds.
TEST(StatisticsQuery, AFirstPassThatCanBeAskedCanBeFollowed) {
  Query query{
      .contract = "c", .version = 1, .fields = {}, .quantiles = {}, .least = 1, .zooms = {}};
  for (int i = 1; i <= 16; ++i) query.quantiles.push_back(i / 17.0);
  for (std::size_t i = 0; i < kMostFields; ++i)
    query.fields.push_back({.name = fmt::format("{:a>40}", i), .lo = 0, .hi = 1, .bins = 1024});
  for (FieldRange& field : query.fields) field.name[0] = 'f';
  while (!EncodeQuery(query).ok()) query.fields.pop_back();
  ASSERT_GT(query.fields.size(), 200U);
  std::vector<std::uint32_t> bins;
  for (std::uint32_t b = 1008; b < 1024; ++b) bins.push_back(b);
  query.zooms.assign(query.fields.size(), {.mean = 1.2345678901234567e-5, .bins = bins});
  EXPECT_THAT(EncodeQuery(query), IsOk());
}

TEST(StatisticsQuery, EveryQueryHasALayoutForAThousandDevices) {
  EXPECT_THAT(secagg::SumsLayout(FieldsOf(Both()), 1024), IsOk());
  EXPECT_THAT(secagg::SumsLayout(FieldsOf(SecondPass()), 1024), IsOk());
  Query nothing = SecondPass();
  nothing.zooms[0].bins.clear();
  EXPECT_THAT(secagg::SumsLayout(FieldsOf(nothing), 1024), IsOk());
}

}  // namespace
}  // namespace muster::aggregation::statistics
