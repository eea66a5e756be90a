// What people add to versions that are there, and the rows of all facts that came with it.
#include <gmock/gmock.h>

#include <limits>

#include "tests/unit/registry/gates_fixture.h"

namespace muster::registry {
namespace {
using absl::StatusCode;
using ::testing::ElementsAre;
using ::testing::SizeIs;

class Notes : public ::testing::Test {
 protected:
  Notes() { model_.Add(Rmse(14, 0.2, 8)); }
  const VersionNotes& Of(std::uint64_t version) { return model_.state.notes[version - 1]; }
  const Measurements& Measured() { return model_.state.versions[0].measured; }
  Status Measure(Measurements measured) {
    return model_.Do(MeasureVersion{VersionNumber(1), std::move(measured), "operator/ann"});
  }
  Status Tag(std::map<std::string, std::string> set, std::vector<std::string> remove = {}) {
    return model_.Do(TagVersion{VersionNumber(1), std::move(set), std::move(remove), "operator/a"});
  }
  GatedModel model_{AllGates()};
};

TEST_F(Notes, OfAVersionThatIsMissingAreRefused) {
  for (const std::uint64_t v : {0, 2, 1'000'000}) {
    const VersionNumber version(v);
    for (const ModelEvent& event :
         {ModelEvent(ApproveVersion{version, "", {}, "operator/ann"}),
          ModelEvent(CertifyVersion{version, "x86-64", {}, "operator/ann"}),
          ModelEvent(MeasureVersion{version, Rmse(1), "operator/ann"}),
          ModelEvent(TagVersion{version, {{"a", "b"}}, {}, "operator/ann"})})
      ExpectRefused(model_.Do(event), StatusCode::kNotFound, Reason::kRESOURCE_NOT_FOUND, "");
  }
}

TEST_F(Notes, ApprovingTwiceIsApprovingOnce) {
  ASSERT_OK(model_.Do(ApproveVersion{VersionNumber(1), "fine", {}, "operator/ann"}));
  ASSERT_OK(model_.Do(ApproveVersion{VersionNumber(1), "still fine", {}, "operator/ann"}));
  EXPECT_TRUE(model_.last.empty());
  ASSERT_THAT(Of(1).approvals, SizeIs(1));
  EXPECT_EQ(Of(1).approvals[0], (Approval{"operator/ann", Noon(), "fine"}));
}

TEST_F(Notes, WhoLacksTheRoleNeitherApprovesNorCertifiesAndThatIsAFact) {
  const Roles roles = *Roles::Make({{"reviewer", {"ann"}}, {"certifier", {"bob"}}});
  ExpectRefused(model_.Do(ApproveVersion{VersionNumber(1), "", roles, "operator/bob"}),
                StatusCode::kPermissionDenied, Reason::kROLE_MISSING, "");
  const auto& denied = std::get<ModelActionDenied>(model_.last.at(0));
  EXPECT_EQ(denied.action, "approve");
  EXPECT_EQ(denied.version, VersionNumber(1));
  EXPECT_EQ(denied.by, "operator/bob");
  ExpectRefused(model_.Do(CertifyVersion{VersionNumber(1), "x86-64", roles, "operator/ann"}),
                StatusCode::kPermissionDenied, Reason::kROLE_MISSING, "");
  EXPECT_EQ(Of(1), VersionNotes());
  ASSERT_OK(model_.Do(ApproveVersion{VersionNumber(1), "", roles, "operator/ann"}));
  ASSERT_OK(model_.Do(CertifyVersion{VersionNumber(1), "x86-64", roles, "operator/bob"}));
}

TEST_F(Notes, CommentsAndHardwareAreBounded) {
  ExpectInvalid(
      model_.Do(ApproveVersion{VersionNumber(1), std::string(1025, 'x'), {}, "operator/ann"}),
      "comment");
  ExpectInvalid(model_.Do(CertifyVersion{VersionNumber(1), "a b", {}, "operator/ann"}), "hardware");
  for (int i = 0; i < 256; ++i)
    ASSERT_OK(
        model_.Do(CertifyVersion{VersionNumber(1), fmt::format("h{}", i), {}, "operator/ann"}));
  ExpectInvalid(model_.Do(CertifyVersion{VersionNumber(1), "h256", {}, "operator/ann"}),
                "hardware");
}

TEST_F(Notes, MeasurementsAddUpAndNeverChange) {
  ASSERT_OK(Measure({.metrics = {{"mae", 9.5}}, .slices = {{"line-1", {{"rmse", 12}}}}}));
  ASSERT_OK(Measure({.slices = {{"line-1", {{"mae", 8}}}, {"line-2", {{"rmse", 16}}}},
                     .energy = Energy{0.2, "wall meter"}}));
  EXPECT_EQ(Measured().metrics, (Metrics{{"mae", 9.5}, {"rmse", 14}}));
  EXPECT_EQ(Measured().slices.at("line-1"), (Metrics{{"mae", 8}, {"rmse", 12}}));
  EXPECT_EQ(Measured().energy->kwh, 0.2);
  const Measurements before = Measured();
  const auto refused = [&](Measurements measured, const char* path) {
    ExpectRefused(Measure(std::move(measured)), StatusCode::kFailedPrecondition,
                  Reason::kVERSION_IMMUTABLE, path);
    EXPECT_EQ(Measured(), before);
  };
  refused({.metrics = {{"rmse", 13}, {"new", 1}}}, "metrics.rmse");
  refused({.slices = {{"line-1", {{"rmse", 13}}}}}, "slices.line-1.rmse");
  refused(Rmse(14, 0.1), "metrics.rmse");
  refused({.energy = Energy{0.1, "wall meter"}}, "energy");
}

TEST_F(Notes, TheSameMeasurementAgainIsNoFact) {
  ASSERT_OK(Measure(Rmse(14, 0.2, 8)));
  EXPECT_TRUE(model_.last.empty());
  ASSERT_OK(Measure({}));
  EXPECT_TRUE(model_.last.empty());
}

TEST_F(Notes, ASpreadMayComeAfterItsMetric) {
  ASSERT_OK(Measure({.metrics = {{"mae", 9}}}));
  Measurements later{.metrics = {{"mae", 9}}};
  later.spreads["mae"] = {0.1, 0, 0};
  ASSERT_OK(Measure(later));
  EXPECT_EQ(Measured().spreads.at("mae").standard_error, 0.1);
}

TEST_F(Notes, MeasurementsThatAreNoneAreRefusedWithTheirPlace) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  ExpectInvalid(Measure({.metrics = {{"a b", 1}}}), "metrics");
  ExpectInvalid(Measure({.metrics = {{"mae", kNan}}}), "metrics.mae");
  ExpectInvalid(Measure(Rmse(14, -0.1)), "metrics.rmse.standard_error");
  ExpectInvalid(Measure(Rmse(14, kNan)), "metrics.rmse.standard_error");
  ExpectInvalid(Measure({.spreads = {{"mae", {0.1, 0, 0}}}}), "metrics.mae");
  ExpectInvalid(Measure({.metrics = {{"m", 1}}, .spreads = {{"m", {{}, 1ULL << 53, 0}}}}),
                "metrics.m.count");
  ExpectInvalid(Measure({.slices = {{"a b", {}}}}), "slices");
  ExpectInvalid(Measure({.slices = {{"a", {{"rmse", kNan}}}}}), "slices.a.rmse");
  ExpectInvalid(Measure({.energy = Energy{-1, "meter"}}), "energy.kwh");
  ExpectInvalid(Measure({.energy = Energy{1, ""}}), "energy.source");
  Measurements many;
  for (int i = 0; i < 63; ++i) many.metrics[fmt::format("m{}", i)] = i;
  ASSERT_OK(Measure(many));
  ExpectInvalid(Measure({.metrics = {{"one-more", 1}}}), "metrics");  // 64 are there already.
}

TEST_F(Notes, TagsAreSetChangedAndRemoved) {
  ASSERT_OK(Tag({{"env", "test"}, {"owner", "ann"}}));
  ASSERT_OK(Tag({{"env", "prod"}, {"owner", "ann"}}, {}));
  const auto& fact = std::get<VersionTagged>(model_.last.at(0));
  EXPECT_EQ(fact.set, (std::map<std::string, std::string>{{"env", "prod"}}));
  ASSERT_OK(Tag({}, {"owner", "owner"}));
  EXPECT_EQ(Of(1).tags, (std::map<std::string, std::string>{{"env", "prod"}}));
  ASSERT_OK(Tag({{"env", "prod"}}));
  EXPECT_TRUE(model_.last.empty());
}

TEST_F(Notes, TagsThatAreNoneAreRefused) {
  ExpectInvalid(Tag({{"a b", "x"}}), "set");
  ExpectInvalid(Tag({{"a", "x\ny"}}), "set.a");
  ExpectInvalid(Tag({{"a", std::string(257, 'x')}}), "set.a");
  ExpectRefused(Tag({}, {"a"}), StatusCode::kNotFound, Reason::kRESOURCE_NOT_FOUND, "");
  std::map<std::string, std::string> many;
  for (int i = 0; i < 64; ++i) many[fmt::format("t{}", i)] = "x";
  ASSERT_OK(Tag(many));
  ExpectInvalid(Tag({{"one-more", "x"}}), "set");
  ExpectInvalid(Tag({{"t0", "y"}}, {"t0"}), "remove");
  ASSERT_OK(Tag({{"one-more", "x"}}, {"t0"}));
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

TEST(NewFacts, ComeBackAsTheyWere) {
  const std::vector<Verdict> verdicts{{"metric", true, "0.5 better"}, {"freeze", false, "fri"}};
  const AliasMoved moved =
      ThereAndBack(AliasMoved{"champion", VersionNumber(2), VersionNumber(1), Noon(), "operator/a",
                              How::kRollback, "why not", verdicts});
  EXPECT_EQ(moved.how, How::kRollback);
  EXPECT_EQ(moved.override_reason, "why not");
  EXPECT_EQ(moved.verdicts, verdicts);
  const PromotionRefused refused =
      ThereAndBack(PromotionRefused{"champion", VersionNumber(2), VersionNumber(1), How::kPromotion,
                                    verdicts, Reason::kROLE_MISSING, Noon(), "operator/a"});
  EXPECT_EQ(refused.alias, "champion");
  EXPECT_EQ(refused.from, VersionNumber(1));
  EXPECT_EQ(refused.reason, Reason::kROLE_MISSING);
  EXPECT_EQ(refused.verdicts, verdicts);
  EXPECT_EQ(refused.at, Noon());
  const PromotionOverridden overridden = ThereAndBack(PromotionOverridden{
      "champion", VersionNumber(2), VersionNumber(1), "42", verdicts, Noon(), "operator/a"});
  EXPECT_EQ(overridden.why, "42");
  EXPECT_EQ(overridden.verdicts, verdicts);
  const VersionApproved approved =
      ThereAndBack(VersionApproved{VersionNumber(2), "fine", Noon(), "operator/a"});
  EXPECT_EQ(approved.comment, "fine");
  EXPECT_EQ(approved.by, "operator/a");
  EXPECT_EQ(
      ThereAndBack(VersionCertified{VersionNumber(2), "x86-64", Noon(), "operator/a"}).hardware,
      "x86-64");
  const VersionTagged tagged = ThereAndBack(
      VersionTagged{VersionNumber(2), {{"env", "prod"}}, {"old", "older"}, Noon(), "operator/a"});
  EXPECT_EQ(tagged.set.at("env"), "prod");
  EXPECT_THAT(tagged.removed, ElementsAre("old", "older"));
  const VersionReferenced referenced =
      ThereAndBack(VersionReferenced{VersionNumber(2),
                                     MonitorName("fleet"),
                                     Digest::Parse("sha256:" + std::string(64, '5')).value(),
                                     {3000, 60, 12},
                                     Noon(),
                                     "system"});
  EXPECT_EQ(referenced.monitor, MonitorName("fleet"));
  EXPECT_EQ(referenced.extent, (ReferenceExtent{3000, 60, 12}));
  const ModelActionDenied denied =
      ThereAndBack(ModelActionDenied{"approve", VersionNumber(2), Reason::kAPPROVAL_BY_AUTHOR,
                                     "operator/a made it", Noon(), "operator/a"});
  EXPECT_EQ(denied.reason, Reason::kAPPROVAL_BY_AUTHOR);
  EXPECT_EQ(denied.why, "operator/a made it");
}

Measurements Everything() {
  Measurements out = Rmse(13.456789012345678, 0.25, 12);
  out.metrics["mae"] = -0.1;
  out.spreads["mae"] = {{}, 5000, 0};
  out.slices = {{"line-1", {{"rmse", 12.5}}}, {"line-2", {}}};
  out.energy = Energy{0.125, "wall meter"};
  return out;
}

TEST(NewFacts, MeasurementsGatesAndLineageComeBackAsTheyWere) {
  const VersionMeasured measured =
      ThereAndBack(VersionMeasured{VersionNumber(1), Everything(), Noon(), "operator/a"});
  EXPECT_EQ(measured.measured, Everything());

  GatedModel model(AllGates());
  EXPECT_EQ(ThereAndBack(ModelApplied{*model.state.spec, Noon(), "operator/a"}).spec,
            *model.state.spec);

  model.Add(Everything());
  ModelVersion version = model.state.versions[0];
  Lineage& lineage = version.lineage.emplace();
  lineage = {RoundNumber(1),
             RoundNumber(20),
             Digest({std::byte{3}}),
             80,
             "{\"name\":\"fedavg\"}",
             "{\"least\":3}",
             Digest({std::byte{4}}),
             Digest({std::byte{5}}),
             1234,
             8,
             "operator/ann",
             Baseline{VersionNumber(1), Rmse(15, 0.25, 8), 1200, 8, 7, {{"rmse", {-1, 0.125, 7}}}}};
  lineage.baseline->measured.slices = {{"drifted", {{"rmse", 19}}}};
  EXPECT_EQ(ThereAndBack(ModelVersionCreated{version}).version, version);
  lineage.secure.clear();
  lineage.code.reset();
  lineage.baseline->differences.clear();
  EXPECT_EQ(ThereAndBack(ModelVersionCreated{version}).version, version);
  lineage.baseline.reset();
  EXPECT_EQ(ThereAndBack(ModelVersionCreated{version}).version, version);
}

TEST(NewFacts, RowsFromBeforeTheyWereKeptStillRead) {
  const ModelName name("turbofan");
  const auto version = DecodeModelFact(
      name,
      R"({"at":1,"by":"system","campaign":"c","contract":"engine","contract_version":1,"metrics":{"rmse":"14"},"parameters":6,"params":"sha256:0100000000000000000000000000000000000000000000000000000000000000","round":3,"type":"ModelVersionCreated","version":1})");
  ASSERT_OK(version.status());
  const ModelVersion& v = std::get<ModelVersionCreated>(*version).version;
  EXPECT_EQ(v.measured, Rmse(14));
  EXPECT_FALSE(v.lineage.has_value());
  const auto moved = DecodeModelFact(
      name,
      R"({"alias":"champion","at":2,"by":"operator/a","from":0,"type":"AliasMoved","version":1})");
  ASSERT_OK(moved.status());
  EXPECT_EQ(std::get<AliasMoved>(*moved).how, How::kSet);
  const auto applied = DecodeModelFact(
      name,
      R"({"at":0,"by":"operator/a","contract":"engine","contract_version":1,"description":"","features":["s2"],"label":{"field":"cycles"},"rows":1,"stride":1,"type":"ModelApplied"})");
  ASSERT_OK(applied.status());
  EXPECT_FALSE(std::get<ModelApplied>(*applied).spec.gates.has_value());
}

TEST(NewFacts, ARowThatIsNoneIsDataLoss) {
  const auto loss = [](const char* row) {
    SCOPED_TRACE(row);
    EXPECT_EQ(DecodeModelFact(ModelName("m"), row).status().code(), StatusCode::kDataLoss);
  };
  loss(R"({"at":1,"by":"a","type":"VersionApproved","version":0,"comment":""})");
  loss(R"({"at":1,"by":"a","type":"VersionApproved","version":1})");
  loss(R"({"at":1,"by":"a","type":"VersionCertified","version":1,"hardware":3})");
  loss(R"({"at":1,"by":"a","type":"VersionMeasured","version":1})");
  loss(R"({"at":1,"by":"a","type":"VersionMeasured","version":1,"metrics":[]})");
  loss(R"({"at":1,"by":"a","type":"VersionMeasured","version":1,"metrics":{"a":"x"}})");
  loss(R"({"at":1,"by":"a","type":"VersionMeasured","version":1,"metrics":{},"slices":3})");
  loss(R"({"at":1,"by":"a","type":"VersionMeasured","version":1,"metrics":{},"spreads":{"a":1}})");
  loss(R"({"at":1,"by":"a","type":"VersionTagged","version":1,"set":[],"removed":[]})");
  loss(R"({"at":1,"by":"a","type":"VersionTagged","version":1,"set":{"a":1},"removed":[]})");
  loss(R"({"at":1,"by":"a","type":"AliasMoved","version":1,"from":0,"alias":"a","how":"magic"})");
  loss(R"({"at":1,"by":"a","type":"AliasMoved","version":1,"from":0,"alias":"a","verdicts":3})");
  loss(R"({"at":1,"by":"a","type":"PromotionRefused","version":1,"from":0,"alias":"a"})");
  loss(
      R"({"at":1,"by":"a","type":"PromotionRefused","version":1,"from":0,"alias":"a","verdicts":[],"reason":"NONE"})");
  loss(R"({"at":1,"by":"a","type":"ModelActionDenied","version":1,"action":"x","why":""})");
}

TEST(NewFacts, AFactAboutAVersionThatIsNotThereChangesNothing) {
  GatedModel model;
  model.Add();
  const auto notes = model.state.notes;
  Apply(model.state, VersionApproved{VersionNumber(7), "", Noon(), "operator/a"});
  EXPECT_EQ(model.state.notes, notes);
}

}  // namespace
}  // namespace muster::registry
