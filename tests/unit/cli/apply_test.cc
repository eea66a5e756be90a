#include "fake_muster.h"

namespace muster::cli {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kAll[] = R"(kind: Campaign
name: turbofan
model: rul-net
plan:
  rounds: 0
---
kind: Model
name: rul-net
contract: turbofan
---
kind: Contract
name: turbofan
)";

class Apply : public MusterTest {
 protected:
  Apply() {
    services_.model.mutable_model()->set_name("rul-net");
    services_.model.add_versions()->set_version(1);
  }
};

TEST_F(Apply, TriesEverythingInOrderOfNeedAndThenAppliesIt) {
  ASSERT_EQ(Run({"apply", "-f", Write("all.yaml", kAll)}), 0) << err();
  EXPECT_EQ(out(),
            "contract/turbofan created (version 1)\n"
            "model/rul-net changed\n"
            "campaign/turbofan created\n");
  EXPECT_THAT(services_.calls, ElementsAre("try contract/turbofan", "try model/rul-net",
                                           "try campaign/turbofan", "apply contract/turbofan",
                                           "apply model/rul-net", "apply campaign/turbofan"));
  ASSERT_EQ(services_.models_applied[0].pending_contracts_size(), 1);
  EXPECT_EQ(services_.models_applied[0].pending_contracts(0).name(), "turbofan");
  EXPECT_EQ(services_.models_applied[1].pending_contracts_size(), 0);  // By then they are there.
  EXPECT_THAT(services_.campaigns_applied[0].pending_models(), ElementsAre("rul-net"));
}

TEST_F(Apply, NothingIsAppliedWhenTheServerRefusesOneAndItsFieldIsShownInTheFile) {
  services_.refusals["campaign/turbofan"] = InvalidField("plan.rounds", "must be at least 1");
  const std::string file = Write("all.yaml", kAll);
  EXPECT_EQ(Run({"apply", "-f", file}), 1);
  EXPECT_EQ(err(), "error: " + file + ":5:3: plan.rounds: must be at least 1 (FIELD_INVALID)\n");
  EXPECT_EQ(out(), "");
  for (const std::string& call : services_.calls) EXPECT_THAT(call, ::testing::StartsWith("try "));
}

TEST_F(Apply, AllRefusalsAreTold) {
  services_.refusals["campaign/turbofan"] = InvalidField("plan.rounds", "must be at least 1");
  services_.refusals["model/rul-net"] = InvalidField("input.window", "is missing");
  EXPECT_EQ(Run({"apply", "-f", Write("all.yaml", kAll)}), 1);
  EXPECT_THAT(err(), HasSubstr(":7:1: input.window: is missing"));
  EXPECT_THAT(err(), HasSubstr(":5:3: plan.rounds: must be at least 1"));
}

TEST_F(Apply, AMistakeInAnyFileKeepsEverythingFromTheServer) {
  const std::string good = Write("good.yaml", "kind: Contract\nname: a\n");
  const std::string bad = Write("bad.yaml", "kind: Model\nnmae: b\n");
  EXPECT_EQ(Run({"apply", "-f", good, "-f", bad}), 1);
  EXPECT_EQ(err(), "error: " + bad +
                       ":2:1: nmae: unknown field in muster.v1.Model; did you mean 'name'? "
                       "(FIELD_UNKNOWN)\n");
  EXPECT_THAT(services_.calls, IsEmpty());
}

TEST_F(Apply, TheSameResourceInTwoFilesIsRefused) {
  const std::string one = Write("1.yaml", "kind: Contract\nname: a\n");
  const std::string two = Write("2.yaml", "kind: Contract\nname: a\n");
  EXPECT_EQ(Run({"apply", "-f", dir_.path(), "-f", one}), 1);  // contexts.yaml is no resource.
  EXPECT_EQ(Run({"apply", "-f", one, "-f", two}), 1);
  EXPECT_THAT(err(), HasSubstr("contract/a is in " + one + ":2:1 already"));
  EXPECT_THAT(err(), HasSubstr("(FIELD_DUPLICATE)"));
}

TEST_F(Apply, ACampaignOfAModelWithoutVersionsKeepsAllOfItFromTheServer) {
  services_.model.clear_versions();
  EXPECT_EQ(Run({"apply", "-f", Write("all.yaml", kAll)}), 1);
  EXPECT_THAT(err(), HasSubstr("all.yaml:3:1: model: rul-net has no version yet to start from"));
  services_.model.Clear();  // Nor is the model there.
  EXPECT_EQ(Run({"apply", "-f", Write("all.yaml", kAll)}), 1);
  EXPECT_THAT(err(), HasSubstr("muster model create rul-net"));
  for (const std::string& call : services_.calls) EXPECT_THAT(call, ::testing::StartsWith("try "));
}

TEST_F(Apply, StatisticsOfAContractOfTheSameFilesAreJudgedOnceItIsThere) {
  services_.refusals["campaign/how-hot"] =
      WithReason(NotFound("there is no contract 'plant'"), Reason::kRESOURCE_NOT_FOUND);
  const std::string question = "kind: Statistics\nname: how-hot\ncontract: plant\n";
  const std::string both = question + "---\nkind: Contract\nname: plant\n";
  EXPECT_EQ(Run({"apply", "-f", Write("both.yaml", both), "--dry-run"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("statistics/how-hot created (dry run)"));
  EXPECT_EQ(Run({"apply", "-f", Write("question.yaml", question), "--dry-run"}), 1);
  EXPECT_THAT(err(), HasSubstr("there is no contract 'plant'"));
}

TEST_F(Apply, ADryRunChangesNothing) {
  EXPECT_EQ(Run({"apply", "--dry-run", "-f", Write("all.yaml", kAll)}), 0);
  EXPECT_THAT(out(), HasSubstr("campaign/turbofan created (dry run)"));
  for (const std::string& call : services_.calls) EXPECT_THAT(call, ::testing::StartsWith("try "));
}

TEST_F(Apply, ReadsStdin) {
  world_.read_stdin = [](std::size_t) -> StatusOr<std::string> {
    return std::string("kind: Contract\nname: c\ndescription: known\n");
  };
  EXPECT_EQ(Run({"apply", "-f", "-", "-o", "json"}), 0) << err();
  EXPECT_EQ(
      out(),
      "{\"resource\":\"contract/c\",\"result\":\"unchanged (version 1)\",\"dry_run\":false}\n");
}

TEST_F(Apply, AMissingFileAndAnEmptyDirectoryAreNamed) {
  EXPECT_EQ(Run({"apply", "-f", "/nonexistent.yaml"}), 1);
  EXPECT_THAT(err(), HasSubstr("/nonexistent.yaml: No such file"));
  EXPECT_EQ(Run({"apply", "-f", "/proc/self/fdinfo"}), 1);
  EXPECT_THAT(err(), HasSubstr("no .yaml, .yml or .json file"));
}

}  // namespace
}  // namespace muster::cli
