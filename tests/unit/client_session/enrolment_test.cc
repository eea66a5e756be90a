#include "client/session/enrolment.h"

#include <gtest/gtest.h>

#include <array>

#include "base/seeded.h"
#include "tests/support/memory_blobs.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/client_session/sim_executor.h"

namespace muster::testing {
namespace {
using namespace std::chrono_literals;
using client::Attestation;
using client::Credentials;
using client::Enrolment;
using client::EnrolmentLink;
using client::MembershipStore;

class FakeKeys final : public client::DeviceKeys {
 public:
  const IdentityKey& identity() const override { return key_; }
  StatusOr<Bytes> Sign(ByteView message) const override {
    Bytes out(message.begin(), message.end());  // Shows what was signed.
    out.push_back(std::byte{0xff});
    return out;
  }
  StatusOr<std::string> Csr() const override { return "csr"; }

 private:
  const IdentityKey key_{std::byte{1}};
};

// Both servers: one use of the token for one key, as often as it likes.
struct Servers {
  int attests = 0, enrols = 0;
  std::optional<Status> authority_says, coordinator_says;
  std::string valid_statement = "statement";
  std::vector<EnrolmentLink::AttestAsk> asked;
};

class FakeEnrolmentLink final : public EnrolmentLink {
 public:
  FakeEnrolmentLink(Servers& servers, SimExecutor& executor)
      : servers_(servers), executor_(executor) {}
  const std::string& token_id() const override { return id_; }
  const Endpoint& coordinator() const override { return endpoint_; }
  void Attest(const AttestAsk& ask, std::function<void(StatusOr<Attestation>)> done) override {
    executor_.Post([this, ask, done] {
      ++servers_.attests;
      servers_.asked.push_back(ask);
      if (servers_.authority_says) return done(*servers_.authority_says);
      done(Attestation{servers_.valid_statement, Bytes(64), Bytes(32, std::byte{7})});
    });
  }
  void Enrol(const EnrolAsk& ask, std::function<void(StatusOr<Enrolled>)> done) override {
    executor_.Post([this, ask, done] {
      ++servers_.enrols;
      if (servers_.coordinator_says) return done(*servers_.coordinator_says);
      if (ask.attestation.statement != servers_.valid_statement)
        return done(WithReason(PermissionDenied("old"), Reason::kSTATEMENT_EXPIRED));
      done(Enrolled{DeviceId("d1"), "cert", "ca"});
    });
  }

 private:
  Servers& servers_;
  SimExecutor& executor_;
  const std::string id_ = "token-1";
  const Endpoint endpoint_{"localhost", 7443};
};

struct Harness {
  ManualClock clock{FromUnixMillis(1'700'000'000'000)};
  SimExecutor executor{clock};
  SeededRng rng{1};
  NullLogger log;
  Servers servers;
  std::shared_ptr<MemoryFiles::Disk> disk = std::make_shared<MemoryFiles::Disk>();
  std::unique_ptr<MemoryFiles> files;
  std::shared_ptr<Enrolment> enrolment;
  std::optional<Credentials> enrolled;
  std::optional<Status> refused;
  int retries = 0;

  void Boot() {
    files = std::make_unique<MemoryFiles>(disk);
    MembershipStore store(*files, DeviceName("engine-1"));
    const auto saved = store.LoadCredentials();
    ASSERT_THAT(saved, IsOk());
    enrolled = *saved;
    if (enrolled) return;
    enrolment = Enrolment::Make({DeviceName("engine-1"), {{"site", "lyon"}}},
                                {clock, executor, rng, log}, store, std::make_shared<FakeKeys>(),
                                std::make_shared<FakeEnrolmentLink>(servers, executor),
                                {.enrolled = [this](const Credentials& c) { enrolled = c; },
                                 .refused = [this](const Status& s) { refused = s; },
                                 .retrying = [this](const Status&) { ++retries; }});
    enrolment->Start();
  }
  void Crash() {
    executor.Forget();
    enrolment.reset();
    files.reset();
    enrolled.reset();
  }
};

TEST(Enrolment, IsAttestedThenTradesTheStatementForACertificate) {
  Harness h;
  h.Boot();
  h.executor.RunFor(1s);
  ASSERT_TRUE(h.enrolled.has_value());
  EXPECT_EQ(h.enrolled->certificate_pem, "cert");
  EXPECT_EQ(h.enrolled->ca_pem, "ca");
  EXPECT_EQ(h.enrolled->coordinator, (Endpoint{"localhost", 7443}));
  ASSERT_EQ(h.servers.asked.size(), 1U);
  const auto& ask = h.servers.asked[0];
  EXPECT_EQ(ask.labels.at("site"), "lyon");
  const std::string signed_bytes = AttestBytesToSign("token-1", "engine-1");
  EXPECT_EQ(AsText(ByteView(ask.possession_signature).first(signed_bytes.size())), signed_bytes);
}

TEST(Enrolment, AKillAtAnyStepEndsInOneMembership) {
  for (int killed_after = 0; killed_after < 8; ++killed_after) {
    SCOPED_TRACE(::testing::Message() << "killed after " << killed_after << " steps");
    Harness h;
    h.Boot();
    for (int i = 0; i < killed_after; ++i) h.executor.Step(h.clock.Now() + 1h);
    h.Crash();
    h.Boot();
    h.executor.RunFor(1s);
    ASSERT_TRUE(h.enrolled.has_value());
    EXPECT_EQ(h.enrolled->device_id, DeviceId("d1"));
    EXPECT_LE(h.servers.attests, 2);
    for (const auto& ask : h.servers.asked) EXPECT_EQ(ask.identity_key, FakeKeys().identity());
  }
}

TEST(Enrolment, KeepsItsStatementAcrossAKill) {
  Harness h;
  h.servers.coordinator_says = Unavailable("down");
  h.Boot();
  h.executor.RunFor(1s);
  h.Crash();
  h.servers.coordinator_says.reset();
  h.servers.authority_says = WithReason(PermissionDenied("used"), Reason::kTOKEN_USED);
  h.Boot();
  h.executor.RunFor(1s);
  EXPECT_TRUE(h.enrolled.has_value());
  EXPECT_EQ(h.servers.attests, 1);
}

TEST(Enrolment, TheAuthoritysKeyIsKeptBesideTheStatement) {
  Harness h;
  h.Boot();
  h.executor.RunFor(1s);
  const auto stored = MembershipStore(*h.files, DeviceName("engine-1")).LoadAttestation();
  ASSERT_THAT(stored, IsOk());
  ASSERT_TRUE(stored->has_value());
  EXPECT_EQ((*stored)->statement, "statement");
  EXPECT_EQ((*stored)->authority_key, Bytes(32, std::byte{7}));
}

TEST(Enrolment, AStatementThatWasStoredWithoutTheAuthoritysKeyIsReadStill) {
  MemoryFiles files;
  const std::string old = R"({"signature":"0011","statement":"statement"})";
  const std::array<ByteView, 1> parts = {AsBytes(old)};
  ASSERT_THAT(files.Put("nodes/engine-1/statement.json", parts), IsOk());
  const auto stored = MembershipStore(files, DeviceName("engine-1")).LoadAttestation();
  ASSERT_THAT(stored, IsOk());
  ASSERT_TRUE(stored->has_value());
  EXPECT_EQ((*stored)->signature.size(), 2U);
  EXPECT_TRUE((*stored)->authority_key.empty());
}

TEST(Enrolment, TriesForEverWhileAServerIsAway) {
  Harness h;
  h.servers.authority_says = Unavailable("down");
  h.Boot();
  h.executor.RunFor(1h);
  EXPECT_FALSE(h.refused.has_value());
  EXPECT_GT(h.retries, 120);   // At least every 30 s,
  EXPECT_LT(h.retries, 1000);  // and never a flood.
  h.servers.authority_says.reset();
  h.executor.RunFor(31s);
  EXPECT_TRUE(h.enrolled.has_value());
}

TEST(Enrolment, StopsAtARefusalAndSaysWhy) {
  const std::vector<std::pair<Status, Reason>> refusals = {
      {WithReason(FailedPrecondition(""), Reason::kTOKEN_USED), Reason::kTOKEN_USED},
      {WithReason(PermissionDenied(""), Reason::kTOKEN_EXPIRED), Reason::kTOKEN_EXPIRED},
      {WithReason(NotFound(""), Reason::kTOKEN_UNKNOWN), Reason::kTOKEN_UNKNOWN},
      {WithReason(AlreadyExists(""), Reason::kNAME_TAKEN), Reason::kNAME_TAKEN}};
  for (const auto& [status, reason] : refusals) {
    SCOPED_TRACE(NameOf(reason));
    Harness h;
    h.servers.authority_says = status;
    h.Boot();
    h.executor.RunFor(1h);
    ASSERT_TRUE(h.refused.has_value());
    EXPECT_EQ(ReasonOf(*h.refused), reason);
    EXPECT_EQ(h.servers.attests, 1);
  }
}

TEST(Enrolment, AnOldStatementIsReplacedByANewOne) {
  Harness h;
  h.servers.coordinator_says = Unavailable("down");
  h.Boot();
  h.executor.RunFor(1s);
  h.Crash();
  h.servers.coordinator_says.reset();
  h.servers.valid_statement = "newer";  // The old one ran out meanwhile.
  h.Boot();
  h.executor.RunFor(31s);
  EXPECT_TRUE(h.enrolled.has_value());
  EXPECT_EQ(h.servers.attests, 2);
}

TEST(Enrolment, AFreshStatementThatIsRefusedIsTheLastWord) {
  Harness h;
  h.servers.coordinator_says = WithReason(PermissionDenied("bad"), Reason::kSTATEMENT_INVALID);
  h.Boot();
  h.executor.RunFor(1h);
  ASSERT_TRUE(h.refused.has_value());
  EXPECT_EQ(h.servers.enrols, 1);
}

}  // namespace
}  // namespace muster::testing
