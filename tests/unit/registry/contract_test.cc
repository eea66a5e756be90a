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
  const ContractState state = StateOf({EngineContract(), spec});
  const auto row = EncodeFact(ContractVersionCreated{state.newest()});
  ASSERT_TRUE(row.ok()) << row.status();
  const auto back = DecodeContractFact(spec.name, *row);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->version, state.newest());
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
                          R"("description":"","fields":7})"}) {
    SCOPED_TRACE(row);
    EXPECT_EQ(DecodeContractFact(ContractName("c"), row).status().code(),
              absl::StatusCode::kDataLoss);
  }
}

}  // namespace
}  // namespace muster::registry
