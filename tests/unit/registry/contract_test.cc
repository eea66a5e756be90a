#include "registry/contract.h"

#include <gmock/gmock.h>

#include <limits>

#include "tests/unit/registry/fixture.h"

namespace muster::registry {
namespace {
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

ContractState StateOf(std::initializer_list<ContractSpec> specs) {
  ContractState state;
  for (const ContractSpec& spec : specs) {
    const auto facts = Decide(state, ApplyContract{spec, "operator/ann"}, Noon());
    EXPECT_TRUE(facts.ok()) << facts.status();
    for (const auto& fact : *facts) Apply(state, fact);
  }
  return state;
}

TEST(Contract, TheFirstApplyMakesVersionOne) {
  const ContractState state = StateOf({EngineContract()});
  ASSERT_EQ(state.versions.size(), 1u);
  EXPECT_EQ(state.newest().version, VersionNumber(1));
  EXPECT_EQ(state.newest().spec, EngineContract());
  EXPECT_EQ(state.newest().created_by, "operator/ann");
  EXPECT_EQ(state.newest().created_at, Noon());
}

TEST(Contract, ApplyingTheNewestContentAgainChangesNothing) {
  const ContractState state = StateOf({EngineContract()});
  const auto facts = Decide(state, ApplyContract{EngineContract(), "operator/bob"}, Noon());
  ASSERT_TRUE(facts.ok());
  EXPECT_TRUE(facts->empty());
}

TEST(Contract, AnyChangeMakesTheNextVersionAndKeepsTheOld) {
  ContractSpec wider = EngineContract();
  wider.fields[0].max = 650;
  wider.compatibility = Compatibility::kNone;
  const ContractState state = StateOf({EngineContract(), wider, EngineContract()});
  ASSERT_EQ(state.versions.size(), 3u);
  EXPECT_EQ(state.Find(VersionNumber(1))->spec, EngineContract());
  EXPECT_EQ(state.Find(VersionNumber(2))->spec, wider);
  EXPECT_EQ(state.Find(VersionNumber(0))->version, VersionNumber(3));
  EXPECT_EQ(state.Find(VersionNumber(4)), nullptr);
}

TEST(Contract, NamesThatAreNotNamesAreRefusedWithTheirPath) {
  for (const std::string& name :
       {std::string(), std::string("9s"), std::string("a b"), std::string("../etc"),
        std::string("a/b"), std::string("é"), std::string("a\0b", 3), std::string(64, 'a')}) {
    SCOPED_TRACE(name);
    ContractSpec spec = EngineContract();
    spec.fields[1].name = name;
    ExpectInvalid(Validate(spec), "fields[1].name");
    spec = EngineContract();
    spec.name = ContractName(name);
    ExpectInvalid(Validate(spec), "name");
  }
  ContractSpec longest = EngineContract();
  longest.fields[0].name = "_" + std::string(62, 'a');
  EXPECT_TRUE(Validate(longest).ok());
}

TEST(Contract, AFieldNamedTwiceIsRefused) {
  ContractSpec spec = EngineContract();
  spec.fields.push_back(Field("s12", 0, 1));
  ExpectInvalid(Validate(spec), "fields[4].name", Reason::kFIELD_DUPLICATE);
  EXPECT_THAT(std::string(MessageOf(Validate(spec))), ::testing::HasSubstr("fields[1]"));
}

TEST(Contract, RangesMustBeFiniteAndRunUpwards) {
  struct Case {
    double min, max;
    const char* path;
  };
  for (const Case& c : {Case{5, 5, "fields[0].min"},
                        {6, 5, "fields[0].min"},
                        {-kInf, 5, "fields[0].min"},
                        {kNan, 5, "fields[0].min"},
                        {0, kInf, "fields[0].max"},
                        {0, kNan, "fields[0].max"}}) {
    SCOPED_TRACE(::testing::Message() << c.min << " to " << c.max);
    ContractSpec spec = EngineContract();
    spec.fields[0].min = c.min;
    spec.fields[0].max = c.max;
    ExpectInvalid(Validate(spec), c.path);
  }
  ContractSpec half = EngineContract();
  half.fields[0].max.reset();
  EXPECT_TRUE(Validate(half).ok());
}

TEST(Contract, OnlyNumbersHaveRanges) {
  for (const FieldType type : {FieldType::kText, FieldType::kBoolean, FieldType::kTimestamp}) {
    ContractSpec spec = EngineContract();
    spec.fields[0].type = type;
    ExpectInvalid(Validate(spec), "fields[0].min");
    spec.fields[0].min.reset();
    ExpectInvalid(Validate(spec), "fields[0].max");
  }
  ContractSpec whole = EngineContract();
  whole.fields[0].type = FieldType::kInteger;
  EXPECT_TRUE(Validate(whole).ok());
}

TEST(Contract, HasOneToAThousandFieldsAndShortTexts) {
  ContractSpec spec = EngineContract();
  spec.fields.clear();
  ExpectInvalid(Validate(spec), "fields");
  for (int i = 0; i < 1000; ++i) spec.fields.push_back(Field(fmt::format("s{}", i), 0, 1));
  EXPECT_TRUE(Validate(spec).ok());
  spec.fields.push_back(Field("more", 0, 1));
  ExpectInvalid(Validate(spec), "fields");

  spec = EngineContract();
  spec.description = std::string(4097, 'x');
  ExpectInvalid(Validate(spec), "description");
  spec = EngineContract();
  spec.fields[2].description = std::string(4097, 'x');
  ExpectInvalid(Validate(spec), "fields[2].description");
  spec = EngineContract();
  spec.fields[3].unit = std::string(65, 'x');
  ExpectInvalid(Validate(spec), "fields[3].unit");
}

ContractSpec TimedContract() {
  ContractSpec spec = EngineContract();
  spec.fields.push_back({"when", FieldType::kTimestamp, "", {}, {}, ""});
  spec.owner = "plant-data@example.com";
  spec.freshness = std::chrono::hours(1);
  spec.time_field = "when";
  return spec;
}

TEST(Contract, FreshnessNeedsATimestampThatEveryRowHas) {
  EXPECT_TRUE(Validate(TimedContract()).ok()) << Validate(TimedContract());
  ContractSpec spec = TimedContract();
  spec.time_field = "";
  ExpectInvalid(Validate(spec), "time_field");
  spec.time_field = "wen";
  ExpectInvalid(Validate(spec), "time_field");
  spec.time_field = "note";
  ExpectInvalid(Validate(spec), "time_field");
  spec.time_field = "when";
  spec.fields.back().nullable = true;
  ExpectInvalid(Validate(spec), "time_field");
  spec.freshness.reset();
  EXPECT_TRUE(Validate(spec).ok()) << Validate(spec);
  spec = TimedContract();
  spec.freshness = Duration(0);
  ExpectInvalid(Validate(spec), "freshness");
}

TEST(Contract, TheShareOfBadRowsIsAShare) {
  for (const double share : {-0.1, 1.1, kNan, kInf}) {
    SCOPED_TRACE(share);
    ContractSpec spec = EngineContract();
    spec.rows.max_bad_share = share;
    ExpectInvalid(Validate(spec), "rows.max_bad_share");
  }
  for (const double share : {0.0, 1.0}) {
    ContractSpec spec = EngineContract();
    spec.rows = {RangeRule::kKeep, share};
    EXPECT_TRUE(Validate(spec).ok());
  }
}

TEST(Contract, AnOwnerIsALineOfText) {
  ContractSpec spec = EngineContract();
  spec.owner = std::string(256, 'x');
  ExpectInvalid(Validate(spec), "owner");
  spec.owner = "two\nlines";
  ExpectInvalid(Validate(spec), "owner");
}

TEST(Contract, AMeaningIsAnIriOrADtmi) {
  for (const std::string meaning :
       {"http://qudt.org/vocab/quantitykind/Temperature", "urn:iso:std:iso:80000", "https://é.eu/ü",
        "dtmi:com:example:Engine;1", "dtmi:com:example:Engine:_oil_2;12", "dtmi:a:b;1.2", "dtmi:a",
        "dtmi:a1;999999999.999999"}) {
    SCOPED_TRACE(meaning);
    ContractSpec spec = EngineContract();
    spec.fields[1].meaning = meaning;
    EXPECT_TRUE(Validate(spec).ok()) << Validate(spec);
  }
  for (const std::string& meaning :
       {std::string("temperature"), std::string("http:"), std::string(":x"), std::string("1a:x"),
        std::string("http://a b"), std::string("http://a\n"), std::string("x:<y>"),
        std::string("dtmi:"), std::string("dtmi:a::b;1"), std::string("dtmi:a;0"),
        std::string("dtmi:a;01"), std::string("dtmi:a;1."), std::string("dtmi:a_;1"),
        std::string("dtmi:1a;1"), std::string("dtmi:a:_;1"), std::string("dtmi:a;1.0"),
        std::string("dtmi:a;1234567890"), "http://" + std::string(2042, 'x')}) {
    SCOPED_TRACE(meaning);
    ContractSpec spec = EngineContract();
    spec.fields[1].meaning = meaning;
    ExpectInvalid(Validate(spec), "fields[1].meaning");
  }
}

TEST(Contract, ARefusedContractIsNoFact) {
  ContractSpec spec = EngineContract();
  spec.fields.clear();
  ExpectInvalid(Decide({}, ApplyContract{spec, "system"}, Noon()).status(), "fields");
}

TEST(ContractFacts, ComeBackAsTheyWere) {
  ContractSpec spec = EngineContract();
  spec.description = "line\nbreak \"quoted\" ü";
  spec.fields[0].min = 0.1;
  spec.fields[0].max = 1e300;
  spec.fields[1].min = -5e-324;
  spec.fields[1].max.reset();
  for (const FieldType type : {FieldType::kBoolean, FieldType::kTimestamp}) {
    spec.fields.push_back({std::string(NameOf(type)), type, "", {}, {}, "d"});
  }
  const ContractState state = StateOf({spec});
  const auto row = EncodeFact(ContractVersionCreated{state.newest()});
  ASSERT_TRUE(row.ok()) << row.status();
  const auto back = DecodeContractFact(spec.name, *row);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->version, state.newest());
}

TEST(ContractFacts, OwnerFreshnessAndRulesComeBackAsTheyWere) {
  ContractSpec spec = TimedContract();
  spec.fields[0].nullable = true;
  spec.fields[0].meaning = "dtmi:com:example:Engine;1";
  for (const auto level :
       {Compatibility::kNone, Compatibility::kBackward, Compatibility::kBackwardTransitive,
        Compatibility::kForward, Compatibility::kForwardTransitive, Compatibility::kFull,
        Compatibility::kFullTransitive}) {
    for (const RowRules rules : {RowRules{}, RowRules{RangeRule::kKeep, 0.25}}) {
      spec.compatibility = level;
      spec.rows = rules;
      const auto row = EncodeFact(ContractVersionCreated{{VersionNumber(1), spec, Noon(), "a"}});
      ASSERT_TRUE(row.ok()) << row.status();
      const auto back = DecodeContractFact(spec.name, *row);
      ASSERT_TRUE(back.ok()) << back.status();
      EXPECT_EQ(back->version.spec, spec) << *row;
    }
  }
}

// Written before contracts had rules: what such a row leaves out is the default.
TEST(ContractFacts, RowsOfEarlierReleasesReadAsTheDefaults) {
  const auto back = DecodeContractFact(
      ContractName("c"),
      R"({"at":5,"by":"system","description":"","fields":[{"max":"645.5","min":"641",)"
      R"("name":"s2","type":"FLOAT","unit":"Cel"}],"type":"ContractVersionCreated","version":1})");
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->version.spec, (ContractSpec{ContractName("c"), "", {Field("s2", 641, 645.5)}}));
  EXPECT_EQ(back->version.spec.rows.out_of_range, RangeRule::kQuarantine);
  EXPECT_EQ(back->version.spec.rows.max_bad_share, 0.5);
  EXPECT_EQ(back->version.spec.compatibility, Compatibility::kBackward);
}

TEST(ContractFacts, RowsWithRulesArePinned) {
  ContractSpec spec{ContractName("c"), "", {{"at", FieldType::kTimestamp, "", {}, {}, ""}}};
  spec.fields[0].meaning = "x:y";
  spec.owner = "ann";
  spec.freshness = Duration(1500);
  spec.time_field = "at";
  spec.rows = {RangeRule::kKeep, 0.25};
  spec.compatibility = Compatibility::kFullTransitive;
  spec.fields.push_back({"s", FieldType::kText, "", {}, {}, "", true});
  const auto row =
      EncodeFact(ContractVersionCreated{{VersionNumber(1), spec, FromUnixMillis(5), "system"}});
  ASSERT_TRUE(row.ok()) << row.status();
  EXPECT_EQ(*row, R"({"at":5,"by":"system","compatibility":"FULL_TRANSITIVE","description":"",)"
                  R"("fields":[{"meaning":"x:y","name":"at","type":"TIMESTAMP"},)"
                  R"({"name":"s","nullable":true,"type":"TEXT"}],"freshness_ms":1500,)"
                  R"("owner":"ann","rows":{"max_bad_share":"0.25","out_of_range":"KEEP"},)"
                  R"("time_field":"at","type":"ContractVersionCreated","version":1})");
}

// History is read by later releases: this row must stay readable, and be written so.
TEST(ContractFacts, RowsArePinned) {
  const ContractSpec spec{ContractName("c"), "", {Field("s2", 641, 645.5)}};
  const auto row =
      EncodeFact(ContractVersionCreated{{VersionNumber(1), spec, FromUnixMillis(5), "system"}});
  ASSERT_TRUE(row.ok()) << row.status();
  EXPECT_EQ(*row, R"({"at":5,"by":"system","description":"","fields":[{"max":"645.5","min":"641",)"
                  R"("name":"s2","type":"FLOAT","unit":"Cel"}],"type":"ContractVersionCreated",)"
                  R"("version":1})");
}

TEST(ContractFacts, ARowThatIsNoContractsIsDataLoss) {
  for (const char* row : {"", "{", "[]", "{}", R"({"type":"X","by":"a","at":1})",
                          R"({"type":"ContractVersionCreated","by":"a","at":1,"version":1})",
                          R"({"type":"ContractVersionCreated","by":"a","at":1,"version":1,)"
                          R"("description":"","fields":[{"name":"x","type":"COLOUR"}]})",
                          R"({"type":"ContractVersionCreated","by":"a","at":1,"version":1,)"
                          R"("description":"","fields":[{"name":"x","type":"FLOAT","min":"x"}]})",
                          R"({"type":"ContractVersionCreated","by":"a","at":1,"version":1,)"
                          R"("description":"","fields":7})",
                          R"({"type":"ContractVersionCreated","by":"a","at":1,"version":1,)"
                          R"("description":"","fields":[],"compatibility":"SIDEWAYS"})",
                          R"({"type":"ContractVersionCreated","by":"a","at":1,"version":1,)"
                          R"("description":"","fields":[],"rows":{"out_of_range":"EAT",)"
                          R"("max_bad_share":"0.5"}})",
                          R"({"type":"ContractVersionCreated","by":"a","at":1,"version":1,)"
                          R"("description":"","fields":[],"freshness_ms":"soon"})"}) {
    SCOPED_TRACE(row);
    EXPECT_EQ(DecodeContractFact(ContractName("c"), row).status().code(),
              absl::StatusCode::kDataLoss);
  }
}

}  // namespace
}  // namespace muster::registry
