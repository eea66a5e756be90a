#include "cli/output.h"

#include <gtest/gtest.h>
#include <muster/v1/campaign.pb.h>
#include <muster/v1/context.pb.h>

#include "config/load.h"

namespace muster::cli {
namespace {

v1::CampaignView View() {
  v1::CampaignView view;
  view.mutable_campaign()->set_name("turbofan");
  view.mutable_campaign()->mutable_evaluation()->add_metrics("rmse");
  view.set_why("no: \"devices\"\n");
  view.set_latest_version(12);
  return view;
}

TEST(Output, JsonHasProtoNamesAndDefaults) {
  const std::string json = ToJson(View());
  EXPECT_NE(json.find("\"latest_version\": \"12\""), std::string::npos) << json;
  EXPECT_NE(json.find("\"rounds_published\": 0"), std::string::npos) << json;
  EXPECT_NE(json.find("\"base_version\": \"0\""), std::string::npos) << json;
  EXPECT_EQ(json.back(), '\n');
  EXPECT_EQ(ToJsonLine(View()).find('\n'), ToJsonLine(View()).size() - 1);
}

TEST(Output, YamlQuotesWhatWouldReadAsSomethingElse) {
  v1::Contexts contexts;
  contexts.set_current("yes");
  for (const char* name : {"plant", "7", "a: b", "", "-x", "nan"}) {
    contexts.add_contexts()->set_name(name);
  }
  contexts.mutable_contexts(0)->mutable_coordinator()->set_server("localhost:7443");
  contexts.mutable_contexts(0)->mutable_coordinator()->set_ca("/etc/muster/ca.pem");
  EXPECT_EQ(ToSparseYaml(contexts),
            "current: \"yes\"\n"
            "contexts:\n"
            "- name: plant\n"
            "  coordinator:\n"
            "    server: \"localhost:7443\"\n"
            "    ca: /etc/muster/ca.pem\n"
            "- name: \"7\"\n"
            "- name: \"a: b\"\n"
            "- {}\n"
            "- name: \"-x\"\n"
            "- name: \"nan\"\n");
}

TEST(Output, YamlReadsBackAsTheSameMessage) {
  v1::Campaign campaign = View().campaign();
  campaign.set_description("two\nlines, \"quoted\" — and ünïcode: #not a comment");
  campaign.mutable_plan()->set_seed(18446744073709551615u);
  (*campaign.mutable_evaluation()->mutable_labels())["017"] = "on";
  campaign.mutable_aggregation()->mutable_fedavgm()->set_momentum(0.1);
  v1::Campaign again;
  const auto source = config::ParseInto(ToYaml(campaign), "out.yaml", again);
  ASSERT_TRUE(source.ok()) << source.status() << "\n" << ToYaml(campaign);
  EXPECT_EQ(again.DebugString(), campaign.DebugString());
}

}  // namespace
}  // namespace muster::cli
