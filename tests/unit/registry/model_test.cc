#include "registry/model.h"

#include <gmock/gmock.h>

#include <limits>

#include "tests/unit/registry/fixture.h"

namespace muster::registry {
namespace {
using absl::StatusCode;

ContractVersion VersionOne() { return {VersionNumber(1), EngineContract(), Noon(), "system"}; }

ModelSpec Pinned() {
  ModelSpec spec = EngineModel();
  spec.contract_version = VersionNumber(1);
  return spec;
}
ApplyModel Applying(ModelSpec spec) { return {std::move(spec), VersionOne(), VersionOne(), "op"}; }
CreateModelVersion Creating(std::byte tag) {
  CreateModelVersion event;
  event.params = Digest({tag});
  event.parameters = 6;
  event.by = "op";
  return event;
}

Status Do(ModelState& state, const ModelEvent& event) {
  MUSTER_ASSIGN(const ModelFacts facts, Decide(state, event, Noon()));
  for (const ModelFact& fact : facts) Apply(state, fact);
  return Ok();
}
ModelState WithVersions(int versions) {
  ModelState state;
  EXPECT_TRUE(Do(state, Applying(Pinned())).ok());
  for (int i = 0; i < versions; ++i) EXPECT_TRUE(Do(state, Creating(std::byte(i + 1))).ok());
  return state;
}

// --- The spec in itself ---

TEST(ModelSpec, WhatIsWrongInItselfIsRefusedWithItsPath) {
  struct Case {
    const char* path;
    void (*spoil)(ModelSpec&);
  };
  const Case cases[] = {
      {"name", [](ModelSpec& m) { m.name = ModelName("a/b"); }},
      {"description", [](ModelSpec& m) { m.description = std::string(4097, 'x'); }},
      {"contract", [](ModelSpec& m) { m.contract = ContractName(); }},
      {"input.features", [](ModelSpec& m) { m.input.features.clear(); }},
      {"input.features", [](ModelSpec& m) { m.input.features.resize(1001, "x"); }},
      {"input.features[1]", [](ModelSpec& m) { m.input.features[1] = ""; }},
      {"input.window.rows", [](ModelSpec& m) { m.input.rows = 0; }},
      {"input.window.rows", [](ModelSpec& m) { m.input.rows = 1'000'001; }},
      {"input.window.stride", [](ModelSpec& m) { m.input.stride = 0; }},
      {"label.field", [](ModelSpec& m) { m.label.field = ""; }},
      {"label.max", [](ModelSpec& m) { m.label.max = std::numeric_limits<double>::infinity(); }},
      {"label.scale", [](ModelSpec& m) { m.label.scale = 0; }},
      {"label.scale", [](ModelSpec& m) { m.label.scale = -1; }},
      {"label.scale",
       [](ModelSpec& m) { m.label.scale = std::numeric_limits<double>::quiet_NaN(); }},
      {"label.max", [](ModelSpec& m) { m.label.type = LabelType::kBinary; }},
  };
  for (const Case& c : cases) {
    ModelSpec spec = EngineModel();
    c.spoil(spec);
    SCOPED_TRACE(c.path);
    ExpectInvalid(Validate(spec), c.path);
  }
  EXPECT_TRUE(Validate(EngineModel()).ok());
}

TEST(ModelSpec, AFeatureNamedTwiceIsRefused) {
  ModelSpec spec = EngineModel();
  spec.input.features.push_back("s2");
  ExpectInvalid(Validate(spec), "input.features[2]", Reason::kFIELD_DUPLICATE);
}

TEST(ModelSpec, AWindowThatNoMachineHoldsIsRefused) {
  ModelSpec spec = EngineModel();
  spec.input.features.clear();
  for (int i = 0; i < 17; ++i) spec.input.features.push_back(fmt::format("f{}", i));
  spec.input.rows = 1'000'000;
  ExpectInvalid(Validate(spec), "input.window.rows");
}

// --- The spec and its contract ---

void ExpectMismatch(const ModelSpec& spec, const char* path, const char* words) {
  const Status status = CheckAgainst(spec, VersionOne());
  ExpectRefused(status, StatusCode::kFailedPrecondition, Reason::kCONTRACT_MISMATCH, path);
  EXPECT_THAT(std::string(MessageOf(status)), ::testing::HasSubstr(words));
}

TEST(ModelAgainstContract, AFeatureThatTheContractLacksIsRefusedWithTheNearestName) {
  ModelSpec spec = EngineModel();
  spec.input.features[1] = "s122";
  ExpectMismatch(spec, "input.features[1]", "did you mean 's12'?");
}

TEST(ModelAgainstContract, ALabelThatTheContractLacksIsRefusedWithTheNearestName) {
  ModelSpec spec = EngineModel();
  spec.label.field = "cycle";
  ExpectMismatch(spec, "label.field", "did you mean 'cycles'?");
}

TEST(ModelAgainstContract, TextIsNeitherReadNorPredicted) {
  ModelSpec spec = EngineModel();
  spec.input.features[0] = "note";
  ExpectMismatch(spec, "input.features[0]", "TEXT");
  spec = EngineModel();
  spec.label.field = "note";
  ExpectMismatch(spec, "label.field", "TEXT");
}

TEST(ModelAgainstContract, AFeatureNeedsADeclaredRangeAndALabelDoesNot) {
  ModelSpec spec = EngineModel();
  spec.input.features[0] = "cycles";
  ExpectMismatch(spec, "input.features[0]", "no min");
  EXPECT_TRUE(CheckAgainst(EngineModel(), VersionOne()).ok());
}

// --- Applying ---

TEST(Model, ApplyingTwiceIsApplyingOnce) {
  const ModelState state = WithVersions(1);
  const auto facts = Decide(state, Applying(Pinned()), Noon());
  ASSERT_TRUE(facts.ok()) << facts.status();
  EXPECT_TRUE(facts->empty());
}

TEST(Model, AnythingMayChangeBeforeThereAreVersions) {
  ModelState state = WithVersions(0);
  ModelSpec other = Pinned();
  other.input.features = {"s12"};
  other.label.scale = 1;
  ASSERT_OK(Do(state, Applying(other)));
  EXPECT_EQ(state.spec, other);
}

TEST(Model, WithVersionsInputLabelAndContractStandFast) {
  struct Case {
    const char* path;
    void (*change)(ModelSpec&);
  };
  const Case cases[] = {{"input", [](ModelSpec& m) { m.input.features.pop_back(); }},
                        {"input", [](ModelSpec& m) { m.input.rows = 31; }},
                        {"label", [](ModelSpec& m) { m.label.max = 126; }},
                        {"contract", [](ModelSpec& m) { m.contract = ContractName("other"); }}};
  ModelState state = WithVersions(1);
  for (const Case& c : cases) {
    ModelSpec spec = Pinned();
    c.change(spec);
    ExpectRefused(Do(state, Applying(spec)), StatusCode::kFailedPrecondition,
                  Reason::kVERSION_IMMUTABLE, c.path);
    EXPECT_EQ(state.spec, Pinned());
  }
}

TEST(Model, WithVersionsTheDescriptionMayChange) {
  ModelState state = WithVersions(1);
  ModelSpec spec = Pinned();
  spec.description = "Better words";
  ASSERT_OK(Do(state, Applying(spec)));
  EXPECT_EQ(state.spec->description, "Better words");
}

TEST(Model, WithVersionsItFollowsAContractThatChangedElsewhere) {
  ModelState state = WithVersions(1);
  ApplyModel event = Applying(Pinned());
  event.spec.contract_version = VersionNumber(2);
  event.contract->version = VersionNumber(2);
  event.contract->spec.fields.push_back(Field("s99", 0, 1));
  event.contract->spec.fields[0].description = "Clearer";
  ASSERT_OK(Do(state, event));
  EXPECT_EQ(state.spec->contract_version, VersionNumber(2));
  EXPECT_EQ(state.versions[0].contract_version, VersionNumber(1));
}

TEST(Model, WithVersionsARangeThatMovedUnderAFeatureIsRefused) {
  ModelState state = WithVersions(1);
  for (const std::size_t field : {std::size_t{1}, std::size_t{2}}) {  // s12, and the label.
    ApplyModel event = Applying(Pinned());
    event.spec.contract_version = VersionNumber(2);
    event.contract->version = VersionNumber(2);
    event.contract->spec.fields[field].max = 1000;
    ExpectRefused(Do(state, event), StatusCode::kFailedPrecondition, Reason::kVERSION_IMMUTABLE,
                  "contract_version");
  }
}

TEST(Model, WithVersionsAFeatureKeepsItsMeaning) {
  ModelState state = WithVersions(1);
  ApplyModel event = Applying(Pinned());
  event.spec.contract_version = VersionNumber(2);
  event.contract->version = VersionNumber(2);
  event.contract->spec.fields[1].meaning = "urn:x:outlet";
  ASSERT_OK(Do(state, event));  // It had none.
  event.spec.contract_version = VersionNumber(3);
  event.current = event.contract;
  event.contract->version = VersionNumber(3);
  event.contract->spec.fields[1].meaning = "urn:x:inlet";
  ExpectRefused(Do(state, event), StatusCode::kFailedPrecondition, Reason::kVERSION_IMMUTABLE,
                "contract_version");
}

// --- Versions ---

TEST(Model, VersionsAreNumberedAndBoundToTheContractOfTheirTime) {
  const ModelState state = WithVersions(2);
  ASSERT_EQ(state.versions.size(), 2u);
  EXPECT_EQ(state.versions[1].version, VersionNumber(2));
  EXPECT_EQ(state.versions[1].model, ModelName("turbofan"));
  EXPECT_EQ(state.versions[1].contract, ContractName("engine"));
  EXPECT_EQ(state.versions[1].contract_version, VersionNumber(1));
  EXPECT_EQ(state.versions[1].parameters, 6u);
  EXPECT_EQ(state.versions[1].created_by, "op");
}

TEST(Model, OneRoundOfACampaignMakesOneVersionOfTheSameParameters) {
  ModelState state = WithVersions(1);
  CreateModelVersion event = Creating(std::byte{9});
  event.parent = VersionNumber(1);
  event.origin = CampaignRound{CampaignName("c"), RoundNumber(10)};
  ASSERT_OK(Do(state, event));
  ASSERT_OK(Do(state, event));
  EXPECT_EQ(state.versions.size(), 2u);
  event.origin->round = RoundNumber(20);
  ASSERT_OK(Do(state, event));
  event.params = Digest({std::byte{8}});
  ASSERT_OK(Do(state, event));
  EXPECT_EQ(state.versions.size(), 4u);
}

TEST(Model, AVersionWithoutModelOrParentIsRefused) {
  ModelState nothing;
  ExpectRefused(Do(nothing, Creating(std::byte{1})), StatusCode::kNotFound,
                Reason::kRESOURCE_NOT_FOUND, "");
  ModelState state = WithVersions(1);
  CreateModelVersion event = Creating(std::byte{2});
  event.parent = VersionNumber(2);
  ExpectRefused(Do(state, event), StatusCode::kNotFound, Reason::kRESOURCE_NOT_FOUND, "");
  EXPECT_EQ(state.versions.size(), 1u);
}

TEST(Model, MetricsAreFiniteNumbersUnderNames) {
  ModelState state = WithVersions(0);
  CreateModelVersion event = Creating(std::byte{1});
  event.measured.metrics = {{"rmse", std::numeric_limits<double>::quiet_NaN()}};
  ExpectInvalid(Do(state, event), "metrics.rmse");
  event.measured.metrics = {{"r m s e", 1}};
  ExpectInvalid(Do(state, event), "metrics");
  event.measured.metrics.clear();
  for (int i = 0; i < 65; ++i) event.measured.metrics[fmt::format("m{}", i)] = i;
  ExpectInvalid(Do(state, event), "metrics");
  EXPECT_TRUE(state.versions.empty());
}

// --- Aliases ---

TEST(Model, AnAliasPointsMovesAndGoes) {
  ModelState state = WithVersions(2);
  ASSERT_OK(Do(state, MoveAlias{"champion", VersionNumber(1), "op"}));
  EXPECT_EQ(state.Find("champion")->version, VersionNumber(1));
  const auto moved = Decide(state, MoveAlias{"champion", VersionNumber(2), "op"}, Noon());
  ASSERT_EQ(moved->size(), 1u);
  EXPECT_EQ(std::get<AliasMoved>(moved->front()).from, VersionNumber(1));
  Apply(state, moved->front());
  EXPECT_THAT(state.AliasesOf(VersionNumber(2)), ::testing::ElementsAre("champion"));
  EXPECT_THAT(state.AliasesOf(VersionNumber(1)), ::testing::IsEmpty());
  ASSERT_OK(Do(state, MoveAlias{"champion", VersionNumber(), "op"}));
  EXPECT_EQ(state.Find("champion"), nullptr);
}

TEST(Model, AnAliasThatPointsThereAlreadyIsNoFact) {
  ModelState state = WithVersions(1);
  ASSERT_OK(Do(state, MoveAlias{"champion", VersionNumber(1), "op"}));
  EXPECT_TRUE(Decide(state, MoveAlias{"champion", VersionNumber(1), "op"}, Noon())->empty());
}

TEST(Model, LatestIsTheNewestVersionAndNobodysToMove) {
  ModelState state = WithVersions(2);
  EXPECT_EQ(state.Find("latest")->version, VersionNumber(2));
  ExpectInvalid(Do(state, MoveAlias{"latest", VersionNumber(1), "op"}), "alias");
}

TEST(Model, AliasesHaveNamesAndTargets) {
  ModelState state = WithVersions(1);
  for (const std::string& alias : {std::string(), std::string("Champion"), std::string("1st"),
                                   std::string("a_b"), std::string("a/b"), std::string(42, 'a')}) {
    SCOPED_TRACE(alias);
    ExpectInvalid(Do(state, MoveAlias{alias, VersionNumber(1), "op"}), "alias");
  }
  EXPECT_TRUE(Do(state, MoveAlias{std::string(41, 'a'), VersionNumber(1), "op"}).ok());
  ExpectRefused(Do(state, MoveAlias{"champion", VersionNumber(2), "op"}), StatusCode::kNotFound,
                Reason::kRESOURCE_NOT_FOUND, "");
  ExpectRefused(Do(state, MoveAlias{"champion", VersionNumber(), "op"}), StatusCode::kNotFound,
                Reason::kRESOURCE_NOT_FOUND, "");
}

// --- Rows ---

template <typename Fact>
Fact ThereAndBack(const Fact& fact) {
  const auto row = EncodeFact(ModelFact(fact));
  EXPECT_TRUE(row.ok()) << row.status();
  const auto back = DecodeModelFact(ModelName("turbofan"), *row);
  EXPECT_TRUE(back.ok()) << back.status();
  return std::get<Fact>(*back);
}

TEST(ModelFacts, ComeBackAsTheyWere) {
  ModelSpec bare = Pinned();
  bare.label.max.reset();
  bare.label.scale.reset();
  ModelSpec binary = bare;
  binary.label.type = LabelType::kBinary;
  for (const ModelSpec& spec : {Pinned(), bare, binary}) {
    const ModelApplied applied = ThereAndBack(ModelApplied{spec, Noon(), "operator/ann"});
    EXPECT_EQ(applied.spec, spec);
    EXPECT_EQ(applied.at, Noon());
    EXPECT_EQ(applied.by, "operator/ann");
  }

  ModelVersion version = WithVersions(1).versions[0];
  EXPECT_EQ(ThereAndBack(ModelVersionCreated{version}).version, version);
  version.module = Digest({std::byte{7}});
  version.parent = VersionNumber(1);
  version.origin = CampaignRound{CampaignName("c"), RoundNumber(200)};
  version.measured.metrics = {{"rmse", 13.456789012345678}, {"mae", -0.1}};
  EXPECT_EQ(ThereAndBack(ModelVersionCreated{version}).version, version);

  const AliasMoved moved = ThereAndBack(AliasMoved{
      "champion", VersionNumber(2), VersionNumber(1), Noon(), "system", How::kSet, "", {}});
  EXPECT_EQ(moved.alias, "champion");
  EXPECT_EQ(moved.version, VersionNumber(2));
  EXPECT_EQ(moved.from, VersionNumber(1));
  EXPECT_EQ(moved.by, "system");
}

TEST(ModelFacts, ARowThatIsNoModelsIsDataLoss) {
  const std::string good = *EncodeFact(ModelFact(ModelVersionCreated{WithVersions(1).versions[0]}));
  ASSERT_TRUE(DecodeModelFact(ModelName("turbofan"), good).ok());
  std::string bad_digest = good;
  bad_digest.replace(bad_digest.find("sha256:"), 7, "sha999:");
  for (const std::string& row :
       {std::string("{}"), std::string(R"({"type":"X","by":"a","at":1})"), bad_digest,
        std::string(R"({"type":"ModelApplied","by":"a","at":1})"),
        std::string(R"({"type":"AliasMoved","by":"a","at":1,"alias":"x","version":-1,"from":0})"),
        good.substr(0, good.size() / 2)}) {
    SCOPED_TRACE(row);
    EXPECT_EQ(DecodeModelFact(ModelName("turbofan"), row).status().code(), StatusCode::kDataLoss);
  }
}

}  // namespace
}  // namespace muster::registry
