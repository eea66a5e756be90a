#include "fake_muster.h"

namespace muster::cli {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Promoting : public MusterTest {
 protected:
  Promoting() {
    v1::PromoteReply& reply = services_.promoted;
    reply.set_model("rul-net");
    reply.set_alias("champion");
    reply.set_version(3);
    reply.set_from(2);
    reply.set_outcome(v1::PromoteReply::MOVED);
    Say("metric", true, "rmse 13 is 1 better than 14 of version 2");
  }
  v1::Verdict& Say(const char* gate, bool passed, const char* reason) {
    v1::Verdict& verdict = *services_.promoted.add_verdicts();
    verdict.set_gate(gate);
    verdict.set_passed(passed);
    verdict.set_reason(reason);
    return verdict;
  }
  void Refuse() {
    Say("approvals", false, "0 of 2");
    services_.promoted.set_outcome(v1::PromoteReply::REFUSED);
    services_.promoted.set_reason("GATE_REFUSED");
  }
};

TEST_F(Promoting, ShowsEachGateAndWhatBecameOfTheAlias) {
  ASSERT_EQ(Run({"promote", "rul-net", "3"}), 0) << err();
  EXPECT_EQ(out(),
            "GATE    VERDICT  REASON\n"
            "metric  passed   rmse 13 is 1 better than 14 of version 2\n"
            "rul-net:champion is version 3 (was version 2)\n");
  EXPECT_EQ(services_.promote_asked.model(), "rul-net");
  EXPECT_EQ(services_.promote_asked.version(), 3u);
  EXPECT_EQ(services_.promote_asked.alias(), "champion");
  EXPECT_FALSE(services_.promote_asked.dry_run());
}

TEST_F(Promoting, ARefusalIsShownWholeAndEndsWithOne) {
  Refuse();
  EXPECT_EQ(Run({"promote", "rul-net", "3", "--alias", "canary", "--dry-run"}), 1);
  EXPECT_EQ(services_.promote_asked.alias(), "canary");
  EXPECT_TRUE(services_.promote_asked.dry_run());
  EXPECT_THAT(out(), HasSubstr("approvals  refused  0 of 2\n"));
  EXPECT_THAT(out(), HasSubstr("would stay version 2: refused by approvals (GATE_REFUSED) (dry "
                               "run)\n"));
  EXPECT_THAT(err(), IsEmpty());
  EXPECT_EQ(Run({"promote", "rul-net", "3", "-o", "json"}), 1);
  EXPECT_THAT(out(), HasSubstr("\"outcome\": \"REFUSED\""));
}

TEST_F(Promoting, AnOverrideSaysWhatItOverrode) {
  Say("freeze", false, "friday");
  services_.promoted.set_overridden(true);
  ASSERT_EQ(Run({"promote", "rul-net", "3", "--override", "incident 42"}), 0) << err();
  EXPECT_EQ(services_.promote_asked.override_reason(), "incident 42");
  EXPECT_THAT(out(), HasSubstr("is version 3 (was version 2), overriding freeze\n"));
}

TEST_F(Promoting, WhatIsThereAlreadyIsSaid) {
  services_.promoted.clear_verdicts();
  services_.promoted.set_outcome(v1::PromoteReply::UNCHANGED);
  ASSERT_EQ(Run({"promote", "rul-net", "2"}), 0);
  EXPECT_EQ(out(), "rul-net:champion is version 2 already\n");
}

TEST_F(Promoting, AVersionIsANumberAndNamed) {
  EXPECT_EQ(Run({"promote", "rul-net"}), 2);
  EXPECT_EQ(Run({"promote", "rul-net", "0"}), 2);
  EXPECT_EQ(Run({"promote", "rul-net", "latest"}), 2);
}

TEST_F(Promoting, RollsBackToTheOneBeforeOrToWhereOneSays) {
  ASSERT_EQ(Run({"rollback", "rul-net"}), 0) << err();
  EXPECT_EQ(services_.rollback_asked.version(), 0u);
  EXPECT_EQ(services_.rollback_asked.alias(), "champion");
  ASSERT_EQ(Run({"rollback", "rul-net", "--to", "1", "--override", "because"}), 0) << err();
  EXPECT_EQ(services_.rollback_asked.version(), 1u);
  EXPECT_EQ(services_.rollback_asked.override_reason(), "because");
  Refuse();
  EXPECT_EQ(Run({"rollback", "rul-net"}), 1);
}

// --- The record ---

class Record : public MusterTest {};

TEST_F(Record, ShowsWhereAliasesPointed) {
  v1::AliasMove& move = *services_.history.add_moves();
  move.set_alias("champion");
  move.set_version(2);
  move.set_from(1);
  move.set_at_unix_ms(1'777'766'400'000);
  move.set_by("operator/ann");
  move.set_how("promotion");
  ASSERT_EQ(
      Run({"model", "history", "rul-net", "--alias", "champion", "--at", "2026-05-03T12:00Z"}), 0)
      << err();
  EXPECT_EQ(services_.history_asked.alias(), "champion");
  EXPECT_EQ(services_.history_asked.at_unix_ms(), 1'777'809'600'000);
  EXPECT_THAT(out(), HasSubstr("champion  2        1     2026-05-03T00:00:00.000Z  now    promotion"
                               "  operator/ann"));
  ASSERT_EQ(Run({"model", "history", "rul-net"}), 0);
  EXPECT_EQ(services_.history_asked.at_unix_ms(), 0);
  EXPECT_EQ(Run({"model", "history", "rul-net", "--at", "yesterday"}), 1);
  EXPECT_THAT(err(), HasSubstr("--at: 'yesterday' is not a time such as"));
}

TEST_F(Record, ApprovesAndCertifies) {
  ASSERT_EQ(Run({"model", "approve", "rul-net", "3", "--comment", "looks good"}), 0) << err();
  EXPECT_EQ(services_.approved.comment(), "looks good");
  EXPECT_EQ(out(), "rul-net@3 is approved by operator/ann operator/bob\n");
  ASSERT_EQ(Run({"model", "certify", "rul-net", "3", "--hardware", "x86-64"}), 0) << err();
  EXPECT_EQ(services_.certified.hardware(), "x86-64");
  EXPECT_EQ(out(), "rul-net@3 is certified on x86-64\n");
  EXPECT_EQ(Run({"model", "certify", "rul-net", "3"}), 2);
}

TEST_F(Record, ARefusalOfTheServerIsToldWithItsReason) {
  services_.refusals["approve/rul-net"] =
      WithReason(PermissionDenied("operator/ann made version 3"), Reason::kAPPROVAL_BY_AUTHOR);
  EXPECT_EQ(Run({"model", "approve", "rul-net", "3"}), 1);
  EXPECT_EQ(err(), "error: operator/ann made version 3 (APPROVAL_BY_AUTHOR)\n");
}

constexpr char kReport[] =
    "metrics:\n  rmse: {value: 13.4, standard_error: 0.2, count: 5000}\n"
    "slices:\n  line-1: {metrics: {rmse: 12.9}}\n  line-2: {metrics: {rmse: 14.1}}\n"
    "energy: {kwh: 0.2, source: wall meter}\n";

TEST_F(Record, AddsMeasurementsFromAFile) {
  const std::string file = Write("report.yaml", kReport);
  ASSERT_EQ(Run({"model", "measure", "rul-net", "3", "--report", file}), 0) << err();
  const v1::Report& report = services_.measured.report();
  EXPECT_EQ(report.metrics().at("rmse").value(), 13.4);
  EXPECT_EQ(report.metrics().at("rmse").standard_error(), 0.2);
  EXPECT_EQ(report.slices().at("line-2").metrics().at("rmse"), 14.1);
  EXPECT_EQ(report.energy().source(), "wall meter");
  EXPECT_THAT(out(), HasSubstr("rul-net@3 records 0 metric(s) and 2 slice(s)"));
}

TEST_F(Record, AMistakeInTheFileIsToldWithItsPlace) {
  EXPECT_EQ(Run({"model", "measure", "rul-net", "3", "--report", Write("r.yaml", "metric: {}")}),
            1);
  EXPECT_THAT(err(), HasSubstr("r.yaml:1:1: metric: unknown field in muster.v1.Report; did you "
                               "mean 'metrics'?"));
  const std::string file = Write("report.yaml", kReport);
  services_.refusals["measure/rul-net"] = InvalidField("metrics.rmse.standard_error", "is odd");
  EXPECT_EQ(Run({"model", "measure", "rul-net", "3", "--report", file}), 1);
  EXPECT_THAT(err(), HasSubstr("report.yaml:2:23: metrics.rmse.standard_error: is odd"));
  services_.refusals["measure/rul-net"] = NotFound("no such version");
  EXPECT_EQ(Run({"model", "measure", "rul-net", "3", "--report", file}), 1);
  EXPECT_EQ(err(), "error: no such version\n");
}

TEST_F(Record, ShowsWhereOneVersionComesFromAndWhatPeopleSaidOfIt) {
  v1::ModelVersion& v = *services_.model.add_versions();
  services_.model.mutable_model()->set_name("rul-net");
  (*services_.model.mutable_aliases())["champion"] = 3;
  v.set_model("rul-net");
  v.set_version(3);
  v.set_campaign("spring");
  v.set_parent(1);
  v.set_created_unix_ms(1'699'999'940'000);
  v.set_created_by("system");
  v.mutable_lineage()->set_first_round(1);
  v.mutable_lineage()->set_last_round(20);
  v.mutable_lineage()->set_updates(1600);
  v.mutable_lineage()->set_cohort_commitment("sha256:c0");
  v.mutable_lineage()->set_applied_by("operator/ann");
  (*v.mutable_metrics())["rmse"] = 13.42;
  (*v.mutable_spreads())["rmse"].set_standard_error(0.2);
  (*v.mutable_spreads())["rmse"].set_count(5000);
  (*(*v.mutable_slices())["line-1"].mutable_metrics())["rmse"] = 12.5;
  v1::Baseline& baseline = *v.mutable_lineage()->mutable_baseline();
  baseline.set_version(1);
  baseline.set_devices(30);
  baseline.set_both(28);
  (*baseline.mutable_metrics())["rmse"] = 15.5;
  (*(*baseline.mutable_slices())["line-1"].mutable_metrics())["rmse"] = 19;
  (*v.mutable_tags())["env"] = "prod";
  v1::Approval& approval = *v.add_approvals();
  approval.set_by("operator/bob");
  approval.set_at_unix_ms(1'699'999'940'000);
  approval.set_comment("fine");
  v1::VersionReference& reference = *v.add_references();
  reference.set_monitor("fleet");
  reference.set_digest("sha256:r0");
  reference.set_rows(3000);
  reference.set_devices(60);
  reference.set_shards(12);
  reference.set_at_unix_ms(1'699'999'940'000);
  for (const char* name : {"rul-net@3", "rul-net:champion"}) {
    ASSERT_EQ(Run({"model", "show", name}), 0) << err();
    EXPECT_THAT(out(), HasSubstr("Version:      rul-net@3\n"));
    EXPECT_THAT(out(), HasSubstr("Made by:      campaign spring, from version 1\n"));
    EXPECT_THAT(out(), HasSubstr("Rounds:       1 to 20, 1,600 updates counted\n"));
    EXPECT_THAT(out(), HasSubstr("Cohorts:      sha256:c0\n"));
    EXPECT_THAT(out(), HasSubstr("Metrics:      rmse=13.42 ± 0.2 (5,000 examples)\n"));
    EXPECT_THAT(out(), HasSubstr("Slices:       line-1: rmse=12.5\n"));
    EXPECT_THAT(out(), HasSubstr("Baseline:     version 1, evaluated before on 30 devices, 28 of "
                                 "which evaluated this one: rmse=15.5\n"
                                 "              line-1: rmse=19\n"));
    EXPECT_THAT(out(), HasSubstr("operator/bob, 2023-11-14T22:12:20.000Z (1m ago): fine\n"));
    EXPECT_THAT(out(), HasSubstr("Tags:         env=prod\n"));
    EXPECT_THAT(out(), HasSubstr("References:   monitor fleet: 3,000 rows of 60 devices in 12 "
                                 "shards, 2023-11-14T22:12:20.000Z (1m ago)\n"
                                 "              sha256:r0\n"));
  }
}

TEST_F(Record, ProgramsReadTheReferencesOfAVersion) {
  v1::ModelVersion& v = *services_.model.add_versions();
  services_.model.mutable_model()->set_name("rul-net");
  v.set_model("rul-net");
  v.set_version(3);
  v.add_references()->set_digest("sha256:r0");
  ASSERT_EQ(Run({"model", "show", "rul-net@3", "-o", "json"}), 0) << err();
  EXPECT_THAT(out(), ::testing::ContainsRegex("\"digest\": ?\"sha256:r0\""));
}

TEST_F(Record, TagsAreSetAndRemoved) {
  ASSERT_EQ(Run({"model", "tag", "rul-net", "3", "env=prod", "note=a=b", "--remove", "old"}), 0)
      << err();
  EXPECT_EQ(services_.tagged.set().at("env"), "prod");
  EXPECT_EQ(services_.tagged.set().at("note"), "a=b");
  EXPECT_THAT(services_.tagged.remove(), ElementsAre("old"));
  EXPECT_EQ(out(), "rul-net@3 has env=prod, note=a=b\n");
  EXPECT_EQ(Run({"model", "tag", "rul-net", "3"}), 1);
  EXPECT_EQ(Run({"model", "tag", "rul-net", "3", "env"}), 1);
  EXPECT_THAT(err(), HasSubstr("'env' is not key=value; to take a tag away, use --remove"));
}

TEST_F(Record, ASearchFollowsThePagesUpToItsLimit) {
  for (const char* token : {"rul-net@2", "rul-net@1", ""}) {
    v1::SearchVersionsReply& page = services_.found.emplace_back();
    page.add_versions()->set_model("rul-net");
    page.set_next_page_token(token);
  }
  ASSERT_EQ(Run({"model", "search", "tags.env = \"prod\"", "--model", "rul-net"}), 0) << err();
  ASSERT_EQ(services_.searches.size(), 3u);
  EXPECT_EQ(services_.searches[0].filter(), "tags.env = \"prod\"");
  EXPECT_EQ(services_.searches[0].model(), "rul-net");
  EXPECT_EQ(services_.searches[0].page_size(), 50u);
  EXPECT_EQ(services_.searches[1].page_token(), "rul-net@2");
  EXPECT_EQ(services_.searches[2].page_size(), 48u);
  EXPECT_THAT(out(), ::testing::Not(HasSubstr("there are more")));
  services_.searches.clear();
  ASSERT_EQ(Run({"model", "search", "--limit", "2"}), 0);
  EXPECT_EQ(services_.searches.size(), 2u);
  EXPECT_THAT(out(), HasSubstr("there are more than 2; see --limit"));
  EXPECT_EQ(Run({"model", "search", "x"}), 0);  // Searches are counted on: this is the third page.
  EXPECT_EQ(Run({"model", "search", "x"}), 1);
  EXPECT_THAT(err(), HasSubstr("filter: column 1: no (FIELD_INVALID)"));
}

}  // namespace
}  // namespace muster::cli
