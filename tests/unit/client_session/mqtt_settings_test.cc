#include <gtest/gtest.h>

#include <fstream>

#include "client/app/settings.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace muster::client {
namespace {
using ::muster::testing::Fails;
using ::muster::testing::IsOk;
using ::muster::testing::TempDir;

constexpr char kBroker[] =
    "mqtt: {broker: 'mqtts://broker.site:8883', username: edge, password_file: pw, ca_file: ca}\n";
constexpr char kNode[] =
    "nodes:\n"
    "  - name: a\n"
    "    pipeline: {ingest: {mqtt: {topic: 'plant/+', fields: {t: /t}}}, train: {torchscript: "
    "{}}}\n";

StatusOr<AgentSettings> Load(const TempDir& dir, const std::string& text) {
  std::ofstream(dir / "edge.yaml") << text;
  return LoadSettings(dir / "edge.yaml");
}

TEST(MqttSettings, ANodesRowsAreKeptAmongItsOwnFiles) {
  const TempDir dir;
  const auto settings = Load(dir, std::string(kBroker) + kNode);
  ASSERT_THAT(settings, IsOk());
  EXPECT_EQ(settings->nodes[0].csv, dir / "muster-edge-state/nodes/a/rows.csv");
  ASSERT_TRUE(settings->nodes[0].mqtt.has_value());
  EXPECT_EQ(settings->nodes[0].mqtt->topic, "plant/+");
  EXPECT_EQ(settings->nodes[0].mqtt->keep_rows, 100'000U);
  ASSERT_TRUE(settings->mqtt.has_value());
  EXPECT_EQ(settings->mqtt->broker.host, "broker.site");
  EXPECT_EQ(settings->mqtt->password_file, dir / "pw");
  EXPECT_EQ(settings->mqtt->ca_file, dir / "ca");
  EXPECT_EQ(settings->mqtt->version, MqttVersion::k5);
}

TEST(MqttSettings, NameTheFieldThatIsWrong) {
  const TempDir dir;
  const std::string node = kNode;
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string text = std::string(kBroker) + node;
    return text.replace(text.find(from), from.size(), to);
  };
  const std::string source = "nodes[0].pipeline.ingest.mqtt";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {node, "mqtt.broker"},
      {with("mqtts://", "tcp://"), "mqtt.broker"},
      {with("mqtts://", "mqtt://"), "mqtt.broker"},  // With a password, over the network.
      {with("username: edge, ", ""), "mqtt.username"},
      {with("username: edge", "version: '3.1'"), "mqtt.version"},
      {with("username: edge", "username: edge, client_id: 'a/b'"), "mqtt.client_id"},
      {with("ca_file: ca", "certificate_file: c"), "mqtt.key_file"},
      {with("plant/+", "plant/a+"), source + ".topic"},
      {with("{t: /t}", "{}"), source + ".fields"},
      {with("{t: /t}", "{t: /t~}"), source + ".fields.t"},
      {with("fields:", "preset: sigfox, fields:"), source + ".preset"},
      {with("fields:", "only: x, fields:"), source + ".device"},
      {with("fields:", "keep_rows: 1000000000000, fields:"), source + ".keep_rows"},
  };
  for (const auto& [text, field] : cases) {
    const auto settings = Load(dir, text);
    EXPECT_THAT(settings, Fails(absl::StatusCode::kInvalidArgument, Reason::kFIELD_INVALID))
        << text;
    EXPECT_EQ(FieldOf(settings.status()), field) << text;
  }
}

TEST(MqttSettings, APasswordInClearIsForThisMachineAlone) {
  const TempDir dir;
  EXPECT_THAT(Load(dir, "mqtt: {broker: 'mqtt://127.0.0.1:1883', username: e, password_file: p}\n" +
                            std::string(kNode)),
              IsOk());
  EXPECT_THAT(Load(dir, "mqtt: {broker: 'mqtt://broker.site:1883'}\n" + std::string(kNode)),
              IsOk());
}

}  // namespace
}  // namespace muster::client
