#include "fake_muster.h"

namespace muster::cli {
namespace {
using ::testing::HasSubstr;

class Usage : public MusterTest {};

TEST_F(Usage, HelpTeachesByExamples) {
  EXPECT_EQ(Run({"--help"}), 0);
  EXPECT_THAT(out(), HasSubstr("muster watch campaign turbofan"));
  EXPECT_EQ(Run({"token", "create", "--help"}), 0);
  EXPECT_THAT(out(), HasSubstr("Usage: muster token create"));
  EXPECT_EQ(err(), "");
}

TEST_F(Usage, AWrongWordIsExitTwoAndNamesTheNearest) {
  EXPECT_EQ(Run({"aply", "-f", "x"}), 2);
  EXPECT_THAT(err(), HasSubstr("did you mean 'apply'?"));
  EXPECT_EQ(Run({"campaign", "puase", "x"}), 2);
  EXPECT_THAT(err(), HasSubstr("did you mean 'pause'?"));
  EXPECT_EQ(Run({"get", "campains"}), 2);
  EXPECT_THAT(err(), HasSubstr("did you mean 'campaign"));
  EXPECT_EQ(Run({"get", "campaigns", "--ouptut", "json"}), 2);
  EXPECT_THAT(err(), HasSubstr("did you mean '--output'?"));
  EXPECT_EQ(Run({"get", "campaigns", "-o", "xml"}), 2);
  EXPECT_EQ(out(), "");
}

TEST_F(Usage, NoCommandShowsHelpAsAnError) {
  EXPECT_EQ(Run({}), 2);
  EXPECT_THAT(err(), HasSubstr("Subcommands:"));
  EXPECT_EQ(Run({"model"}), 2);
  EXPECT_THAT(err(), HasSubstr("download"));
}

TEST_F(Usage, AServerThatIsAwayIsExitThree) {
  world_.connect = [this](const Endpoint&, const rpc::TlsIdentity&) {
    return grpc::CreateChannel("unix:" + (dir_ / "nobody"), grpc::InsecureChannelCredentials());
  };
  EXPECT_EQ(Run({"get", "campaigns"}), 3);
  EXPECT_THAT(err(), HasSubstr("cannot reach the coordinator at localhost:7443"));
  EXPECT_EQ(Run({"get", "campaigns", "-o", "json"}), 3);
  EXPECT_THAT(err(), ::testing::StartsWith("{\"error\":{\"code\":\"UNAVAILABLE\""));
}

TEST_F(Usage, VersionIsPrinted) {
  EXPECT_EQ(Run({"version"}), 0);
  EXPECT_EQ(out(), "muster 0.1.0\n");
}

}  // namespace
}  // namespace muster::cli
