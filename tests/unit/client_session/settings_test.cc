#include "client/app/settings.h"

#include <gtest/gtest.h>

#include <fstream>

#include "client/app/sample_config.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace muster::client {
namespace {
using ::muster::testing::Fails;
using ::muster::testing::IsOk;
using ::muster::testing::TempDir;

std::string Write(const TempDir& dir, const std::string& text,
                  const std::string& name = "edge.yaml") {
  const std::string path = dir / name;
  std::ofstream(path) << text;
  return path;
}
constexpr char kNode[] =
    "nodes:\n"
    "  - name: a\n"
    "    pipeline: {ingest: {csv: {path: a.csv}}, train: {exec: {command: [python3, t.py]}}}\n";

TEST(Settings, TheSampleIsAFileThatWorks) {
  const TempDir dir;
  const auto settings = LoadSettings(Write(dir, kSampleConfig));
  ASSERT_THAT(settings, IsOk());
  ASSERT_EQ(settings->nodes.size(), 1U);
  EXPECT_EQ(settings->nodes[0].csv, dir / "data/engine-001.csv");
  EXPECT_EQ(settings->state_dir, dir / "muster-edge-state");
  EXPECT_TRUE(settings->nodes[0].exec.empty());
  EXPECT_EQ(settings->policy.floor().least, 10U);
}

TEST(Settings, RelativePathsAndScriptsAreThoseOfTheFilesFolder) {
  const TempDir dir;
  std::ofstream(dir / "t.py") << "print()";
  const auto settings = LoadSettings(Write(dir, kNode));
  ASSERT_THAT(settings, IsOk());
  EXPECT_EQ(settings->nodes[0].csv, dir / "a.csv");
  EXPECT_THAT(settings->nodes[0].exec, ::testing::ElementsAre("python3", dir / "t.py"));
}

TEST(Settings, NamesTheFieldThatIsWrong) {
  const TempDir dir;
  const std::string head = std::string(kNode);
  const std::vector<std::tuple<std::string, std::string, Reason>> cases = {
      {"state_dir: x\n", "nodes", Reason::kFIELD_INVALID},
      {"nodes:\n  - name: A/b\n", "nodes[0].name", Reason::kNAME_INVALID},
      {"nodes:\n  - name: a\n", "nodes[0].pipeline.ingest.csv.path", Reason::kFIELD_INVALID},
      {"nodes:\n  - name: a\n    pipeline: {ingest: {csv: {path: x}}}\n", "nodes[0].pipeline.train",
       Reason::kFIELD_INVALID},
      {head + "  - name: a\n"
              "    pipeline: {ingest: {csv: {path: x}}, train: {torchscript: {}}}\n",
       "nodes[1].name", Reason::kFIELD_INVALID},
      {head + "policy: {hours: [{from: '25:00', to: '06:00'}]}\n", "policy.hours[0].from",
       Reason::kFIELD_INVALID},
      {head + "policy: {campaigns: ['a*b']}\n", "policy.campaigns[0]", Reason::kFIELD_INVALID},
      {head + "policy: {secure: {corrupt: 1.5}}\n", "policy.secure.corrupt",
       Reason::kFIELD_INVALID},
      {head + "policy: {secure: {dropout: -0.1}}\n", "policy.secure.dropout",
       Reason::kFIELD_INVALID},
      {head + "log: {level: loud}\n", "log.level", Reason::kFIELD_INVALID},
      {head + "parallel_tasks: 1000\n", "parallel_tasks", Reason::kFIELD_INVALID},
      {head + "produces: {contract: turbofan}\n", "produces.version", Reason::kFIELD_INVALID},
      {head + "produces: {version: 3}\n", "produces.contract", Reason::kFIELD_INVALID},
      {head + "    produces: {contract: ../x, version: 3}\n", "nodes[0].produces.contract",
       Reason::kFIELD_INVALID},
      {head + "drill: {vanish: 1.5}\n", "drill.vanish", Reason::kFIELD_INVALID}};
  for (const auto& [text, field, reason] : cases) {
    SCOPED_TRACE(text);
    const auto settings = LoadSettings(Write(dir, text));
    EXPECT_THAT(settings, Fails(absl::StatusCode::kInvalidArgument, reason));
    EXPECT_EQ(FieldOf(settings.status()), field);
  }
}

TEST(Settings, ANodeSaysItsOwnContractOrItsSites) {
  const TempDir dir;
  EXPECT_EQ(LoadSettings(Write(dir, kNode))->nodes.at(0).produces, std::nullopt);
  const std::string site = "produces: {contract: turbofan, version: 3}\n";
  const auto sites = LoadSettings(Write(dir, kNode + site));
  ASSERT_THAT(sites, IsOk());
  EXPECT_EQ(sites->nodes.at(0).produces, (Produced{"turbofan", 3}));
  const auto own = LoadSettings(
      Write(dir, std::string(kNode) + "    produces: {contract: pump, version: 1}\n" + site));
  ASSERT_THAT(own, IsOk());
  EXPECT_EQ(own->nodes.at(0).produces, (Produced{"pump", 1}));
}

constexpr char kServing[] =
    "nodes:\n"
    "  - name: a\n"
    "    pipeline:\n"
    "      ingest: {csv: {path: a.csv}}\n"
    "      train: {torchscript: {}}\n";

TEST(Settings, ANodeMayServeAModel) {
  const TempDir dir;
  std::ofstream(dir / "rules.yaml")
      << "monitors:\n  - {name: slow, kind: range, field: $latency, max: 100}\n";
  const auto settings = LoadSettings(
      Write(dir, std::string(kServing) + "      serve:\n"
                                         "        model: wear\n"
                                         "        poll: 100ms\n"
                                         "        device_watts: 12.5\n"
                                         "        monitors_file: rules.yaml\n"
                                         "        from_beginning: true\n"
                                         "        sinks:\n"
                                         "          - {file: {path: out.jsonl, most_bytes: 1000}}\n"
                                         "          - {exec: {command: [cat], time_limit: 1s}}\n"
                                         "          - {mqtt: {topic: plant/7}}\n"
                                         "telemetry: {every: 5s}\n"));
  ASSERT_THAT(settings, IsOk());
  ASSERT_TRUE(settings->nodes[0].serve);
  const ServeSettings& serve = *settings->nodes[0].serve;
  EXPECT_EQ(serve.model.value(), "wear");
  EXPECT_EQ(serve.alias, "champion");
  EXPECT_EQ(serve.poll, std::chrono::milliseconds(100));
  EXPECT_EQ(serve.device_watts, 12.5);
  EXPECT_TRUE(serve.from_beginning);
  ASSERT_EQ(serve.rules.size(), 1U);
  EXPECT_EQ(serve.rules[0].name, "slow");
  ASSERT_EQ(serve.sinks.size(), 3U);
  EXPECT_EQ(std::get<FileSinkSettings>(serve.sinks[0]).path, dir / "out.jsonl");
  EXPECT_EQ(std::get<ExecSinkSettings>(serve.sinks[1]).time_limit, std::chrono::seconds(1));
  EXPECT_EQ(std::get<MqttSinkSettings>(serve.sinks[2]).qos, 1U);
  EXPECT_EQ(settings->summary_every, std::chrono::seconds(5));
}

TEST(Settings, NamesWhatIsWrongWithServing) {
  const TempDir dir;
  std::ofstream(dir / "rules.yaml") << "monitors:\n  - {name: slow, kind: rang}\n";
  const std::pair<const char*, const char*> cases[] = {
      {"{}", "model"},
      {"{model: A/b}", "model"},
      {"{model: m, alias: ../x}", "alias"},
      {"{model: m, poll: soon}", "poll"},
      {"{model: m, device_watts: -1}", "device_watts"},
      {"{model: m, sinks: [{}]}", "sinks[0]"},
      {"{model: m, sinks: [{file: {}}]}", "sinks[0].file.path"},
      {"{model: m, sinks: [{exec: {}}]}", "sinks[0].exec.command"},
      {"{model: m, sinks: [{mqtt: {}}]}", "sinks[0].mqtt.topic"}};
  for (const auto& [serve, field] : cases) {
    SCOPED_TRACE(serve);
    const auto settings =
        LoadSettings(Write(dir, std::string(kServing) + "      serve: " + serve + "\n"));
    EXPECT_THAT(settings, Fails(absl::StatusCode::kInvalidArgument, Reason::kFIELD_INVALID));
    EXPECT_EQ(FieldOf(settings.status()), std::string("nodes[0].pipeline.serve.") + field);
  }
  EXPECT_FALSE(LoadSettings(Write(dir, std::string(kServing) +
                                           "      serve: {model: m, monitors_file: rules.yaml}\n"))
                   .ok());
  std::string exec = kNode;
  exec.replace(exec.rfind('}'), 1, ", serve: {model: m}}");
  const auto settings = LoadSettings(Write(dir, exec));
  EXPECT_EQ(FieldOf(settings.status()), "nodes[0].pipeline.serve");
}

TEST(Settings, ThePolicyMayBeAFileThatTheSitesOwnerKeeps) {
  const TempDir dir;
  Write(dir, "campaigns: [\"pump*\"]\nleast_cohort: 3\nbytes_a_day: 1000\n", "policy.yaml");
  const auto settings = LoadSettings(Write(dir, std::string(kNode) + "policy_file: policy.yaml\n"));
  ASSERT_THAT(settings, IsOk());
  PolicyAsk ask{.campaign = CampaignName("pumps"), .cohort = 3, .bytes = 1000};
  EXPECT_THAT(settings->policy.Check(ask), IsOk());
  ask.cohort = 2;
  EXPECT_THAT(settings->policy.Check(ask),
              Fails(absl::StatusCode::kPermissionDenied, Reason::kPOLICY_COHORT));
}

TEST(Settings, ASiteMayAllowNoStatistics) {
  const TempDir dir;
  const PolicyAsk ask{.campaign = CampaignName("how-hot"), .secure = true, .statistics = true};
  const auto open = LoadSettings(Write(dir, kNode));
  ASSERT_THAT(open, IsOk());
  EXPECT_THAT(open->policy.Check(ask), IsOk());
  const auto closed =
      LoadSettings(Write(dir, std::string(kNode) + "policy: {statistics: false}\n"));
  ASSERT_THAT(closed, IsOk());
  EXPECT_THAT(closed->policy.Check(ask),
              Fails(absl::StatusCode::kPermissionDenied, Reason::kPOLICY_CAMPAIGN));
}

TEST(Settings, TheFloorOfSecureRoundsIsThePolicys) {
  const TempDir dir;
  const auto settings = LoadSettings(
      Write(dir, std::string(kNode) +
                     "policy: {secure: {required: true, least: 20, corrupt: 0.1, dropout: 0.25, "
                     "curious: true}}\n"));
  ASSERT_THAT(settings, IsOk());
  const auto& floor = settings->policy.floor();
  EXPECT_EQ(floor.least, 20U);
  EXPECT_EQ(floor.corrupt_ppm, 100'000U);
  EXPECT_EQ(floor.dropout_ppm, 250'000U);
  EXPECT_TRUE(floor.allow_curious);
  EXPECT_THAT(settings->policy.Check({.campaign = CampaignName("any")}),
              Fails(absl::StatusCode::kPermissionDenied, Reason::kPOLICY_SECURE));

  const auto unset = LoadSettings(Write(dir, kNode));
  ASSERT_THAT(unset, IsOk());
  EXPECT_EQ(unset->policy.floor().least, 3U);
  EXPECT_EQ(unset->policy.floor().corrupt_ppm, 100'000U);
  EXPECT_EQ(unset->policy.floor().dropout_ppm, 0U);
  EXPECT_FALSE(unset->policy.floor().allow_curious);
}

TEST(Settings, APolicyFileThatIsMissingWrongOrBesideAnotherPolicyIsRefused) {
  const TempDir dir;
  const std::string named = std::string(kNode) + "policy_file: policy.yaml\n";
  EXPECT_FALSE(LoadSettings(Write(dir, named)).ok());  // Not "everything is allowed".

  Write(dir, "hours: [{from: '20:00', to: '20:00'}]\n", "policy.yaml");
  const auto wrong = LoadSettings(Write(dir, named));
  EXPECT_THAT(wrong, Fails(absl::StatusCode::kInvalidArgument, Reason::kFIELD_INVALID));
  EXPECT_NE(MessageOf(wrong.status()).find("policy.yaml:1:"), std::string_view::npos);

  Write(dir, "least_cohort: 3\n", "policy.yaml");
  const auto both = LoadSettings(Write(dir, named + "policy: {least_cohort: 1}\n"));
  EXPECT_THAT(both, Fails(absl::StatusCode::kInvalidArgument, Reason::kFIELD_INVALID));
  EXPECT_EQ(FieldOf(both.status()), "policy_file");
}

TEST(Settings, RefusesAFieldThatDoesNotExist) {
  const TempDir dir;
  EXPECT_THAT(LoadSettings(Write(dir, std::string(kNode) + "polcy: {}\n")),
              Fails(absl::StatusCode::kInvalidArgument, Reason::kFIELD_UNKNOWN));
}

}  // namespace
}  // namespace muster::client
