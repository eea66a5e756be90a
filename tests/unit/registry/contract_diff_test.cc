#include "registry/contract_diff.h"

#include <gmock/gmock.h>

#include <functional>
#include <random>

#include "tests/unit/registry/fixture.h"

namespace muster::registry {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Edit = std::function<void(ContractSpec&)>;

ContractSpec Edited(const Edit& edit) {
  ContractSpec spec = EngineContract();
  edit(spec);
  return spec;
}

// "UNIT_CHANGED fields[s2].unit BF": kind, path, and what it breaks.
std::string Line(const ContractDifference& d) {
  return fmt::format("{} {} {}{}", NameOf(d.kind), d.path, d.breaks_backward ? "B" : "",
                     d.breaks_forward ? "F" : "");
}
std::vector<std::string> Lines(const std::vector<ContractDifference>& differences) {
  std::vector<std::string> out;
  for (const ContractDifference& d : differences) out.push_back(Line(d));
  return out;
}
std::vector<std::string> Changes(const Edit& edit) {
  return Lines(Diff(EngineContract(), Edited(edit)));
}
std::vector<std::string> Undoing(const Edit& edit) {
  return Lines(Diff(Edited(edit), EngineContract()));
}

TEST(ContractDiff, TheSameContractHasNoDifference) {
  EXPECT_THAT(Changes([](ContractSpec&) {}), IsEmpty());
}

TEST(ContractDiff, AFieldThatIsAddedStopsReadersOfOldDataUnlessItIsNullable) {
  const Edit required = [](ContractSpec& s) { s.fields.push_back(Field("s99", 0, 1)); };
  EXPECT_THAT(Changes(required), ElementsAre("FIELD_ADDED fields[s99] B"));
  EXPECT_THAT(Undoing(required), ElementsAre("FIELD_REMOVED fields[s99] F"));
  const Edit nullable = [](ContractSpec& s) {
    s.fields.push_back(Field("s99", 0, 1));
    s.fields.back().nullable = true;
  };
  EXPECT_THAT(Changes(nullable), ElementsAre("FIELD_ADDED fields[s99] "));
  EXPECT_THAT(Undoing(nullable), ElementsAre("FIELD_REMOVED fields[s99] "));
}

TEST(ContractDiff, ARenamedFieldIsGoneAndNew) {
  EXPECT_THAT(Changes([](ContractSpec& s) { s.fields[0].name = "t2"; }),
              ElementsAre("FIELD_ADDED fields[t2] B", "FIELD_REMOVED fields[s2] F"));
}

TEST(ContractDiff, AnIntegerIsReadAsAFloatAndNotTheOtherWayRound) {
  const Edit wider = [](ContractSpec& s) { s.fields[2].type = FieldType::kFloat; };
  EXPECT_THAT(Changes(wider), ElementsAre("TYPE_WIDENED fields[cycles].type F"));
  EXPECT_THAT(Undoing(wider), ElementsAre("TYPE_NARROWED fields[cycles].type B"));
}

TEST(ContractDiff, AnyOtherChangeOfTypeBreaksBothWays) {
  for (const FieldType type : {FieldType::kText, FieldType::kBoolean, FieldType::kTimestamp}) {
    const Edit other = [&](ContractSpec& s) { s.fields[2].type = type; };
    EXPECT_THAT(Changes(other), ElementsAre("TYPE_CHANGED fields[cycles].type BF"));
    EXPECT_THAT(Undoing(other), ElementsAre("TYPE_CHANGED fields[cycles].type BF"));
  }
}

TEST(ContractDiff, AnotherUnitAlwaysBreaksForNothingIsConvertedInSilence) {
  for (const char* unit : {"K", "[degF]", ""})
    EXPECT_THAT(Changes([&](ContractSpec& s) { s.fields[0].unit = unit; }),
                ElementsAre("UNIT_CHANGED fields[s2].unit BF"));
}

TEST(ContractDiff, ARangeStopsWhoeverHasTheNarrowerOne) {
  const Edit wider = [](ContractSpec& s) {
    s.fields[0].min = 600;
    s.fields[0].max.reset();
  };
  EXPECT_THAT(Changes(wider),
              ElementsAre("RANGE_WIDENED fields[s2].min F", "RANGE_WIDENED fields[s2].max F"));
  EXPECT_THAT(Undoing(wider),
              ElementsAre("RANGE_NARROWED fields[s2].min B", "RANGE_NARROWED fields[s2].max B"));
  EXPECT_THAT(Changes([](ContractSpec& s) {
                s.fields[0].min = 642;
                s.fields[0].max = 646;
              }),
              ElementsAre("RANGE_NARROWED fields[s2].min B", "RANGE_WIDENED fields[s2].max F"));
}

TEST(ContractDiff, ARangeStopsNobodyWhoKeepsWhatIsOutOfIt) {
  ContractSpec before = EngineContract();
  before.rows.out_of_range = RangeRule::kKeep;
  ContractSpec now = before;
  now.fields[0].min = 642;
  now.fields[1].max = 600;
  EXPECT_THAT(Lines(Diff(before, now)),
              ElementsAre("RANGE_NARROWED fields[s2].min ", "RANGE_WIDENED fields[s12].max "));
}

TEST(ContractDiff, AStricterRuleOfRangesStopsReadersOfOldData) {
  const Edit keep = [](ContractSpec& s) { s.rows.out_of_range = RangeRule::kKeep; };
  EXPECT_THAT(Changes(keep), ElementsAre("RANGE_RULE_LOOSENED rows.out_of_range F"));
  EXPECT_THAT(Undoing(keep), ElementsAre("RANGE_RULE_TIGHTENED rows.out_of_range B"));
  ContractSpec before{ContractName("c"), "", {{"note", FieldType::kText, "", {}, {}, ""}}};
  ContractSpec now = before;
  now.rows.out_of_range = RangeRule::kKeep;
  EXPECT_THAT(Lines(Diff(now, before)), ElementsAre("RANGE_RULE_TIGHTENED rows.out_of_range "));
}

TEST(ContractDiff, EmptyValuesStopWhoeverKnowsNone) {
  const Edit nullable = [](ContractSpec& s) { s.fields[0].nullable = true; };
  EXPECT_THAT(Changes(nullable), ElementsAre("NULLS_ALLOWED fields[s2].nullable F"));
  EXPECT_THAT(Undoing(nullable), ElementsAre("NULLS_FORBIDDEN fields[s2].nullable B"));
}

TEST(ContractDiff, OnlyTwoMeaningsContradictOneAnother) {
  ContractSpec inlet = Edited([](ContractSpec& s) { s.fields[0].meaning = "urn:x:inlet"; });
  ContractSpec outlet = Edited([](ContractSpec& s) { s.fields[0].meaning = "urn:x:outlet"; });
  EXPECT_THAT(Lines(Diff(EngineContract(), inlet)),
              ElementsAre("MEANING_ADDED fields[s2].meaning "));
  EXPECT_THAT(Lines(Diff(inlet, EngineContract())),
              ElementsAre("MEANING_REMOVED fields[s2].meaning "));
  EXPECT_THAT(Lines(Diff(inlet, outlet)), ElementsAre("MEANING_CHANGED fields[s2].meaning BF"));
}

TEST(ContractDiff, WhatIsSaidAboutTheDataBreaksNothing) {
  EXPECT_THAT(
      Changes([](ContractSpec& s) {
        s.description = "clearer";
        s.owner = "ann";
        s.freshness = std::chrono::hours(1);
        s.time_field = "when";
        s.rows.max_bad_share = 0.1;
        s.compatibility = Compatibility::kFull;
        s.fields[1].description = "clearer";
        std::swap(s.fields[2], s.fields[3]);
      }),
      ElementsAre("DESCRIPTION_CHANGED description ", "OWNER_CHANGED owner ",
                  "FRESHNESS_CHANGED freshness ", "TIME_FIELD_CHANGED time_field ",
                  "BAD_SHARE_CHANGED rows.max_bad_share ", "COMPATIBILITY_CHANGED compatibility ",
                  "FIELDS_REORDERED fields ", "DESCRIPTION_CHANGED fields[s12].description "));
}

TEST(ContractDiff, ADifferenceTellsWhatWasAndWhatIs) {
  const auto differences = Diff(EngineContract(), Edited([](ContractSpec& s) {
                                  s.fields[0].unit = "K";
                                  s.fields[0].min.reset();
                                }));
  ASSERT_EQ(differences.size(), 2u);
  EXPECT_EQ(Sentence(differences[0]), "UNIT_CHANGED at fields[s2].unit: was 'Cel' and is 'K'");
  EXPECT_EQ(Sentence(differences[1]), "RANGE_WIDENED at fields[s2].min: was 641 and is none");
}

// --- CanRead ---

const std::vector<std::string> kUsed{"s2", "cycles"};

TEST(CanRead, WhatIsNotUsedDoesNotMatter) {
  EXPECT_THAT(CanRead(EngineContract(), Edited([](ContractSpec& s) {
                        s.fields[1].unit = "K";
                        s.fields.erase(s.fields.begin() + 3);
                        s.fields.push_back(Field("s99", 0, 1));
                        s.owner = "ann";
                      }),
                      kUsed),
              IsEmpty());
}

TEST(CanRead, WhatIsUsedAndNotThereIsMissingEvenWhereItIsNullable) {
  ContractSpec reader = EngineContract();
  reader.fields[0].nullable = true;
  const auto found =
      CanRead(reader, Edited([](ContractSpec& s) { s.fields.erase(s.fields.begin()); }), kUsed);
  EXPECT_THAT(Lines(found), ElementsAre("FIELD_MISSING fields[s2] B"));
}

TEST(CanRead, TellsEveryDifferenceInTheWordsOfAReader) {
  const auto found = CanRead(EngineContract(), Edited([](ContractSpec& s) {
                               s.fields[0].unit = "K";
                               s.fields[0].max = 700;
                               s.fields[2].type = FieldType::kFloat;
                               s.fields[2].nullable = true;
                             }),
                             kUsed);
  EXPECT_THAT(Lines(found),
              ElementsAre("UNIT_CHANGED fields[s2].unit BF", "RANGE_NARROWED fields[s2].max B",
                          "TYPE_NARROWED fields[cycles].type B",
                          "NULLS_FORBIDDEN fields[cycles].nullable B"));
  EXPECT_EQ(found[0].text, "comes as 'K' and is read as 'Cel'");
  EXPECT_THAT(Summary(found), HasSubstr("RANGE_NARROWED at fields[s2].max: comes as 700 and is "
                                        "read as 645; TYPE_NARROWED at fields[cycles].type"));
}

TEST(CanRead, AWiderReaderReadsNarrowerData) {
  EXPECT_THAT(CanRead(Edited([](ContractSpec& s) {
                        s.fields[0].max = 700;
                        s.fields[0].nullable = true;
                        s.fields[2].type = FieldType::kFloat;
                      }),
                      EngineContract(), kUsed),
              IsEmpty());
}

TEST(CanRead, AnotherContractIsNotRead) {
  EXPECT_THAT(Lines(CanRead(EngineContract(),
                            Edited([](ContractSpec& s) { s.name = ContractName("pump"); }), kUsed)),
              ElementsAre("NAME_CHANGED name BF"));
}

TEST(CanRead, DataWhoseRangesDoNotHoldIsNotReadByWhoeverCountsOnThem) {
  const ContractSpec keeps =
      Edited([](ContractSpec& s) { s.rows.out_of_range = RangeRule::kKeep; });
  EXPECT_THAT(Lines(CanRead(EngineContract(), keeps, kUsed)),
              ElementsAre("RANGE_RULE_TIGHTENED rows.out_of_range B"));
  const std::vector<std::string> unbounded{"cycles"};
  EXPECT_THAT(CanRead(EngineContract(), keeps, unbounded), IsEmpty());
  EXPECT_THAT(CanRead(keeps, EngineContract(), kUsed), IsEmpty());
}

// --- Levels ---

ContractState History(Compatibility level, std::initializer_list<ContractSpec> specs) {
  ContractState state;
  for (ContractSpec spec : specs) {
    spec.compatibility = level;
    Apply(state, {{VersionNumber(state.versions.size() + 1), std::move(spec), Noon(), "system"}});
  }
  return state;
}

std::vector<std::string> BreaksOf(const ContractState& history, const ContractSpec& next) {
  std::vector<std::string> out;
  for (const ContractBreak& b : FindBreaks(history, next))
    out.push_back(fmt::format("{} {} {}", b.version.value(), b.backward ? "backward" : "forward",
                              NameOf(b.difference.kind)));
  return out;
}

// Version 1 has s2 up to 645; version 2 up to 700.
TEST(ContractLevels, EachLevelLooksItsWayAndAsFarAsItSays) {
  const ContractSpec narrow = EngineContract();
  const ContractSpec wide = Edited([](ContractSpec& s) { s.fields[0].max = 700; });
  const ContractSpec middle = Edited([](ContractSpec& s) { s.fields[0].max = 650; });
  struct Case {
    Compatibility level;
    std::vector<std::string> breaks;
  };
  for (const Case& c : {Case{Compatibility::kNone, {}},
                        Case{Compatibility::kBackward, {"2 backward RANGE_NARROWED"}},
                        Case{Compatibility::kBackwardTransitive, {"2 backward RANGE_NARROWED"}},
                        Case{Compatibility::kForward, {}},
                        Case{Compatibility::kForwardTransitive, {"1 forward RANGE_WIDENED"}},
                        Case{Compatibility::kFull, {"2 backward RANGE_NARROWED"}},
                        Case{Compatibility::kFullTransitive,
                             {"2 backward RANGE_NARROWED", "1 forward RANGE_WIDENED"}}}) {
    SCOPED_TRACE(NameOf(c.level));
    EXPECT_EQ(BreaksOf(History(c.level, {narrow, wide}), middle), c.breaks);
  }
}

TEST(ContractLevels, ADifferenceThatBreaksBothWaysIsToldForBoth) {
  const ContractSpec next = Edited([](ContractSpec& s) { s.fields[0].unit = "K"; });
  EXPECT_THAT(BreaksOf(History(Compatibility::kFull, {EngineContract()}), next),
              ElementsAre("1 backward UNIT_CHANGED", "1 forward UNIT_CHANGED"));
}

TEST(ContractLevels, TheLevelInPlaceRulesAndNotTheOneThatIsAskedFor) {
  ContractSpec next = Edited([](ContractSpec& s) { s.fields[0].unit = "K"; });
  next.compatibility = Compatibility::kNone;
  EXPECT_THAT(BreaksOf(History(Compatibility::kBackward, {EngineContract()}), next),
              ElementsAre("1 backward UNIT_CHANGED"));
  next.compatibility = Compatibility::kFull;
  EXPECT_THAT(BreaksOf(History(Compatibility::kNone, {EngineContract()}), next), IsEmpty());
}

TEST(ContractLevels, AnIncompatibleVersionIsRefusedWithEveryPathAndChangesNothing) {
  const ContractState state = History(Compatibility::kBackward, {EngineContract()});
  const ContractSpec next = Edited([](ContractSpec& s) {
    s.fields[0].unit = "K";
    s.fields[1].max = 520;
    s.fields.push_back(Field("s99", 0, 1));
  });
  const Status refused = Decide(state, ApplyContract{next, "operator/ann"}, Noon()).status();
  ExpectRefused(refused, absl::StatusCode::kFailedPrecondition, Reason::kCONTRACT_INCOMPATIBLE,
                "fields[s2].unit");
  const std::string text(MessageOf(refused));
  for (const char* words :
       {"BACKWARD of version 1", "over version 1 UNIT_CHANGED at fields[s2].unit",
        "RANGE_NARROWED at fields[s12].max: was 524 and is 520", "FIELD_ADDED at fields[s99]",
        "compatibility: NONE"})
    EXPECT_THAT(text, HasSubstr(words));
}

TEST(ContractLevels, ARefusalFitsAHeaderHoweverMuchChanged) {
  ContractSpec before{ContractName("c"), "", {}};
  ContractSpec next = before;
  for (int i = 0; i < 1000; ++i) {
    before.fields.push_back(Field(fmt::format("f{}{}", i, std::string(55, 'x')), 0, 1));
    next.fields.push_back(before.fields.back());
    next.fields.back().unit = std::string(64, 'u');
  }
  const Status refused = CheckCompatible(History(Compatibility::kBackward, {before}), next);
  EXPECT_LT(MessageOf(refused).size(), 3500u);
  EXPECT_THAT(std::string(MessageOf(refused)), ::testing::ContainsRegex("and 9[0-9][0-9] more"));
}

// --- Properties ---

ContractSpec RandomSpec(std::mt19937& rng) {
  const auto pick = [&](int n) { return static_cast<int>(rng() % static_cast<unsigned>(n)); };
  ContractSpec out{ContractName("c"), "", {}};
  out.rows.out_of_range = pick(2) == 0 ? RangeRule::kKeep : RangeRule::kQuarantine;
  for (int i = 0; i < 6; ++i) {
    if (pick(4) == 0) continue;
    FieldSpec field{
        fmt::format("f{}", i), FieldType::kFloat, pick(4) == 0 ? "K" : "Cel", {}, {}, ""};
    field.type = pick(3) == 0 ? FieldType::kInteger : FieldType::kFloat;
    if (pick(2) == 0) field.min = pick(3);
    if (pick(2) == 0) field.max = 5 + pick(3);
    field.nullable = pick(4) == 0;
    if (pick(3) == 0) field.meaning = pick(2) == 0 ? "urn:a" : "urn:b";
    out.fields.push_back(field);
  }
  if (out.fields.empty()) out.fields.push_back(Field("f0", 0, 1));
  return out;
}

// What breaks one way breaks the other way round when the two are swapped; a contract differs from
// another exactly when something is told; and a reader of everything that reads a version
// backwards says so of each of its fields too.
TEST(ContractProperty, DifferencesMirrorAndAgreeWithReading) {
  for (unsigned seed = 1; seed <= 500; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    std::mt19937 rng(seed);
    const ContractSpec a = RandomSpec(rng);
    const ContractSpec b = seed % 10 == 0 ? a : RandomSpec(rng);
    const auto there = Diff(a, b);
    const auto back = Diff(b, a);
    const auto count = [](const std::vector<ContractDifference>& ds, auto which) {
      return std::count_if(ds.begin(), ds.end(), which);
    };
    const auto backward = [](const ContractDifference& d) { return d.breaks_backward; };
    const auto forward = [](const ContractDifference& d) { return d.breaks_forward; };
    EXPECT_EQ(there.empty(), a == b);
    EXPECT_EQ(there.size(), back.size());
    EXPECT_EQ(count(there, backward), count(back, forward));
    EXPECT_EQ(count(there, forward), count(back, backward));

    std::vector<std::string> shared;
    for (const FieldSpec& field : b.fields)
      if (a.Find(field.name) != nullptr) shared.push_back(field.name);
    if (count(there, backward) == 0) EXPECT_THAT(CanRead(b, a, shared), IsEmpty());
  }
}

}  // namespace
}  // namespace muster::registry
