#include <muster/v1/agent.pb.h>

#include <unistd.h>

#include <fstream>

#include "expect.h"

namespace muster::config {
namespace {

StatusOr<Loaded<v1::AgentConfig>> LoadAgent(std::string_view text) {
  // Cases run side by side, each in a process of its own.
  const std::string path = fmt::format("{}agent_file_test.{}.yaml", testing::TempDir(), ::getpid());
  std::ofstream(path) << text;
  return LoadMessage<v1::AgentConfig>(path);
}

TEST(AgentFile, IsReadWithoutAKind) {
  const auto loaded = LoadAgent(R"(
join_file: join.json
nodes:
  - name: engine-001
    labels: {role: train}
    pipeline:
      ingest: {csv: {path: e1.csv, columns: {cycle: time}}}
      train: {torchscript: {}}
  - name: engine-002
    pipeline:
      train: {exec: {command: [python3, train.py, "--fast"]}, windows: last}
policy:
  hours: [{from: "22:00", to: "06:00"}]
)");
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  const v1::AgentConfig& c = loaded->message;
  EXPECT_EQ(c.nodes_size(), 2);
  EXPECT_EQ(c.nodes(0).pipeline().ingest().csv().columns().at("cycle"), "time");
  EXPECT_TRUE(c.nodes(0).pipeline().train().has_torchscript());
  EXPECT_EQ(c.nodes(1).pipeline().train().exec().command(2), "--fast");
  EXPECT_EQ(c.policy().hours(0).to(), "06:00");
  EXPECT_THAT(loaded->source.Where("nodes[1].pipeline.train.windows"), testing::EndsWith(":11:63"));
}

TEST(AgentFile, RefusesUnknownFieldsOfNodesAndBothTrainers) {
  Refused(LoadAgent("nodes:\n- nam: x\n").status(), Reason::kFIELD_UNKNOWN, "nodes[0].nam");
  Refused(LoadAgent("nodes: [{pipeline: {train: {torchscript: {}, exec: {}}}}]\n").status(),
          Reason::kFIELD_DUPLICATE, "nodes[0].pipeline.train.exec");
}

TEST(AgentFile, MustBeOneMap) {
  Refused(LoadAgent("").status(), Reason::kFIELD_INVALID, "");
  Refused(LoadAgent("- a\n").status(), Reason::kFIELD_INVALID, "");
  Refused(LoadAgent("state_dir: a\n---\nstate_dir: b\n").status(), Reason::kFIELD_INVALID, "");
}

}  // namespace
}  // namespace muster::config
