// The whole agent over real connections: keys, enrolment, mutual TLS, transfers, a trainer.
#include "client/app/agent.h"

#include <absl/synchronization/notification.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/safetensors.h"
#include "client/exec/task_dir.h"
#include "client/pipeline/file_bytes.h"
#include "platform/openssl_crypto.h"
#include "platform/private_file.h"
#include "registry/audit/note.h"
#include "registry/evidence/dsse.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/client_session/test_servers.h"

namespace muster::testing {
namespace {
using namespace std::chrono_literals;
using client::Agent;
using client::AgentSettings;
constexpr char kDomain[] = "fleet.test";

class AgentTest : public ::testing::Test {
 protected:
  AgentTest()
      : ca_(*platform::CertificateAuthority::Create(kDomain, clock_, rng_)),
        pool_(clock_, log_, {.threads = 2}),
        border_(pool_, log_, {.identify = rpc::ByCertificate(kDomain), .denied = {}}),
        authority_(border_, fleet_),
        enrolment_(border_, fleet_, ca_),
        coordinator_(border_, fleet_) {
    const auto key = platform::TlsKey::Generate();
    const std::string certificate = *ca_.IssueServer(*key, {}, 1h);
    grpc::Service* const services[] = {&authority_, &enrolment_, &coordinator_};
    server_ = *rpc::Server::Start(*Endpoint::Parse("127.0.0.1:0"),
                                  {certificate, *key->ToPem(), ca_.certificate_pem()}, services);
    MakeModel();
    MakeJoinFile("secret");
  }
  ~AgentTest() override {
    server_->Stop(1s);
    pool_.Stop(5s);
  }

  void MakeModel() {
    const Params model{*Layout::Make({{"w", DType::kF32, {3}}}), {1, 2, 3}};
    fleet_.params = SerializeParams(model.View());
    client::Assignment& a = fleet_.assignment;
    a.round = {CampaignName("c"), RoundNumber(1), 1};
    a.params = {platform::OpenSslHasher().Sha256(fleet_.params), fleet_.params.size()};
    a.contract = {"k", 1, {{"t", 0, 10, ""}, {"y", 0, 100, ""}}};
    a.model = ModelName("m");
    a.features = {"t"};
    a.label = {"y", std::nullopt, 1};
    a.cohort = 50;
    SignModel();
    // What the trainer leaves behind; `cp` is a trainer whose result we know.
    const Params update{model.layout, {0.5F, -0.5F, 0.25F}};
    update_ = SerializeParams(update.View());
    const std::array<ByteView, 1> parts = {update_};
    ASSERT_THAT(client::WriteFileBytes(dir_ / client::kUpdateFile, parts), IsOk());
    std::ofstream(dir_ / client::kMetricsFile)
        << *client::EncodeMetrics({.examples = 2, .loss = 0.5, .metrics = {}});
    std::ofstream(dir_ / "rows.csv") << "t,y\n1,2\n3,4\n";
  }
  void SignModel() {
    namespace evidence = registry::evidence;
    const platform::OpenSslSigner log(*platform::Ed25519PrivateKey::Generate(rng_));
    fleet_.log_key = registry::audit::NoteKey::Make("fleet.test/log", log.public_key(),
                                                    platform::OpenSslHasher())
                         ->ToString();
    const std::string said = *evidence::AssignmentStatement(
        "c", 1, 1, {{"params.safetensors", fleet_.assignment.params.digest}});
    fleet_.assignment.signed_artefacts =
        *evidence::SignEnvelope(evidence::kInTotoPayload, said, fleet_.log_key, log);
  }
  void MakeJoinFile(const char* secret) {
    JoinToken token;
    const std::string id = "token-1";
    const auto text =
        EncodeJoinToken({id, Secret::FromText(secret), server_->address(), ca_.certificate_pem(),
                         server_->address(), ca_.certificate_pem()});
    ASSERT_THAT(text, IsOk());
    ASSERT_THAT(platform::WritePrivateFile(dir_ / "join", *text), IsOk());
  }
  AgentSettings Settings(std::size_t nodes) {
    AgentSettings settings;
    settings.state_dir = dir_ / "state";
    settings.join_file = dir_ / "join";
    settings.parallel_tasks = 2;
    for (std::size_t i = 0; i < nodes; ++i) {
      client::NodeSettings node;
      node.name = DeviceName(fmt::format("engine-{:03}", i));
      node.csv = dir_ / "rows.csv";
      node.exec = {"cp", dir_ / client::kUpdateFile, dir_ / client::kMetricsFile};
      settings.nodes.push_back(std::move(node));
    }
    return settings;
  }
  // Until `what` holds of the fleet.
  template <typename What>
  [[nodiscard]] bool Await(What what) {
    const auto condition = [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return what(fleet_); };
    absl::MutexLock lock(&fleet_.mu);
    return fleet_.mu.AwaitWithTimeout(absl::Condition(&condition), absl::Seconds(60));
  }
  static std::size_t Threads() {
    const auto tasks = std::filesystem::directory_iterator("/proc/self/task");
    return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
  }

  TempDir dir_;
  platform::SystemClock clock_;
  platform::OpenSslRng rng_;
  NullLogger log_;
  Fleet fleet_;
  platform::CertificateAuthority ca_;
  platform::ThreadPool pool_;
  rpc::Border border_;
  TestAuthority authority_;
  TestEnrolment enrolment_;
  TestCoordinator coordinator_;
  std::unique_ptr<rpc::Server> server_;
  Bytes update_;
};

TEST_F(AgentTest, LongAnsweredQuestionsAreForgottenAtTheStart) {
  const std::filesystem::path given = dir_ / "state/nodes/engine-000/given";
  std::filesystem::create_directories(given);
  for (const char* open : {"state", "state/nodes", "state/nodes/engine-000"})
    std::filesystem::permissions(dir_ / open, std::filesystem::perms::owner_all);
  const auto answer = [&](const std::string& question, int days_ago) {
    std::ofstream(given / platform::OpenSslHasher().Sha256(AsBytes(question)).Hex())
        << question << UnixMillis(clock_.Now() - std::chrono::hours(24 * days_ago)) << "\n";
  };
  answer("c/1 sha256:00\n", 401);
  answer("c/2 sha256:00\n", 399);
  ASSERT_THAT(Agent::Make(Settings(1), log_), IsOk());
  EXPECT_TRUE(std::filesystem::is_empty(given));
  std::ifstream ledger(given.parent_path() / "ledger");
  const std::string text(std::istreambuf_iterator<char>(ledger), {});
  EXPECT_THAT(text, ::testing::EndsWith(" c/2 sha256:00\n"));
  EXPECT_THAT(text, ::testing::Not(::testing::HasSubstr(" c/1 ")));
}

TEST_F(AgentTest, FiftyNodesEnrolTrainAndAreCountedOnAFewThreads) {
  const auto agent = Agent::Make(Settings(50), log_);
  ASSERT_THAT(agent, IsOk());
  absl::Notification ready;
  std::size_t alive = 0;
  (*agent)->Start([&](std::size_t nodes) {
    alive = nodes;
    ready.Notify();
  });
  ASSERT_TRUE(ready.WaitForNotificationWithTimeout(absl::Seconds(60)));
  EXPECT_EQ(alive, 50U);
  ASSERT_TRUE(
      Await([](const Fleet& f) ABSL_NO_THREAD_SAFETY_ANALYSIS { return f.told.size() == 50; }));
  EXPECT_LT(Threads(), 50U);
  (*agent)->Stop();
  absl::MutexLock lock(&fleet_.mu);
  EXPECT_EQ(fleet_.devices.size(), 50U);
  EXPECT_EQ(fleet_.attests, 50);
  for (const auto& item : fleet_.received) EXPECT_EQ(item.second, update_) << item.first;
}

TEST_F(AgentTest, ARestartNeedsNoJoinFileAndNoNewEnrolment) {
  {
    const auto agent = Agent::Make(Settings(3), log_);
    ASSERT_THAT(agent, IsOk());
    (*agent)->Start([](std::size_t) {});
    ASSERT_TRUE(
        Await([](const Fleet& f) ABSL_NO_THREAD_SAFETY_ANALYSIS { return f.told.size() == 3; }));
  }
  std::filesystem::remove(dir_ / "join");
  {
    absl::MutexLock lock(&fleet_.mu);
    fleet_.received.clear();
    fleet_.told.clear();
  }
  const auto again = Agent::Make(Settings(3), log_);
  ASSERT_THAT(again, IsOk());
  (*again)->Start([](std::size_t) {});
  EXPECT_TRUE(
      Await([](const Fleet& f) ABSL_NO_THREAD_SAFETY_ANALYSIS { return f.told.size() == 3; }));
  absl::MutexLock lock(&fleet_.mu);
  EXPECT_EQ(fleet_.attests, 3);
}

TEST_F(AgentTest, ARefusedTokenStopsTheNodesAndNotTheAgent) {
  MakeJoinFile("guessed");
  const auto agent = Agent::Make(Settings(2), log_);
  ASSERT_THAT(agent, IsOk());
  absl::Notification ready;
  std::size_t alive = 9;
  (*agent)->Start([&](std::size_t nodes) {
    alive = nodes;
    ready.Notify();
  });
  ASSERT_TRUE(ready.WaitForNotificationWithTimeout(absl::Seconds(60)));
  EXPECT_EQ(alive, 0U);
}

TEST_F(AgentTest, ANodeWithBadDataSaysWhereAndTheOthersGoOn) {
  AgentSettings settings = Settings(3);
  settings.nodes[1].csv = dir_ / "bad.csv";
  std::ofstream(dir_ / "bad.csv") << "t,y\n1,2\n3,four\n5,six\n";
  const auto agent = Agent::Make(std::move(settings), log_);
  ASSERT_THAT(agent, IsOk());
  (*agent)->Start([](std::size_t) {});
  EXPECT_TRUE(Await([](const Fleet& f) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    return f.told.size() == 2 && f.unfit.size() == 1;
  }));
  absl::MutexLock lock(&fleet_.mu);
  EXPECT_NE(fleet_.unfit.begin()->second.find("bad.csv:3"), std::string::npos);
}

TEST_F(AgentTest, TwoAgentsCannotShareAStateDirectory) {
  const auto first = Agent::Make(Settings(1), log_);
  ASSERT_THAT(first, IsOk());
  EXPECT_THAT(Agent::Make(Settings(1), log_),
              Fails(absl::StatusCode::kFailedPrecondition, Reason::kDATA_DIR_IN_USE));
}

TEST_F(AgentTest, KeysAreForTheirOwnerAlone) {
  ASSERT_THAT(Agent::Make(Settings(1), log_), IsOk());
  for (const char* name : {"identity.key", "tls.key"}) {
    const auto file = dir_ / "state" + "/nodes/engine-000/" + name;
    EXPECT_EQ(std::filesystem::status(file).permissions(), std::filesystem::perms(0600)) << name;
  }
}

}  // namespace
}  // namespace muster::testing
