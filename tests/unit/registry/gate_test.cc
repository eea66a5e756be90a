#include "registry/gate.h"

#include <gmock/gmock.h>

#include <limits>

#include "base/time_text.h"
#include "tests/unit/registry/gates_fixture.h"

namespace muster::registry {
namespace {
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(GatesSpec, WhatIsWrongIsRefusedWithItsPath) {
  struct Case {
    const char* path;
    void (*spoil)(Gates&);
  };
  const Case cases[] = {
      {"gates.aliases", [](Gates& g) { g.aliases.clear(); }},
      {"gates.aliases", [](Gates& g) { g.aliases.resize(21, "a"); }},
      {"gates.aliases[1]", [](Gates& g) { g.aliases.push_back("Champion"); }},
      {"gates.metric.name", [](Gates& g) { g.metric->name = "r m s e"; }},
      {"gates.metric.alias", [](Gates& g) { g.metric->alias = "a/b"; }},
      {"gates.metric.margin", [](Gates& g) { g.metric->margin = kInfinity; }},
      {"gates.metric.confidence", [](Gates& g) { g.metric->confidence = 0.5; }},
      {"gates.metric.confidence", [](Gates& g) { g.metric->confidence = 1; }},
      {"gates.metric.confidence", [](Gates& g) { g.metric->confidence = kNan; }},
      {"gates.slices.metric", [](Gates& g) { g.slices->metric = ""; }},
      {"gates.slices.worst_over_mean", [](Gates& g) { g.slices->worst_over_mean = 0.9; }},
      {"gates.slices.worst_over_mean", [](Gates& g) { g.slices->worst_over_mean = kNan; }},
      {"gates.slices.worst_over_mean",
       [](Gates& g) {
         g.slices = {"rmse", Better::kLower, 0};
       }},
      {"gates.slices.margins", [](Gates& g) { g.slices->margins["a b"] = 1; }},
      {"gates.slices.margins.north", [](Gates& g) { g.slices->margins["north"] = kNan; }},
      {"gates.privacy.epsilon", [](Gates& g) { g.epsilon = 0; }},
      {"gates.approvals.count", [](Gates& g) { g.approvals->count = 0; }},
      {"gates.approvals.count", [](Gates& g) { g.approvals->count = 21; }},
      {"gates.approvals.role", [](Gates& g) { g.approvals->role = ""; }},
      {"gates.freeze", [](Gates& g) { g.freeze.resize(51, g.freeze[0]); }},
      {"gates.freeze[1]", [](Gates& g) { g.freeze.push_back({}); }},
      {"gates.freeze[0].until", [](Gates& g) { g.freeze[0].from = g.freeze[0].until = Noon(); }},
      {"gates.hardware.certified", [](Gates& g) { g.hardware->certified.clear(); }},
      {"gates.hardware.certified[0]", [](Gates& g) { g.hardware->certified[0] = "a b"; }},
      {"gates.hardware.role", [](Gates& g) { g.hardware->role = "A"; }},
      {"gates.override.role", [](Gates& g) { g.override_role = ""; }},
      {"gates.rollback.role", [](Gates& g) { g.rollback.role = ""; }},
      {"gates.rollback.gates", [](Gates& g) { g.rollback.gates.clear(); }},
      {"gates.rollback.gates[0]", [](Gates& g) { g.rollback.gates[0] = "contrac"; }},
  };
  for (const Case& c : cases) {
    ModelSpec spec = EngineModel();
    spec.gates = AllGates();
    c.spoil(*spec.gates);
    SCOPED_TRACE(c.path);
    ExpectInvalid(Validate(spec), c.path);
  }
  EXPECT_TRUE(Validate(AllGates()).ok());
  EXPECT_TRUE(Validate(Gates()).ok());
}

TEST(GatesSpec, NamesThatStandTwiceAreRefused) {
  Gates gates = AllGates();
  gates.aliases = {"champion", "champion"};
  ExpectInvalid(Validate(gates), "gates.aliases[1]", Reason::kFIELD_DUPLICATE);
  gates = AllGates();
  gates.rollback.gates = {"freeze", "freeze"};
  ExpectInvalid(Validate(gates), "gates.rollback.gates[1]", Reason::kFIELD_DUPLICATE);
}

TEST(GatesSpec, AGateThatIsMisspeltIsToldTheNearest) {
  Gates gates;
  gates.rollback.gates = {"contrct"};
  EXPECT_THAT(std::string(MessageOf(Validate(gates))),
              ::testing::HasSubstr("did you mean 'contract'?"));
}

TEST(GatesSpec, ChampionIsGuardedUnlessOthersAre) {
  EXPECT_TRUE(Gates().Guards("champion"));
  EXPECT_FALSE(Gates().Guards("canary"));
  Gates gates;
  gates.aliases = {"canary", "blue"};
  EXPECT_TRUE(gates.Guards("blue"));
  EXPECT_FALSE(gates.Guards("champion"));
}

TEST(GatesSpec, ComesBackFromAFactAsItWas) {
  Gates bare;
  Gates half = AllGates();
  half.metric->confidence.reset();
  half.metric->alias = "canary";
  half.hardware->role = "";
  half.slices->worst_over_mean = 0;  // The margins alone.
  EXPECT_TRUE(Validate(half).ok());
  half.freeze = {{Noon(), {}, 0, {}}, {{}, Noon(), 0x7f, DayHours{0, 1440}}};
  for (const Gates& gates : {bare, AllGates(), half}) {
    const auto text = CanonicalJson(ToJson(gates));
    ASSERT_OK(text.status());
    const auto back = GatesFrom(*ParseJson(*text));
    ASSERT_OK(back.status());
    EXPECT_EQ(*back, gates);
  }
}

TEST(GatesSpec, AFactThatIsNoGatesIsRefused) {
  const std::string good = *CanonicalJson(ToJson(AllGates()));
  for (const auto& [from, to] :
       std::map<std::string, std::string>{{"\"better\":\"lower\"", "\"better\":\"upper\""},
                                          {"\"count\":2", "\"count\":\"2\""},
                                          {"\"hours\":[1080,480]", "\"hours\":[1080]"},
                                          {"\"aliases\"", "\"aliasses\""},
                                          {"\"epsilon\":\"8\"", "\"epsilon\":\"many\""}}) {
    std::string bad = good;
    ASSERT_NE(bad.find(from), bad.npos) << from << " in " << good;
    bad.replace(bad.find(from), from.size(), to);
    EXPECT_FALSE(GatesFrom(*ParseJson(bad)).ok()) << bad;
  }
  for (const char* text : {"[]", "null", "{}", "3"}) EXPECT_FALSE(GatesFrom(*ParseJson(text)).ok());
}

// --- Freeze windows ---

bool Frozen(const FreezeWindow& window, std::string_view when) {
  return Holds(window, ParseTime(when).value());
}

TEST(FreezeWindow, HoldsFromItsBeginningUntilItsEnd) {
  const FreezeWindow window{*ParseTime("2026-12-20"), *ParseTime("2027-01-03T06:00Z"), 0, {}};
  EXPECT_FALSE(Frozen(window, "2026-12-19T23:59:59.999Z"));
  EXPECT_TRUE(Frozen(window, "2026-12-20"));
  EXPECT_TRUE(Frozen(window, "2027-01-03T05:59:59.999Z"));
  EXPECT_FALSE(Frozen(window, "2027-01-03T06:00Z"));
}

TEST(FreezeWindow, HoldsOnItsDays) {  // 2026-05-01 is a Friday.
  const FreezeWindow window{{}, {}, *ParseDays({"fri", "sat"}), {}};
  EXPECT_FALSE(Frozen(window, "2026-04-30T23:59Z"));
  EXPECT_TRUE(Frozen(window, "2026-05-01"));
  EXPECT_TRUE(Frozen(window, "2026-05-02T23:59Z"));
  EXPECT_FALSE(Frozen(window, "2026-05-03"));
}

TEST(FreezeWindow, AnEveningBelongsToTheDayOnWhichItBeganPastMidnightToo) {
  const FreezeWindow window{{}, {}, *ParseDays({"fri"}), *ParseHours("18:00-08:00")};
  EXPECT_FALSE(Frozen(window, "2026-05-01T07:00Z"));  // Thursday's evening.
  EXPECT_FALSE(Frozen(window, "2026-05-01T17:59Z"));
  EXPECT_TRUE(Frozen(window, "2026-05-01T18:00Z"));
  EXPECT_TRUE(Frozen(window, "2026-05-02T07:59Z"));
  EXPECT_FALSE(Frozen(window, "2026-05-02T08:00Z"));
  EXPECT_FALSE(Frozen(window, "2026-05-02T18:00Z"));
}

TEST(FreezeWindow, HoursWithinADayHoldEveryDay) {
  const FreezeWindow window{{}, {}, 0, *ParseHours("08:00-12:30")};
  EXPECT_FALSE(Frozen(window, "2026-05-01T07:59Z"));
  EXPECT_TRUE(Frozen(window, "2026-05-01T08:00Z"));
  EXPECT_TRUE(Frozen(window, "2026-05-02T12:29:59Z"));
  EXPECT_FALSE(Frozen(window, "2026-05-02T12:30Z"));
}

TEST(FreezeWindow, SaysWhatItIs) {
  EXPECT_EQ(TextOf(FreezeWindow{{}, {}, *ParseDays({"sat", "fri"}), *ParseHours("18:00-08:00")}),
            "fri, sat 18:00-08:00 UTC");
  EXPECT_EQ(TextOf(FreezeWindow{*ParseTime("2026-12-20"), *ParseTime("2027-01-03"), 0, {}}),
            "from 2026-12-20T00:00:00.000Z until 2027-01-03T00:00:00.000Z");
}

TEST(FreezeWindow, DaysAndHoursThatAreNoneAreRefused) {
  for (const char* day : {"", "friday", "Fri", "mo"}) EXPECT_FALSE(ParseDays({"fri", day}).ok());
  EXPECT_EQ(*ParseDays({}), 0);
  EXPECT_EQ(*ParseDays({"mon", "sun", "mon"}), 0x41);
  for (const char* hours :
       {"", "-", "18:00", "18:00-", "18-08", "18:00-18:00", "24:01-08:00", "24:00-08:00",
        "18:60-08:00", "8:00-12:00", "18:00 - 08:00", "18:00-08:00-09:00", "aa:bb-cc:dd"})
    EXPECT_FALSE(ParseHours(hours).ok()) << hours;
  EXPECT_EQ(*ParseHours("18:00-24:00"), (DayHours{1080, 1440}));
}

TEST(Better, IsKnownOfTheMetricsThatCampaignsMeasure) {
  EXPECT_EQ(UsualDirection("rmse"), Better::kLower);
  EXPECT_EQ(UsualDirection("accuracy"), Better::kHigher);
  EXPECT_EQ(UsualDirection("f1"), std::nullopt);
  for (const Better better : {Better::kLower, Better::kHigher})
    EXPECT_EQ(ParseBetter(NameOf(better)), better);
  EXPECT_EQ(ParseBetter("up"), std::nullopt);
}

}  // namespace
}  // namespace muster::registry
