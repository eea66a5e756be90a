// The client against Debian's mosquitto, started here on a loopback port of its own.
#include "platform/mosquitto_client.h"

#include <absl/synchronization/notification.h>
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "platform/private_file.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

extern char** environ;

namespace muster::platform {
namespace {
using ::muster::testing::Fails;
using ::muster::testing::HasCode;
using ::muster::testing::IsOk;
using ::muster::testing::TempDir;

constexpr char kBroker[] = "/usr/sbin/mosquitto";
constexpr auto kDeadline = absl::Seconds(30);  // Of any one wait.

int RunToEnd(std::vector<std::string> argv) {
  std::vector<char*> raw;
  for (std::string& word : argv) raw.push_back(word.data());
  raw.push_back(nullptr);
  pid_t pid = 0;
  if (::posix_spawnp(&pid, raw[0], nullptr, nullptr, raw.data(), environ) != 0) return -1;
  int status = 0;
  ::waitpid(pid, &status, 0);
  return status;
}

std::uint16_t FreePort() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ::bind(fd, reinterpret_cast<sockaddr*>(&address), size);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(fd);
  return ntohs(address.sin_port);
}

// A queue of events that a test waits on.
class Events {
 public:
  void Add(std::string event) {
    absl::MutexLock lock(&mu_);
    events_.push_back(std::move(event));
  }
  // Waits for this very event, and forgets those before it; false when it does not come.
  bool Await(const std::string& event) {
    absl::MutexLock lock(&mu_);
    awaited_ = event;
    const bool came = mu_.AwaitWithTimeout(absl::Condition(this, &Events::Came), kDeadline);
    if (came) events_.erase(events_.begin(), std::ranges::find(events_, event) + 1);
    return came;
  }
  std::vector<std::string> all() {
    absl::MutexLock lock(&mu_);
    return events_;
  }

 private:
  bool Came() const ABSL_SHARED_LOCKS_REQUIRED(mu_) {
    return std::ranges::find(events_, awaited_) != events_.end();
  }
  absl::Mutex mu_;
  std::vector<std::string> events_ ABSL_GUARDED_BY(mu_);
  std::string awaited_ ABSL_GUARDED_BY(mu_);
};

class EventLogger final : public Logger {
 public:
  void Write(LogLevel, std::string_view event, std::initializer_list<LogField> fields) override {
    {
      absl::MutexLock lock(&mu_);
      for (const LogField& field : fields) text_ += fmt::format("{}={} ", field.key, field.value);
    }
    events.Add(std::string(event));
  }
  std::string text() {
    absl::MutexLock lock(&mu_);
    return text_;
  }
  Events events;

 private:
  absl::Mutex mu_;
  std::string text_ ABSL_GUARDED_BY(mu_);
};

struct Case {
  MqttVersion version;
  bool tls;
};

class MosquittoClientTest : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    if (::access(kBroker, X_OK) != 0) GTEST_SKIP() << "SKIPPED: " << kBroker << " is missing";
    ASSERT_THAT(WritePrivateFile(dir_ / "password", Secret::FromText("s3cret-word\n")), IsOk());
    std::ofstream(dir_ / "users") << "edge:s3cret-word\n";
    ::chmod((dir_ / "users").c_str(), 0600);
    ASSERT_EQ(RunToEnd({"mosquitto_passwd", "-U", dir_ / "users"}), 0);
    if (GetParam().tls)
      ASSERT_EQ(RunToEnd({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                          "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                          "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout",
                          dir_ / "key.pem", "-out", dir_ / "ca.pem"}),
                0);
    std::ofstream conf(dir_ / "broker.conf");
    conf << "listener " << port_ << " 127.0.0.1\nallow_anonymous false\nuser root\n"
         << "password_file " << dir_ / "users"
         << "\nacl_file " << dir_ / "acl"
         << "\n"
         << "persistence false\n";
    if (GetParam().tls)
      conf << "certfile " << dir_ / "ca.pem"
           << "\nkeyfile " << dir_ / "key.pem"
           << "\n";
    std::ofstream(dir_ / "acl") << "user edge\ntopic readwrite open/#\n";
    StartBroker();
  }
  void TearDown() override { KillBroker(); }

  void StartBroker() {
    broker_ = ::fork();
    if (broker_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::execl(kBroker, kBroker, "-c", (dir_ / "broker.conf").c_str(), nullptr);
      ::_exit(127);
    }
  }
  void KillBroker() {
    if (broker_ <= 0) return;
    ::kill(broker_, SIGKILL);
    ::waitpid(broker_, nullptr, 0);
    broker_ = 0;
  }
  MqttOptions Options() const {
    return {.broker = {"localhost", port_},
            .tls = GetParam().tls,
            .version = GetParam().version,
            .client_id = "test",
            .username = "edge",
            .password_file = dir_ / "password",
            .ca_file = GetParam().tls ? dir_ / "ca.pem" : ""};
  }
  std::unique_ptr<MosquittoClient> Connect(const MqttOptions& options) {
    auto client = MosquittoClient::Start(options, 1, log_);
    EXPECT_THAT(client, IsOk());
    return *std::move(client);
  }
  // Published, and the broker's answer to it.
  Status Publish(Mqtt& mqtt, const std::string& topic, std::string_view payload, int qos = 1) {
    auto answer = std::make_shared<std::pair<absl::Notification, Status>>();
    MUSTER_TRY(mqtt.Publish(topic, AsBytes(payload), qos, [answer](Status status) {
      answer->second = std::move(status);
      answer->first.Notify();
    }));
    if (!answer->first.WaitForNotificationWithTimeout(kDeadline))
      return DeadlineExceeded("the broker said nothing");
    return answer->second;
  }
  // A subscription is there when a message of one's own comes back.
  std::shared_ptr<void> Listen(Mqtt& mqtt, Events& heard) {
    auto token = mqtt.Subscribe("open/+/x", 1, [&heard](const MqttMessage& message) {
      heard.Add(std::string(AsText(message.payload)));
    });
    EXPECT_THAT(token, IsOk());
    return *token;
  }

  const TempDir dir_;
  const std::uint16_t port_ = FreePort();
  EventLogger log_;
  pid_t broker_ = 0;
};

TEST_P(MosquittoClientTest, WhatIsPublishedComesToThoseWhoListenAndComesAgainAfterAKill) {
  const auto client = Connect(Options());
  Events heard;
  auto token = Listen(*client, heard);
  ASSERT_TRUE(log_.events.Await("mqtt_connected"));
  EXPECT_THAT(Publish(*client, "open/1/x", "one"), IsOk());
  EXPECT_TRUE(heard.Await("one"));
  EXPECT_THAT(Publish(*client, "open/1/x", "two", 0), IsOk());
  EXPECT_TRUE(heard.Await("two"));

  KillBroker();
  ASSERT_TRUE(log_.events.Await("mqtt_disconnected"));
  EXPECT_FALSE(client->connected());
  EXPECT_THAT(client->Publish("open/1/x", AsBytes("lost"), 1, nullptr),
              Fails(absl::StatusCode::kUnavailable, Reason::kBROKER_UNREACHABLE));
  StartBroker();
  ASSERT_TRUE(log_.events.Await("mqtt_connected"));
  EXPECT_THAT(Publish(*client, "open/1/x", "three"), IsOk());
  EXPECT_TRUE(heard.Await("three"));  // The subscription came back by itself.

  token.reset();
  Events other;
  const auto second = client->Subscribe(
      "open/1/y", 1, [&](const MqttMessage& m) { other.Add(std::string(AsText(m.payload))); });
  EXPECT_THAT(Publish(*client, "open/1/x", "four"), IsOk());
  EXPECT_THAT(Publish(*client, "open/1/y", "five"), IsOk());
  EXPECT_TRUE(other.Await("five"));
  EXPECT_TRUE(heard.all().empty());
  EXPECT_EQ(log_.text().find("s3cret"), std::string::npos);
}

TEST_P(MosquittoClientTest, AHandlerMayPublishAndALargePayloadComesWhole) {
  const auto client = Connect(Options());
  Events heard;
  const auto token = client->Subscribe("open/ask", 1, [&](const MqttMessage& message) {
    EXPECT_THAT(client->Publish("open/1/x", message.payload, 1, nullptr), IsOk());
  });
  std::size_t size = 0;
  const auto answers = client->Subscribe("open/+/x", 1, [&](const MqttMessage& message) {
    size = message.payload.size();
    heard.Add("answer");
  });
  ASSERT_TRUE(log_.events.Await("mqtt_connected"));
  EXPECT_THAT(Publish(*client, "open/ask", std::string(kMostMqttPayload, 'x')), IsOk());
  ASSERT_TRUE(heard.Await("answer"));
  EXPECT_EQ(size, kMostMqttPayload);
  EXPECT_THAT(Publish(*client, "open/ask", std::string(kMostMqttPayload + 1, 'x')),
              Fails(absl::StatusCode::kInvalidArgument, Reason::kPAYLOAD_INVALID));
}

TEST_P(MosquittoClientTest, WhatTheBrokersRulesForbidIsSaidWhereItsVersionCanSayIt) {
  const auto client = Connect(Options());
  ASSERT_TRUE(log_.events.Await("mqtt_connected"));
  const Status closed = Publish(*client, "closed/x", "one");
  if (GetParam().version == MqttVersion::k5)
    EXPECT_THAT(closed, HasCode(absl::StatusCode::kPermissionDenied));
  else
    EXPECT_THAT(closed, IsOk());  // MQTT 3.1.1 has no word for it.
}

TEST_P(MosquittoClientTest, WaitingMessagesAreBounded) {
  const auto client = Connect(Options());
  ASSERT_TRUE(log_.events.Await("mqtt_connected"));
  ::kill(broker_, SIGSTOP);  // It takes nothing, and the connection stands.
  Status last;
  for (std::size_t i = 0; last.ok() && i <= MosquittoClient::kMostWaiting; ++i)
    last = client->Publish("open/1/x", AsBytes("x"), 1, nullptr);
  EXPECT_THAT(last, Fails(absl::StatusCode::kResourceExhausted, Reason::kOVERLOADED));
  ::kill(broker_, SIGCONT);
}

TEST_P(MosquittoClientTest, AWrongPasswordIsToldOnceAndNeverShown) {
  ASSERT_THAT(WritePrivateFile(dir_ / "password", Secret::FromText("wr0ng-word")), IsOk());
  const auto client = Connect(Options());
  ASSERT_TRUE(log_.events.Await("mqtt_disconnected"));
  EXPECT_FALSE(client->connected());
  EXPECT_EQ(log_.text().find("wr0ng"), std::string::npos);
  // It is read anew at each try: no restart is needed.
  ASSERT_THAT(WritePrivateFile(dir_ / "password", Secret::FromText("s3cret-word")), IsOk());
  EXPECT_TRUE(log_.events.Await("mqtt_connected"));
}

TEST_P(MosquittoClientTest, AnEndDoesNotWaitForABrokerThatIsNotThere) {
  KillBroker();
  auto client = Connect(Options());
  ASSERT_TRUE(log_.events.Await("mqtt_disconnected"));
  MqttOptions nowhere = Options();
  nowhere.broker = {"192.0.2.1", 8883};  // TEST-NET-1: packets to it vanish, or nothing routes it.
  auto lost = Connect(nowhere);
  const auto begin = std::chrono::steady_clock::now();
  client.reset();
  lost.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

TEST_P(MosquittoClientTest, OptionsThatCannotBeAreRefused) {
  MqttOptions open = Options();
  ::chmod((dir_ / "password").c_str(), 0644);
  EXPECT_THAT(MosquittoClient::Start(open, 1, log_),
              HasCode(absl::StatusCode::kFailedPrecondition));
  open.password_file = dir_ / "nothing";
  EXPECT_THAT(MosquittoClient::Start(open, 1, log_), HasCode(absl::StatusCode::kNotFound));
  MqttOptions half = Options();
  half.certificate_file = dir_ / "ca.pem";
  EXPECT_THAT(MosquittoClient::Start(half, 1, log_), HasCode(absl::StatusCode::kInvalidArgument));
}

TEST_P(MosquittoClientTest, ABrokerThatOurCaDoesNotKnowIsNotTalkedTo) {
  if (!GetParam().tls) return;  // There is no certificate to judge.
  const auto known = Connect(Options());
  ASSERT_TRUE(log_.events.Await("mqtt_connected"));
  MqttOptions system = Options();
  system.ca_file.clear();
  const auto client = Connect(system);
  ASSERT_TRUE(log_.events.Await("mqtt_disconnected"));
  EXPECT_NE(log_.text().find("certificate"), std::string::npos) << log_.text();
  EXPECT_FALSE(client->connected());
}

INSTANTIATE_TEST_SUITE_P(
    All, MosquittoClientTest,
    ::testing::Values(Case{MqttVersion::k5, true}, Case{MqttVersion::k311, true},
                      Case{MqttVersion::k5, false}, Case{MqttVersion::k311, false}),
    [](const auto& info) {
      return fmt::format("{}{}", info.param.version == MqttVersion::k5 ? "Mqtt5" : "Mqtt311",
                         info.param.tls ? "Tls" : "Plain");
    });

}  // namespace
}  // namespace muster::platform
