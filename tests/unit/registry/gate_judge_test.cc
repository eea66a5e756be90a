#include "registry/gate_judge.h"

#include <gmock/gmock.h>

#include "base/time_text.h"
#include "tests/unit/registry/gates_fixture.h"

namespace muster::registry {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A champion, version 1, and a candidate, version 2.
class Gate : public ::testing::Test {
 protected:
  GateView View() {
    asked_ = model_.Promoting(2);
    const auto holder = model_.state.Find("champion");
    return {model_.state, asked_, *model_.state.Find(VersionNumber(2)), holder, model_.now};
  }
  void Versions(Measurements champion, Measurements candidate) {
    model_.Add(std::move(champion));
    model_.Add(std::move(candidate));
    ASSERT_OK(model_.Do(MoveAlias{"champion", VersionNumber(1), "operator/maker"}));
  }
  Verdict Metric(const MetricGate& gate) { return JudgeMetric(gate, View()); }

  GatedModel model_;
  PromoteVersion asked_;
  MetricGate rmse_{"rmse", Better::kLower, "", 0, {}};
};

#define EXPECT_PASSES(verdict, words)             \
  do {                                            \
    const Verdict judged = (verdict);             \
    EXPECT_TRUE(judged.passed) << judged.reason;  \
    EXPECT_THAT(judged.reason, HasSubstr(words)); \
  } while (false)
#define EXPECT_REFUSES(verdict, words)            \
  do {                                            \
    const Verdict judged = (verdict);             \
    EXPECT_FALSE(judged.passed) << judged.reason; \
    EXPECT_THAT(judged.reason, HasSubstr(words)); \
  } while (false)

// --- metric ---

TEST_F(Gate, AMetricThatIsNoWorsePasses) {
  Versions(Rmse(14), Rmse(13.5));
  EXPECT_PASSES(Metric(rmse_), "0.5 better than 14 of version 1, by the values alone");
}

TEST_F(Gate, AMetricThatIsWorseIsRefusedUnlessTheMarginAllowsIt) {
  Versions(Rmse(14), Rmse(14.5));
  EXPECT_REFUSES(Metric(rmse_), "0.5 worse than 14 of version 1");
  rmse_.margin = 0.5;
  EXPECT_PASSES(Metric(rmse_), "it may be 0.5 worse");
}

TEST_F(Gate, AMarginBelowZeroAsksForABetterOne) {
  Versions(Rmse(14), Rmse(13.9));
  rmse_.margin = -0.5;
  EXPECT_REFUSES(Metric(rmse_), "it must be 0.5 better");
  model_ = GatedModel();
  Versions(Rmse(14), Rmse(13.5));
  EXPECT_PASSES(Metric(rmse_), "0.5 better");
}

TEST_F(Gate, AnEqualMetricPasses) {
  Versions(Rmse(14), Rmse(14));
  EXPECT_PASSES(Metric(rmse_), "equal to");
}

TEST_F(Gate, WhereHigherIsBetterLowerIsWorse) {
  Versions({.metrics = {{"accuracy", 0.9}}}, {.metrics = {{"accuracy", 0.8}}});
  const MetricGate gate{"accuracy", Better::kHigher, "", 0, {}};
  EXPECT_REFUSES(Metric(gate), "0.1 worse than 0.9");
  model_ = GatedModel();
  Versions({.metrics = {{"accuracy", 0.8}}}, {.metrics = {{"accuracy", 0.9}}});
  EXPECT_PASSES(Metric(gate), "0.1 better");
}

TEST_F(Gate, TheFirstVersionHasNoneToBeComparedWith) {
  model_.Add(Rmse(14));
  model_.Add(Rmse(99));
  EXPECT_PASSES(Metric(rmse_), "'champion' points nowhere yet");
}

TEST_F(Gate, AMetricThatIsNotRecordedIsRefusedWithTheRemedy) {
  Versions(Rmse(14), {});
  EXPECT_REFUSES(Metric(rmse_), "version 2 records no rmse: add it with 'muster model measure'");
  model_ = GatedModel();
  Versions({}, Rmse(14));
  EXPECT_REFUSES(Metric(rmse_), "version 1 records no rmse");
  model_ = GatedModel();
  model_.Add();
  model_.Add();  // Nor may the first one come in without.
  EXPECT_REFUSES(Metric(rmse_), "version 2 records no rmse");
}

TEST_F(Gate, TheRivalMayBeWhatAnotherAliasPointsAt) {
  Versions(Rmse(14), Rmse(13));
  model_.Add(Rmse(12));
  ASSERT_OK(model_.Do(MoveAlias{"canary", VersionNumber(3), "operator/maker"}));
  rmse_.alias = "canary";
  EXPECT_REFUSES(Metric(rmse_), "1 worse than 12 of version 3");
  rmse_.alias = "blue";
  EXPECT_PASSES(Metric(rmse_), "'blue' points nowhere yet");
}

TEST_F(Gate, WithConfidenceTheBoundOnTheDifferenceHasToHold) {
  rmse_.confidence = 0.95;
  Versions(Rmse(14, 0.3), Rmse(13, 0.4));  // 1 better, 0.5 standard error: 1.645 * 0.5 = 0.822.
  EXPECT_PASSES(Metric(rmse_), "with confidence 0.95 at least 0.1776 better");
  rmse_.confidence = 0.99;  // 2.326 * 0.5 = 1.163.
  EXPECT_REFUSES(Metric(rmse_), "with confidence 0.99 at most 0.1632 worse; it may be no worse");
  rmse_.margin = 0.2;
  EXPECT_PASSES(Metric(rmse_), "it may be 0.2 worse");
}

TEST_F(Gate, ErrorsFromFewGroupsAreTrustedLess) {
  rmse_.confidence = 0.95;
  Versions(Rmse(14, 0.3, 3), Rmse(13, 0.4, 3));  // Welch: 3.56 degrees, so 3: 2.353 * 0.5 = 1.177.
  EXPECT_REFUSES(Metric(rmse_), "at most 0.1767 worse");
}

TEST_F(Gate, WithoutASpreadThereIsNoConfidence) {
  rmse_.confidence = 0.95;
  Versions(Rmse(14, 0.3), Rmse(1));
  EXPECT_REFUSES(Metric(rmse_), "no spread is known of rmse of version 2");
  model_ = GatedModel();
  Versions(Rmse(14), Rmse(1, 0.1));
  EXPECT_REFUSES(Metric(rmse_), "no spread is known of rmse of version 1");
  // A count alone says nothing about the error of a mean.
  model_ = GatedModel();
  Measurements counted = Rmse(1);
  counted.spreads["rmse"] = {{}, 1000, 0};
  Versions(Rmse(14, 0.3), counted);
  EXPECT_REFUSES(Metric(rmse_), "no spread is known");
}

TEST_F(Gate, OfAnAccuracyTheCountOfExamplesTellsTheSpread) {
  const auto accuracy = [](double value, std::uint64_t count) {
    Measurements out;
    out.metrics["accuracy"] = value;
    out.spreads["accuracy"] = {{}, count, 0};
    return out;
  };
  const MetricGate gate{"accuracy", Better::kHigher, "", 0, 0.95};
  Versions(accuracy(0.80, 10'000), accuracy(0.82, 10'000));
  EXPECT_PASSES(Metric(gate), "better");
  model_ = GatedModel();
  Versions(accuracy(0.80, 100), accuracy(0.82, 100));
  EXPECT_REFUSES(Metric(gate), "worse");
}

// --- slices ---

Measurements Slices(const std::map<std::string, double>& values, const char* metric = "rmse") {
  Measurements out;
  for (const auto& [name, value] : values) out.slices[name][metric] = value;
  return out;
}

TEST_F(Gate, TheWorstSliceIsHeldAgainstTheMean) {
  const SlicesGate gate{"rmse", Better::kLower, 1.2};
  Versions({}, Slices({{"line-1", 12}, {"line-2", 13}, {"line-3", 14}}));
  EXPECT_PASSES(JudgeSlices(gate, View()), "14 in line-3, 1.077 times as bad as their mean of 13");
  model_ = GatedModel();
  Versions({}, Slices({{"line-1", 10}, {"line-2", 10}, {"line-3", 16}}));
  EXPECT_REFUSES(JudgeSlices(gate, View()), "16 in line-3, 1.333 times");
}

TEST_F(Gate, WhereHigherIsBetterTheWorstSliceIsTheLowest) {
  const SlicesGate gate{"accuracy", Better::kHigher, 1.2};
  Versions({}, Slices({{"a", 0.9}, {"b", 0.8}}, "accuracy"));
  EXPECT_PASSES(JudgeSlices(gate, View()), "0.8 in b");
  model_ = GatedModel();
  Versions({}, Slices({{"a", 0.9}, {"b", 0.5}}, "accuracy"));
  EXPECT_REFUSES(JudgeSlices(gate, View()), "0.5 in b, 1.4 times");
  model_ = GatedModel();
  Versions({}, Slices({{"a", 0.9}, {"b", 0}}, "accuracy"));
  EXPECT_REFUSES(JudgeSlices(gate, View()), "0 in b, inf times");
}

TEST_F(Gate, OneSliceIsNoSlice) {
  const SlicesGate gate{"rmse", Better::kLower, 1.2};
  Versions({}, Slices({{"line-1", 12}}));
  EXPECT_REFUSES(JudgeSlices(gate, View()), "for 1 slice(s), and 2 are the least");
  model_ = GatedModel();
  Versions({}, Slices({{"line-1", 12}, {"line-2", 12}}, "mae"));
  EXPECT_REFUSES(JudgeSlices(gate, View()), "for 0 slice(s)");
}

TEST_F(Gate, ValuesBelowZeroHaveNoRatioAndZerosHave) {
  const SlicesGate gate{"rmse", Better::kLower, 1.2};
  Versions({}, Slices({{"a", 1}, {"b", -1}}));
  EXPECT_REFUSES(JudgeSlices(gate, View()), "of slice b is -1");
  model_ = GatedModel();
  Versions({}, Slices({{"a", 0}, {"b", 0}}));
  EXPECT_PASSES(JudgeSlices(gate, View()), "1 times");
}

// --- a baseline ---

// The candidate's campaign evaluated version `of` on as many devices, `both` of which evaluated the
// candidate too.
Baseline Beside(double rmse, std::uint64_t of = 1, std::uint32_t devices = 30,
                std::uint32_t both = 30) {
  Baseline out;
  out.version = VersionNumber(of);
  out.measured = Rmse(rmse);
  out.devices = devices;
  out.both = both;
  return out;
}

class Paired : public Gate {
 protected:
  void Versions(Measurements champion, Measurements candidate, Baseline baseline) {
    model_ = GatedModel();
    Gate::Versions(std::move(champion), std::move(candidate));
    model_.state.versions.Change(1, [&](ModelVersion& v) {
      Lineage& lineage = v.lineage.emplace();
      lineage.evaluation_devices = 30;
      lineage.baseline = std::move(baseline);
    });
  }
};

TEST_F(Paired, AMetricIsHeldAgainstThatOfTheVersionInPlaceOnTheSameDevices) {
  Versions(Rmse(6), Rmse(7.1), Beside(9.4));  // 6 was measured when the world was easier.
  EXPECT_PASSES(
      Metric(rmse_),
      "rmse 7.1 is 2.3 better than 9.4 of version 1 on the same 30 devices, by the values "
      "alone; it may be no worse");
  Versions(Rmse(9), Rmse(7.1), Beside(6.5));  // Nor is an easier slice any help.
  EXPECT_REFUSES(Metric(rmse_), "0.6 worse than 6.5 of version 1 on the same 30 devices");
  rmse_.margin = 0.7;
  EXPECT_PASSES(Metric(rmse_), "it may be 0.7 worse");
}

TEST_F(Paired, WhatOnlySomeOfThemMeasuredIsSaid) {
  Versions(Rmse(6), Rmse(7.1), Beside(9.4, 1, 29, 28));
  EXPECT_PASSES(Metric(rmse_), "of version 1 on 30 devices, 28 of them the same");
}

TEST_F(Paired, ABaselineOfAnotherVersionOrOfOtherDevicesIsNone) {
  Versions(Rmse(6), Rmse(7.1), Beside(9.4, 9));
  EXPECT_REFUSES(Metric(rmse_), "1.1 worse than 6 of version 1, by the values alone");
  Versions(Rmse(6), Rmse(7.1), Beside(9.4, 1, 30, 14));  // Fewer than half.
  EXPECT_REFUSES(Metric(rmse_), "1.1 worse than 6 of version 1, by the values alone");
  Versions(Rmse(6), Rmse(7.1), Beside(9.4, 1, 30, 15));
  EXPECT_PASSES(Metric(rmse_), "15 of them the same");
}

TEST_F(Paired, AMetricThatTheBaselineLacksIsComparedAsRecorded) {
  const Baseline other = Beside(9.4);
  Versions({.metrics = {{"mae", 4}}}, {.metrics = {{"mae", 5}}}, other);
  EXPECT_REFUSES(Metric({"mae", Better::kLower, "", 0, {}}), "1 worse than 4 of version 1, by");
}

TEST_F(Paired, TheRivalNeedNotRecordWhatTheBaselineHas) {
  Versions({}, Rmse(7.1), Beside(9.4));
  EXPECT_PASSES(Metric(rmse_), "9.4 of version 1 on the same 30 devices");
}

TEST_F(Paired, WithConfidenceTheDifferenceIsThatOfDevicesWithThemselves) {
  rmse_.confidence = 0.95;
  Baseline baseline = Beside(9.4);
  baseline.measured = Rmse(9.4, 2.0, 30);
  Versions(Rmse(6), Rmse(8.4, 2.0, 30), baseline);
  // As if they were strangers: 1.67 * sqrt(8) is more than the 1.0 that it is better by.
  EXPECT_REFUSES(Metric(rmse_), "8.4 ± 2 against 9.4 ± 2 of version 1 on the same 30 devices");
  baseline.differences["rmse"] = {-1.0, 0.2, 30};  // Student, 29 degrees: 1.699 * 0.2 = 0.34.
  Versions(Rmse(6), Rmse(8.4, 2.0, 30), baseline);
  EXPECT_PASSES(Metric(rmse_),
                "device by device 1 better ± 0.2, with confidence 0.95 at least 0.6602 better");
  baseline.differences["rmse"] = {-1.0, 0.7, 30};
  Versions(Rmse(6), Rmse(8.4, 2.0, 30), baseline);
  EXPECT_REFUSES(Metric(rmse_), "with confidence 0.95 at most 0.1894 worse");
}

TEST_F(Paired, WhereSumsAreMaskedThereIsNoConfidence) {
  rmse_.confidence = 0.95;
  Versions(Rmse(6), Rmse(7.1), Beside(9.4));
  EXPECT_REFUSES(Metric(rmse_), "no spread is known of rmse of version 2");
}

TEST_F(Paired, ASliceIsHeldAgainstTheSameSliceOfTheVersionInPlace) {
  const SlicesGate gate{"rmse", Better::kLower, 0, {{"undrifted", 0.5}}};
  Baseline baseline = Beside(9.4);
  baseline.measured.slices = {{"drifted", {{"rmse", 12}}}, {"undrifted", {{"rmse", 6.8}}}};
  const Measurements candidate = [] {
    Measurements out = Slices({{"drifted", 7.9}, {"undrifted", 7}});
    out.metrics["rmse"] = 7.1;
    return out;
  }();
  Versions(Rmse(6), candidate, baseline);
  EXPECT_PASSES(JudgeSlices(gate, View()),
                "rmse of slice undrifted 7 is 0.2 worse than 6.8 of version 1, measured beside it; "
                "it may be 0.5 worse");
  baseline.measured.slices["undrifted"]["rmse"] = 6;
  Versions(Rmse(6), candidate, baseline);
  EXPECT_REFUSES(JudgeSlices(gate, View()), "rmse of slice undrifted 7 is 1 worse than 6");
  const SlicesGate two{"rmse", Better::kLower, 1.2, {{"drifted", -2}, {"undrifted", 1}}};
  EXPECT_PASSES(JudgeSlices(two, View()),
                "times is allowed; rmse of slice drifted 7.9 is 4.1 better");
}

TEST_F(Paired, ASliceWithoutABaselineIsHeldAgainstWhatIsRecorded) {
  const SlicesGate gate{"rmse", Better::kLower, 0, {{"north", 0}}};
  Gate::Versions(Slices({{"north", 5}}), Slices({{"north", 6}}));
  EXPECT_REFUSES(JudgeSlices(gate, View()),
                 "rmse of slice north 6 is 1 worse than 5 of version 1;");
  model_ = GatedModel();
  Gate::Versions({}, Slices({{"north", 6}}));
  EXPECT_REFUSES(JudgeSlices(gate, View()), "version 1 records no rmse of slice north");
  model_ = GatedModel();
  Gate::Versions(Slices({{"north", 5}}), {});
  EXPECT_REFUSES(JudgeSlices(gate, View()), "version 2 records no rmse of slice north");
  model_ = GatedModel();
  model_.Add();
  model_.Add();
  EXPECT_PASSES(JudgeSlices(gate, View()), "rmse of slice north: 'champion' points nowhere yet");
}

// --- contract ---

TEST_F(Gate, TheSameVersionOfTheContractIsCompatible) {
  Versions({}, {});
  EXPECT_PASSES(JudgeContract(View()), "reads engine version 1, as the version in place does");
}

// The candidate was trained on version 2 of the contract.
class Trained : public Gate {
 protected:
  GateView On(ContractSpec changed) {
    Versions({}, {});
    model_.state.versions.Change(1, [](ModelVersion& v) { v.contract_version = VersionNumber(2); });
    GateView view = View();
    asked_.contracts[VersionNumber(2)] = {VersionNumber(2), std::move(changed), Noon(), "system"};
    return view;
  }
};

TEST_F(Trained, AnotherVersionIsCompatibleWhenItReadsTheDataOfTheVersionInPlace) {
  ContractSpec wider = EngineContract();
  wider.fields.push_back(Field("s99", 0, 1));
  wider.fields[0].description = "clearer";
  wider.fields[1].max = 600;
  wider.fields[2].type = FieldType::kFloat;
  EXPECT_PASSES(JudgeContract(On(wider)),
                "reads engine version 2, and of version 1 all that it looks at");
}

TEST_F(Trained, AVersionThatCannotReadTheDataInPlaceIsRefusedWithEveryPath) {
  ContractSpec other = EngineContract();
  other.fields[0].unit = "K";
  other.fields[1].max = 520;
  other.fields[3].type = FieldType::kBoolean;  // Nothing that the model looks at.
  const Verdict verdict = JudgeContract(On(other));
  EXPECT_FALSE(verdict.passed);
  EXPECT_EQ(verdict.reason,
            "version 2 reads version 2 of contract engine, and cannot read data of version 1, "
            "which version 1 in place reads: UNIT_CHANGED at fields[s2].unit: comes as 'Cel' and "
            "is read as 'K'; RANGE_NARROWED at fields[s12].max: comes as 524 and is read as 520");
}

TEST_F(Trained, AFieldThatTheDataInPlaceDoesNotHaveIsNamed) {
  Versions({}, {});
  model_.state.versions.Change(1, [](ModelVersion& v) { v.contract_version = VersionNumber(2); });
  GateView view = View();
  asked_.contracts[VersionNumber(2)] = {VersionNumber(2), EngineContract(), Noon(), "system"};
  asked_.contracts[VersionNumber(1)].spec.fields.erase(
      asked_.contracts[VersionNumber(1)].spec.fields.begin());
  EXPECT_REFUSES(JudgeContract(view), "FIELD_MISSING at fields[s2]");
}

TEST_F(Trained, AContractThatNobodyKnowsIsNotCompatible) {
  GateView view = On(EngineContract());
  asked_.contracts.erase(VersionNumber(2));
  EXPECT_REFUSES(JudgeContract(view), "not both known");
}

TEST_F(Trained, AnotherContractIsNotCompatible) {
  On(EngineContract());
  model_.state.versions.Change(1, [](ModelVersion& v) { v.contract = ContractName("pump"); });
  EXPECT_REFUSES(JudgeContract(View()), "version 2 reads contract pump, version 1 in place reads");
}

// --- privacy ---

TEST_F(Gate, WithoutALedgerNoPrivacyLossIsShown) {
  EXPECT_REFUSES(JudgePrivacy(8), "no ledger of privacy losses exists yet");
}

// --- approvals ---

TEST_F(Gate, PeopleOfTheRoleCountUnlessTheyMadeOrPromoteIt) {
  const ApprovalsGate gate{2, "reviewer"};
  Versions({}, {});
  for (const char* who : {"operator/ann", "operator/pat", "operator/zoe"})
    ASSERT_OK(model_.Do(ApproveVersion{VersionNumber(2), "", {}, who}));
  model_.state.notes.Change(1, [](VersionNotes& n) {
    n.approvals.push_back({"operator/maker", Noon(), ""});
  });
  model_.roles = *Roles::Make({{"reviewer", {"ann", "bob", "pat", "maker"}}});
  const Verdict one = JudgeApprovals(gate, View());
  EXPECT_FALSE(one.passed);
  EXPECT_THAT(one.reason, HasSubstr("1 of 2: operator/ann"));
  EXPECT_THAT(one.reason, HasSubstr("operator/pat promotes it"));
  EXPECT_THAT(one.reason, HasSubstr("operator/zoe is no reviewer"));
  EXPECT_THAT(one.reason, HasSubstr("operator/maker made it"));
  EXPECT_THAT(one.reason, HasSubstr("'muster model approve turbofan 2'"));
  ASSERT_OK(model_.Do(ApproveVersion{VersionNumber(2), "", {}, "operator/bob"}));
  EXPECT_PASSES(JudgeApprovals(gate, View()), "2 of 2: operator/ann, operator/bob");
}

TEST_F(Gate, WhoAppliedTheCampaignMadeItsVersions) {
  model_.Add();
  CreateModelVersion event;
  event.params = Digest({std::byte{9}});
  event.lineage.emplace().applied_by = "operator/ann";
  event.by = "system";
  ASSERT_OK(model_.Do(event));
  EXPECT_EQ(model_.Do(ApproveVersion{VersionNumber(2), "", {}, "operator/ann"}).code(),
            absl::StatusCode::kPermissionDenied);
  EXPECT_TRUE(IsAuthor(*model_.state.Find(VersionNumber(2)), "operator/ann"));
  EXPECT_FALSE(IsAuthor(*model_.state.Find(VersionNumber(2)), "operator/bob"));
}

// --- freeze, hardware ---

TEST_F(Gate, NothingIsPromotedInsideAWindow) {
  const std::vector<FreezeWindow> windows{{{}, {}, *ParseDays({"mon"}), {}},
                                          {{}, {}, *ParseDays({"fri"}), {}}};
  EXPECT_REFUSES(JudgeFreeze(windows, *ParseTime("2026-05-01T12:00Z")),
                 "2026-05-01T12:00:00.000Z is inside the window 'fri'");
  EXPECT_PASSES(JudgeFreeze(windows, *ParseTime("2026-05-02T12:00Z")), "outside all 2 window(s)");
}

TEST_F(Gate, EveryHardwareHasToBeCertified) {
  const HardwareGate gate{{"jetson-nano", "x86-64"}, ""};
  Versions({}, {});
  ASSERT_OK(model_.Do(CertifyVersion{VersionNumber(2), "x86-64", {}, "operator/ann"}));
  EXPECT_REFUSES(JudgeHardware(gate, View()),
                 "not certified on jetson-nano: run 'muster model certify turbofan 2 --hardware "
                 "jetson-nano'");
  ASSERT_OK(model_.Do(CertifyVersion{VersionNumber(2), "jetson-nano", {}, "operator/ann"}));
  EXPECT_PASSES(JudgeHardware(gate, View()), "certified on jetson-nano, x86-64");
}

// --- All of them ---

std::vector<std::string> GatesOf(const std::vector<Verdict>& verdicts) {
  std::vector<std::string> out;
  for (const Verdict& v : verdicts) out.push_back(v.gate);
  return out;
}

TEST_F(Gate, EachGateThatIsDeclaredSpeaksAndNoOther) {
  Versions(Rmse(14), Rmse(13));
  EXPECT_THAT(
      GatesOf(Judge(AllGates(), View())),
      ElementsAre("metric", "slices", "contract", "privacy", "approvals", "freeze", "hardware"));
  Gates one;
  one.contract = true;
  EXPECT_THAT(GatesOf(Judge(one, View())), ElementsAre("contract"));
  EXPECT_TRUE(Judge(Gates(), View()).empty());
}

TEST_F(Gate, OfARollbackOnlyThoseSpeakThatItsRuleNames) {
  Versions(Rmse(14), Rmse(13));
  GateView view = View();
  asked_.how = How::kRollback;
  EXPECT_THAT(GatesOf(Judge(AllGates(), view)), ElementsAre("contract", "freeze", "hardware"));
  Gates gates = AllGates();
  gates.rollback.gates = {"metric", "contract"};
  EXPECT_THAT(GatesOf(Judge(gates, view)), ElementsAre("metric", "contract"));
}

}  // namespace
}  // namespace muster::registry
