#include "config/load.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "expect.h"

namespace muster::config {
namespace {

constexpr char kTurbofan[] = R"(# Everything a campaign can say.
kind: Campaign
name: turbofan
description: "Remaining life, in cycles"
model: rul-net
base_version: 3
plan:
  rounds: 200
  seed: 7
  selection:
    from: enrolled
    labels: { site: hamburg, line: "3" }
    cohort: { goal: 20, minimum: 10, select: 25 }
  report_window: 30s
  attempts: 0
training:
  loss: mse
  learning_rate: { initial: 0.05, schedule: cosine, floor: 2e-2 }
aggregation:
  fedavgm:
    momentum: 0.9
  weights: { uniform: yes-not }
)";

v1::Campaign CampaignOf(const Resource& r) { return std::get<v1::Campaign>(r.message); }

std::string Replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}
std::string Good() { return Replaced(kTurbofan, "yes-not", "true"); }

TEST(LoadResources, ReadsEveryKindOfFieldOfACampaign) {
  const auto resources = ParseResources(Good(), "campaign.yaml");
  ASSERT_TRUE(resources.ok()) << resources.status();
  ASSERT_EQ(resources->size(), 1u);
  EXPECT_EQ(KindOf(resources->front()), "Campaign");
  EXPECT_EQ(NameOf(resources->front()), "turbofan");
  const v1::Campaign c = CampaignOf(resources->front());
  EXPECT_EQ(c.description(), "Remaining life, in cycles");
  EXPECT_EQ(c.base_version(), 3u);
  EXPECT_EQ(c.plan().rounds(), 200u);
  EXPECT_EQ(c.plan().selection().from(), v1::Campaign::ENROLLED);
  EXPECT_EQ(c.plan().selection().labels().at("site"), "hamburg");
  EXPECT_EQ(c.plan().selection().labels().at("line"), "3");
  EXPECT_EQ(c.plan().selection().cohort().select(), 25u);
  ASSERT_TRUE(c.plan().has_attempts());
  EXPECT_EQ(c.plan().attempts(), 0u);
  EXPECT_EQ(c.training().learning_rate().floor(), 0.02);
  ASSERT_TRUE(c.aggregation().has_fedavgm());
  EXPECT_EQ(c.aggregation().fedavgm().momentum(), 0.9);
  EXPECT_FALSE(c.aggregation().has_max_norm());
  EXPECT_TRUE(c.aggregation().weights().uniform());
}

TEST(LoadResources, NamesFileLineColumnTypeAndTheNearestFieldOfATypo) {
  const std::string text = "kind: Campaign\nplan:\n  rouns: 5\n";
  EXPECT_EQ(Refused(text, Reason::kFIELD_UNKNOWN, "plan.rouns"),
            "f.yaml:3:3: plan.rouns: unknown field in muster.v1.Campaign.Plan; did you mean "
            "'rounds'?");
}

TEST(LoadResources, MakesNoGuessWhenNothingIsNear) {
  EXPECT_EQ(Refused("kind: Model\nfrobnicate: 1\n", Reason::kFIELD_UNKNOWN, "frobnicate"),
            "f.yaml:2:1: frobnicate: unknown field in muster.v1.Model");
}

TEST(LoadResources, TellsAllMistakesOfAFileAtOnce) {
  const std::string text =
      "kind: Campaign\nmodle: m\nplan:\n  rounds: many\n  rounds: 3\n---\nkind: Contract\n"
      "fields:\n  - {name: t, type: flot}\n";
  EXPECT_EQ(Refused(text, Reason::kFIELD_UNKNOWN, "modle"),
            "f.yaml:2:1: modle: unknown field in muster.v1.Campaign; did you mean 'model'?\n"
            "f.yaml:4:11: plan.rounds: expected a whole number from 0 to 4294967295, not 'many'\n"
            "f.yaml:5:3: plan.rounds: set twice; first in line 4\n"
            "f.yaml:9:21: fields[0].type: expected one of TYPE_UNSPECIFIED, FLOAT, INTEGER, TEXT, "
            "BOOLEAN, TIMESTAMP, not 'flot'; did you mean 'FLOAT'?");
}

TEST(LoadResources, ShowsTwentyMistakesAndCountsTheRest) {
  std::string text = "kind: Model\n";
  for (int i = 0; i < 27; ++i) text += fmt::format("bogus_{}: 1\n", i);
  const std::string message = Refused(text, Reason::kFIELD_UNKNOWN, "bogus_0");
  EXPECT_EQ(std::count(message.begin(), message.end(), '\n'), 20);
  EXPECT_THAT(message, testing::HasSubstr("bogus_19"));
  EXPECT_THAT(message, testing::Not(testing::HasSubstr("bogus_20")));
  EXPECT_THAT(message, testing::EndsWith("\nand 7 more"));
}

TEST(LoadResources, KeepsDocumentsInOrderAndPassesOverEmptyOnes) {
  const auto r = ParseResources(
      "---\n---\nkind: Contract\nname: a\n---\n# nothing\n---\nkind: Model\nname: b\n---\n", "f");
  ASSERT_TRUE(r.ok()) << r.status();
  ASSERT_EQ(r->size(), 2u);
  EXPECT_EQ(KindOf(r->at(0)), "Contract");
  EXPECT_EQ(NameOf(r->at(1)), "b");
}

TEST(LoadResources, ReadsJsonByProtoNamesAndByJsonNames) {
  const auto r = ParseResources(
      "{\n\t\"kind\": \"Campaign\", \"name\": \"j\",\n\t\"baseVersion\": "
      "\"18446744073709551615\",\n\t\"plan\": {\"recruit_window\": "
      "\"5s\"}\n}",
      "f.json");
  ASSERT_TRUE(r.ok()) << r.status();
  EXPECT_EQ(CampaignOf(r->front()).base_version(), 18446744073709551615u);
  EXPECT_EQ(CampaignOf(r->front()).plan().recruit_window(), "5s");
}

TEST(LoadResources, SeesThatBothSpellingsAreTheSameField) {
  EXPECT_EQ(Refused("kind: Campaign\nbase_version: 1\nbaseVersion: 2\n", Reason::kFIELD_DUPLICATE,
                    "base_version"),
            "f.yaml:3:1: base_version: set twice; first in line 2");
}

TEST(LoadResources, RefusesTwoFieldsOfAOneof) {
  EXPECT_EQ(Refused("kind: Campaign\naggregation:\n  fedavg: {}\n  fedadam: {}\n",
                    Reason::kFIELD_DUPLICATE, "aggregation.fedadam"),
            "f.yaml:4:3: aggregation.fedadam: only one rule may be set, and line 3 sets 'fedavg'");
}

TEST(LoadResources, TakesAFieldOfMessageTypeWithoutAValueAsTheEmptyMessage) {
  const auto r = ParseResources("kind: Campaign\naggregation:\n  fedavg:\n", "f");
  ASSERT_TRUE(r.ok()) << r.status();
  EXPECT_TRUE(CampaignOf(r->front()).aggregation().has_fedavg());
}

TEST(LoadResources, RefusesALabelThatStandsTwice) {
  EXPECT_EQ(Refused("kind: Campaign\nevaluation:\n  labels: {a: x, a: y}\n",
                    Reason::kFIELD_DUPLICATE, "evaluation.labels.a"),
            "f.yaml:3:18: evaluation.labels.a: set twice; first in line 3");
}

TEST(LoadResources, NamesTheNearestKind) {
  EXPECT_EQ(Refused("kind: campain\nname: x\n", Reason::kFIELD_INVALID, "kind"),
            "f.yaml:1:7: kind: unknown kind 'campain', not one of Contract, Model, Monitor, "
            "Campaign, Trigger, Statistics; did you mean 'Campaign'?");
}

TEST(LoadResources, RefusesAMissingKindADoubleKindAndADocumentThatIsNoMap) {
  EXPECT_EQ(Refused("name: x\n", Reason::kFIELD_INVALID, "kind"),
            "f.yaml:1:1: kind: missing; one of Contract, Model, Monitor, Campaign, Trigger, "
            "Statistics");
  Refused("kind: Model\nkind: Model\n", Reason::kFIELD_DUPLICATE, "kind");
  EXPECT_EQ(Refused("- kind: Model\n", Reason::kFIELD_INVALID, ""),
            "f.yaml:1:1: expected a resource (a map with a kind), not a list");
  Refused("kind: [Model]\n", Reason::kFIELD_INVALID, "kind");
}

TEST(LoadResources, RefusesAFileWithoutResources) {
  EXPECT_EQ(Refused("# only a comment\n", Reason::kFIELD_INVALID, ""),
            "f.yaml:1:1: holds no resource");
}

TEST(LoadResources, SaysWhyAFileCannotBeRead) {
  const Status status = LoadResources("/nonexistent/campaign.yaml").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(MessageOf(status), "/nonexistent/campaign.yaml: No such file or directory");
  EXPECT_EQ(LoadResources("/tmp").status().code(), absl::StatusCode::kNotFound);
}

TEST(LoadResources, ReadsFromAFile) {
  const std::string path = fmt::format("{}load_test.{}.yaml", testing::TempDir(), ::getpid());
  std::ofstream(path) << Good();
  const auto r = LoadResources(path);
  std::remove(path.c_str());
  ASSERT_TRUE(r.ok()) << r.status();
  EXPECT_EQ(r->front().source.Where("plan.seed"), path + ":9:3");
}

TEST(Located, PutsThePlaceOfAServersComplaintBeforeIt) {
  const auto r = ParseResources(Good(), "campaign.yaml");
  ASSERT_TRUE(r.ok()) << r.status();
  const Status told = Located(InvalidField("plan.selection.cohort.minimum", "more than the goal"),
                              r->front().source);
  EXPECT_EQ(MessageOf(told),
            "campaign.yaml:13:25: plan.selection.cohort.minimum: more than the goal");
  EXPECT_EQ(ReasonOf(told), Reason::kFIELD_INVALID);
}

TEST(Located, KnowsTheItemsOfAListByName) {
  const auto r = ParseResources("kind: Contract\nfields:\n  - {name: s2, unit: K}\n", "c.yaml");
  ASSERT_TRUE(r.ok()) << r.status();
  const Status broken = WithField(FailedPrecondition("another unit"), "fields[s2].unit");
  EXPECT_EQ(MessageOf(Located(broken, r->front().source)), "c.yaml:3:16: another unit");
}

}  // namespace
}  // namespace muster::config
