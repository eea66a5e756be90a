#include "registry/promotion.h"

#include <gmock/gmock.h>

#include "tests/unit/registry/gates_fixture.h"

namespace muster::registry {
namespace {
using absl::StatusCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// Version 1 in place with an rmse of 14; version 2 is better, version 3 worse.
GatedModel Three(Gates gates) {
  GatedModel model;
  model.Add(Rmse(14));
  model.Add(Rmse(13));
  model.Add(Rmse(15));
  EXPECT_TRUE(model.Do(MoveAlias{"champion", VersionNumber(1), "operator/maker"}).ok());
  ModelSpec spec = *model.state.spec;
  spec.gates = std::move(gates);
  EXPECT_TRUE(model.Do(ApplyModel{spec, EngineContractVersion(), {}, "operator/maker"}).ok());
  return model;
}
Gates MetricOnly() {
  Gates gates;
  gates.metric = MetricGate{"rmse", Better::kLower, "", 0, {}};
  return gates;
}
template <typename Fact>
const Fact& The(const ModelFacts& facts, std::size_t at = 0) {
  return std::get<Fact>(facts.at(at));
}

// --- Through the gates ---

TEST(Promotion, AVersionThatPassesIsMovedToWithWhatTheGatesSaid) {
  GatedModel model = Three(MetricOnly());
  ASSERT_OK(model.Promote(2));
  const auto& moved = The<AliasMoved>(model.last);
  EXPECT_EQ(moved.version, VersionNumber(2));
  EXPECT_EQ(moved.from, VersionNumber(1));
  EXPECT_EQ(moved.how, How::kPromotion);
  EXPECT_EQ(moved.by, "operator/pat");
  ASSERT_THAT(moved.verdicts, SizeIs(1));
  EXPECT_TRUE(moved.verdicts[0].passed);
  EXPECT_EQ(model.Champion(), 2u);
}

TEST(Promotion, ARefusalIsAFactThatMovesNothing) {
  GatedModel model = Three(MetricOnly());
  const ModelState before = model.state;
  const Status refused = model.Promote(3);
  ExpectRefused(refused, StatusCode::kFailedPrecondition, Reason::kGATE_REFUSED, "");
  EXPECT_THAT(std::string(MessageOf(refused)),
              HasSubstr("'champion' stays at version 1. metric: rmse 15 is 1 worse"));
  const auto& fact = The<PromotionRefused>(model.last);
  EXPECT_EQ(fact.version, VersionNumber(3));
  EXPECT_EQ(fact.from, VersionNumber(1));
  EXPECT_FALSE(fact.verdicts.at(0).passed);
  EXPECT_EQ(model.state, before);
}

TEST(Promotion, WhatIsThereAlreadyIsNotJudged) {
  GatedModel model = Three(MetricOnly());
  ASSERT_OK(model.Promote(1));
  EXPECT_TRUE(model.last.empty());
}

TEST(Promotion, AnAliasThatNobodyGuardsMovesWithoutQuestions) {
  GatedModel model = Three(MetricOnly());
  PromoteVersion event = model.Promoting(3);
  event.alias = "canary";
  ASSERT_OK(model.Do(event));
  EXPECT_TRUE(The<AliasMoved>(model.last).verdicts.empty());
  ASSERT_OK(model.Do(MoveAlias{"canary", VersionNumber(1), "operator/pat"}));
  EXPECT_EQ(The<AliasMoved>(model.last).how, How::kSet);
}

TEST(Promotion, AGuardedAliasCannotBeSetPastItsGates) {
  GatedModel model = Three(MetricOnly());
  for (const std::uint64_t version : {3, 2, 0})
    ExpectRefused(model.Do(MoveAlias{"champion", VersionNumber(version), "operator/pat"}),
                  StatusCode::kFailedPrecondition, Reason::kGATE_REFUSED, "");
  EXPECT_EQ(model.Champion(), 1u);
}

TEST(Promotion, AVersionThatIsMissingIsNotFoundAndNoFact) {
  GatedModel model = Three(MetricOnly());
  for (const auto& event : {model.Promoting(4), model.Promoting(1'000'000)})
    ExpectRefused(Decide(model.state, event, Noon()).status(), StatusCode::kNotFound,
                  Reason::kRESOURCE_NOT_FOUND, "");
  PromoteVersion event = model.Promoting(2);
  for (const char* alias : {"latest", "", "Champion"}) {
    event.alias = alias;
    ExpectInvalid(Decide(model.state, event, Noon()).status(), "alias");
  }
}

TEST(Promotion, ItsAuthorsOwnYesIsNotEnough) {
  Gates gates;
  gates.approvals = ApprovalsGate{1, "reviewer"};
  GatedModel model = Three(gates);
  // Who made it may not approve it at all; who promotes it is not counted.
  ExpectRefused(model.Do(ApproveVersion{VersionNumber(2), "", {}, "operator/maker"}),
                StatusCode::kPermissionDenied, Reason::kAPPROVAL_BY_AUTHOR, "");
  ASSERT_OK(model.Do(ApproveVersion{VersionNumber(2), "", {}, "operator/pat"}));
  ExpectRefused(model.Promote(2), StatusCode::kFailedPrecondition, Reason::kGATE_REFUSED, "");
  ASSERT_OK(model.Do(ApproveVersion{VersionNumber(2), "looks good", {}, "operator/ann"}));
  ASSERT_OK(model.Promote(2));
}

// --- Overriding ---

TEST(Promotion, AnOverrideOfWhoHoldsTheRoleMovesAndLeavesAFactWithTheReason) {
  GatedModel model = Three(MetricOnly());
  model.roles = *Roles::Make({{"release-manager", {"pat"}}});
  PromoteVersion event = model.Promoting(3);
  event.override_reason = "incident 42";
  ASSERT_OK(model.Do(event));
  ASSERT_THAT(model.last, SizeIs(2));
  const auto& overridden = The<PromotionOverridden>(model.last, 0);
  EXPECT_EQ(overridden.why, "incident 42");
  EXPECT_EQ(overridden.version, VersionNumber(3));
  EXPECT_EQ(overridden.by, "operator/pat");
  EXPECT_FALSE(overridden.verdicts.at(0).passed);
  EXPECT_EQ(The<AliasMoved>(model.last, 1).override_reason, "incident 42");
  EXPECT_EQ(model.Champion(), 3u);
}

TEST(Promotion, AnOverrideOfWhoDoesNotHoldTheRoleIsRefused) {
  GatedModel model = Three(MetricOnly());
  model.roles = *Roles::Make({{"release-manager", {"cy"}}});
  PromoteVersion event = model.Promoting(3);
  event.override_reason = "please";
  const Status refused = model.Do(event);
  ExpectRefused(refused, StatusCode::kPermissionDenied, Reason::kROLE_MISSING, "");
  EXPECT_THAT(std::string(MessageOf(refused)),
              HasSubstr("operator/pat does not hold release-manager; operator/cy does"));
  EXPECT_EQ(The<PromotionRefused>(model.last).reason, Reason::kROLE_MISSING);
  EXPECT_EQ(model.Champion(), 1u);
}

TEST(Promotion, AnOverrideThatNothingNeedsIsAPromotion) {
  GatedModel model = Three(MetricOnly());
  model.roles = *Roles::Make({{"release-manager", {"cy"}}});  // Not asked for.
  PromoteVersion event = model.Promoting(2);
  event.override_reason = "to be sure";
  ASSERT_OK(model.Do(event));
  ASSERT_THAT(model.last, SizeIs(1));
  EXPECT_EQ(The<AliasMoved>(model.last).override_reason, "");
}

TEST(Promotion, AnOverrideSaysWhyInWords) {
  GatedModel model = Three(MetricOnly());
  PromoteVersion event = model.Promoting(3);
  for (const std::string& why : {std::string(" \n\t"), std::string(1025, 'x')}) {
    event.override_reason = why;
    ExpectInvalid(model.Do(event), "override_reason");
  }
  EXPECT_EQ(model.Champion(), 1u);
}

TEST(Promotion, TheRoleThatOverridesIsTheModelsToName) {
  Gates gates = MetricOnly();
  gates.override_role = "night-shift";
  GatedModel model = Three(gates);
  model.roles = *Roles::Make({{"night-shift", {"pat"}}});
  PromoteVersion event = model.Promoting(3);
  event.override_reason = "it is 3 o'clock";
  ASSERT_OK(model.Do(event));
}

TEST(Promotion, AGuardedAliasIsTakenAwayByOverrideAlone) {
  GatedModel model = Three(MetricOnly());
  PromoteVersion event = model.Promoting(0);
  ExpectRefused(model.Do(event), StatusCode::kFailedPrecondition, Reason::kGATE_REFUSED, "");
  EXPECT_EQ(The<PromotionRefused>(model.last).verdicts.at(0).gate, "removal");
  event.override_reason = "the product is gone";
  ASSERT_OK(model.Do(event));
  EXPECT_EQ(model.Champion(), 0u);
  ExpectRefused(model.Do(event), StatusCode::kNotFound, Reason::kRESOURCE_NOT_FOUND, "");
}

// --- Gates that stand ---

TEST(Promotion, GatesThatStandAreChangedByWhoMayOverrideThem) {
  GatedModel model = Three(MetricOnly());
  ModelSpec loose = *model.state.spec;
  loose.gates.reset();
  const Roles roles = *Roles::Make({{"release-manager", {"cy"}}});
  const auto applying = [&](const ModelSpec& spec, const char* by) {
    return ApplyModel{spec, EngineContractVersion(), EngineContractVersion(), by, roles};
  };
  ExpectRefused(model.Do(applying(loose, "operator/pat")), StatusCode::kPermissionDenied,
                Reason::kROLE_MISSING, "");
  EXPECT_EQ(The<ModelActionDenied>(model.last).action, "change-gates");
  EXPECT_TRUE(model.state.spec->gates.has_value());
  ModelSpec words = *model.state.spec;
  words.description = "better words";
  ASSERT_OK(model.Do(applying(words, "operator/pat")));
  loose.description = words.description;
  ASSERT_OK(model.Do(applying(loose, "operator/cy")));
  EXPECT_FALSE(model.state.spec->gates.has_value());
  ASSERT_OK(model.Do(applying(words, "operator/pat")));  // None stand: anybody may add some.
}

// --- Rollback ---

PromoteVersion Back(const GatedModel& model, std::uint64_t to) {
  PromoteVersion event = model.Promoting(to);
  event.how = How::kRollback;
  return event;
}

TEST(Rollback, AsksTheGatesOfItsRuleAlone) {
  GatedModel model = Three(MetricOnly());
  ASSERT_OK(model.Promote(2));
  ASSERT_OK(model.Do(Back(model, 1)));  // Worse, and no gate of a rollback.
  const auto& moved = The<AliasMoved>(model.last);
  EXPECT_EQ(moved.how, How::kRollback);
  ASSERT_THAT(moved.verdicts, SizeIs(1));
  EXPECT_EQ(moved.verdicts[0].gate, "role");
  EXPECT_EQ(model.Champion(), 1u);
}

TEST(Rollback, GoesOnlyToWhereTheAliasWas) {
  GatedModel model = Three(MetricOnly());
  ASSERT_OK(model.Promote(2));
  ExpectRefused(model.Do(Back(model, 3)), StatusCode::kNotFound, Reason::kRESOURCE_NOT_FOUND, "");
  EXPECT_EQ(model.Champion(), 2u);
}

TEST(Rollback, NeedsTheRoleOfItsRule) {
  Gates gates = MetricOnly();
  gates.rollback.role = "oncall";
  GatedModel model = Three(gates);
  ASSERT_OK(model.Promote(2));
  model.roles = *Roles::Make({{"oncall", {"ann"}}, {"release-manager", {"pat"}}});
  ExpectRefused(model.Do(Back(model, 1)), StatusCode::kPermissionDenied, Reason::kROLE_MISSING, "");
  PromoteVersion event = Back(model, 1);
  event.by = "operator/ann";
  ASSERT_OK(model.Do(event));
}

TEST(Rollback, AWindowHoldsItToo) {
  Gates gates;
  gates.freeze = {{Noon(), {}, 0, {}}};
  GatedModel model = Three({});
  ASSERT_OK(model.Promote(2));
  ModelSpec spec = *model.state.spec;
  spec.gates = gates;
  ASSERT_OK(model.Do(ApplyModel{spec, EngineContractVersion(), {}, "operator/maker"}));
  ExpectRefused(model.Do(Back(model, 1)), StatusCode::kFailedPrecondition, Reason::kGATE_REFUSED,
                "");
  PromoteVersion event = Back(model, 1);
  event.override_reason = "the line stands still";
  ASSERT_OK(model.Do(event));
}

AliasMove To(std::uint64_t version, How how = How::kPromotion) {
  return {VersionNumber(version), {}, Noon(), "operator/pat", how, ""};
}

TEST(Rollback, LeadsBackStepByStepAndNeverInACircle) {
  AliasMoves moves;
  EXPECT_EQ(RollbackTarget(moves), VersionNumber());
  moves.push_back(To(1));
  EXPECT_EQ(RollbackTarget(moves), VersionNumber());
  moves.push_back(To(2));
  moves.push_back(To(3));
  EXPECT_EQ(RollbackTarget(moves), VersionNumber(2));
  moves.push_back(To(2, How::kRollback));
  EXPECT_EQ(RollbackTarget(moves), VersionNumber(1));
  moves.push_back(To(1, How::kRollback));
  EXPECT_EQ(RollbackTarget(moves), VersionNumber());
  moves.push_back(To(4));
  EXPECT_EQ(RollbackTarget(moves), VersionNumber(1));
  moves.push_back(To(0));  // Taken away: back to what was there.
  EXPECT_EQ(RollbackTarget(moves), VersionNumber(4));
  moves.push_back(To(5));
  moves.push_back(To(4));
  moves.push_back(To(4));
  EXPECT_EQ(RollbackTarget(moves), VersionNumber(5));
}

// --- History ---

TEST(AliasHistory, SaysWhatHeldAtAnyInstant) {
  const auto at = [](int hour) { return Noon() + std::chrono::hours(hour); };
  AliasMoves moves{To(1), To(2), To(0), To(3)};
  for (int i = 0; i < 4; ++i) moves[static_cast<std::size_t>(i)].at = at(10 * i);
  EXPECT_EQ(HeldAt(moves, at(-1)), nullptr);
  EXPECT_EQ(HeldAt(moves, at(0))->version, VersionNumber(1));
  EXPECT_EQ(HeldAt(moves, at(9))->version, VersionNumber(1));
  EXPECT_EQ(HeldAt(moves, at(10))->version, VersionNumber(2));
  EXPECT_EQ(HeldAt(moves, at(25))->version, VersionNumber());
  EXPECT_EQ(HeldAt(moves, at(1000))->version, VersionNumber(3));
  EXPECT_TRUE(HasHeld(moves, VersionNumber(2)));
  EXPECT_FALSE(HasHeld(moves, VersionNumber(4)));
  EXPECT_FALSE(HasHeld(moves, VersionNumber()));
}

TEST(AliasHistory, IsKeptOfEveryMove) {
  GatedModel model = Three(MetricOnly());
  ASSERT_OK(model.Promote(2));
  PromoteVersion event = model.Promoting(3);
  event.override_reason = "incident 42";
  ASSERT_OK(model.Do(event));
  std::vector<std::uint64_t> versions;
  for (const AliasMove& move : model.state.HistoryOf("champion"))
    versions.push_back(move.version.value());
  EXPECT_THAT(versions, ElementsAre(1, 2, 3));
  EXPECT_EQ(model.state.HistoryOf("champion").back().override_reason, "incident 42");
  EXPECT_TRUE(model.state.HistoryOf("canary").empty());
}

// --- A clock that goes backwards ---

TEST(ModelClock, NothingIsRecordedBeforeTheNewestFact) {
  GatedModel model = Three(MetricOnly());
  const ModelState before = model.state;
  model.now = Noon() - Duration(1);
  const auto refused = [&](const ModelEvent& event) {
    const Status status = model.Do(event);
    ExpectRefused(status, StatusCode::kFailedPrecondition, Reason::kCLOCK_BACKWARDS, "");
    EXPECT_THAT(std::string(MessageOf(status)), HasSubstr("set the coordinator's clock right"));
    EXPECT_EQ(model.state, before);
  };
  ModelSpec spec = *model.state.spec;
  spec.description = "other";
  refused(ApplyModel{spec, EngineContractVersion(), {}, "operator/maker"});
  refused(CreateModelVersion{Digest({std::byte{9}}), {}, 1, {}, {}, {}, {}, "operator/maker"});
  refused(model.Promoting(2));
  refused(model.Promoting(3));  // A refusal is a fact as well.
  refused(ApproveVersion{VersionNumber(2), "", {}, "operator/ann"});
  refused(CertifyVersion{VersionNumber(2), "x86-64", {}, "operator/ann"});
  refused(MeasureVersion{VersionNumber(2), {.metrics = {{"mae", 1}}}, "operator/ann"});
  refused(TagVersion{VersionNumber(2), {{"env", "prod"}}, {}, "operator/ann"});
  ASSERT_OK(model.Promote(1));  // What changes nothing has no time.
  model.now = Noon();
  ASSERT_OK(model.Promote(2));
}

}  // namespace
}  // namespace muster::registry
