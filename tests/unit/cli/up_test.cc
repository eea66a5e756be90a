#include <signal.h>

#include <deque>
#include <filesystem>
#include <fstream>

#include "fake_muster.h"

namespace muster::cli {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// How one child behaves: the lines it says, then either silence or its end.
struct Script {
  std::deque<std::string> lines;
  bool ends = false;
  ExitStatus exit;
  bool ignores_term = false;
};

class Child final : public Subprocess {
 public:
  Child(Script script, int pid, std::vector<std::string>& log, FakeSignals& signals)
      : script_(std::move(script)), pid_(pid), log_(log), signals_(signals) {}
  Status WriteLine(std::string_view, Duration) override { return Ok(); }
  StatusOr<std::string> ReadLine(Duration, std::size_t) override {
    if (!script_.lines.empty()) {
      const std::string line = script_.lines.front();
      script_.lines.pop_front();
      return line;
    }
    if (script_.ends) return Unavailable("stdout ended");
    if (++silent_reads_ == 3) signals_.received = SIGINT;  // The user has had enough.
    return DeadlineExceeded("nothing yet");
  }
  void CloseStdin() override {}
  StatusOr<ExitStatus> Wait(Duration) override {
    log_.push_back(fmt::format("wait {}", pid_));
    if (script_.ignores_term) return DeadlineExceeded("still there");
    return script_.exit;
  }
  void Kill() override { log_.push_back(fmt::format("kill {}", pid_)); }
  int pid() const override { return pid_; }

 private:
  Script script_;
  const int pid_;
  std::vector<std::string>& log_;
  FakeSignals& signals_;
  int silent_reads_ = 0;
};

class Up : public MusterTest {
 protected:
  Up() {
    launcher_.start = [this](const SubprocessSpec& spec) -> StatusOr<std::unique_ptr<Subprocess>> {
      const bool authority = spec.argv.at(1) == "authority";
      logs_.push_back(spec.stderr_path);
      WriteOperator(authority ? "authority" : "coordinator");
      if (!last_words_.empty()) std::ofstream(spec.stderr_path) << last_words_;
      return std::make_unique<Child>(authority ? authority_ : coordinator_, authority ? 11 : 22,
                                     ended_, signals_);
    };
  }
  // What the first start of either leaves behind.
  void WriteOperator(const std::string& who) {
    std::filesystem::create_directories(dir_ / ("data/" + who + "/operator"));
    Write("data/" + who + "/operator/context.yaml", "server: localhost:1\nca: ca.pem\n");
  }
  int RunUp() { return Run({"up", "--data-dir", dir_ / "data"}); }

  Script authority_{.lines = {"ready 127.0.0.1:7444"}, .exit = {}};
  Script coordinator_{.lines = {"ready 127.0.0.1:7443 http 127.0.0.1:7480", "chatter"}, .exit = {}};
  std::vector<std::string> ended_, logs_;
  std::string last_words_;
};

TEST_F(Up, StartsTheAuthorityThenTheCoordinatorAndPointsAContextAtThem) {
  EXPECT_EQ(RunUp(), 0) << err();
  ASSERT_EQ(launcher_.started.size(), 2u);
  EXPECT_THAT(launcher_.started[0],
              ElementsAre("/opt/muster/bin/muster", "authority", "--dir", dir_ / "data/authority",
                          "--listen", "127.0.0.1:7444", "--coordinator", "127.0.0.1:7443",
                          "--coordinator-ca", dir_ / "data/coordinator/operator/ca.pem"));
  EXPECT_THAT(launcher_.started[1],
              ElementsAre("/opt/muster/bin/musterd", "--data-dir", dir_ / "data/coordinator",
                          "--listen", "127.0.0.1:7443", "--http", "127.0.0.1:7480",
                          "--authority-key", dir_ / "data/authority/authority.pub"));
  EXPECT_THAT(out(), HasSubstr("coordinator  127.0.0.1:7443\nauthority    127.0.0.1:7444\n"));
  EXPECT_THAT(out(), HasSubstr("muster apply"));
  EXPECT_EQ(Run({"context", "list"}), 0);
  EXPECT_THAT(out(), HasSubstr("*        local  localhost:1"));
}

TEST_F(Up, ASignalStopsBothTheCoordinatorFirst) {
  EXPECT_EQ(RunUp(), 0) << err();
  EXPECT_THAT(signals_.sent, ElementsAre(std::pair(22, SIGTERM), std::pair(11, SIGTERM)));
  EXPECT_THAT(ended_, ElementsAre("wait 22", "wait 11"));
}

TEST_F(Up, AProgramThatDoesNotStopIsKilled) {
  coordinator_.ignores_term = true;
  EXPECT_EQ(RunUp(), 0) << err();
  EXPECT_THAT(ended_, ElementsAre("wait 22", "kill 22", "wait 11"));
}

TEST_F(Up, SaysWhichOneEndedAndStopsTheOther) {
  coordinator_.ends = true;
  coordinator_.exit = {.code = 3};
  last_words_ = "musterd: the disk is full\n";
  EXPECT_EQ(RunUp(), 1);
  EXPECT_THAT(err(), HasSubstr("error: musterd exited with code 3: musterd: the disk is full; its "
                               "log is " +
                               (dir_ / "data/musterd.log")));
  EXPECT_THAT(signals_.sent, ElementsAre(std::pair(11, SIGTERM)));
}

TEST_F(Up, AnAuthorityThatNeverServesKeepsTheCoordinatorFromStarting) {
  authority_ = {.lines = {}, .ends = true, .exit = {.signal = 9}};
  last_words_ = "an old line\n";
  EXPECT_EQ(RunUp(), 1);
  EXPECT_THAT(err(), HasSubstr("muster authority ended by signal 9; its log is"));
  EXPECT_EQ(launcher_.started.size(), 1u);
}

TEST_F(Up, AddressesThatNobodyCanUseAreRefused) {
  for (const char* address : {"0.0.0.0:7443", "[::]:7443", "127.0.0.1:0", "nonsense"})
    EXPECT_EQ(Run({"up", "--data-dir", dir_ / "data", "--listen", address}), 1) << address;
  EXPECT_TRUE(launcher_.started.empty());
}

TEST_F(Up, TheAuthoritysFlagsReachItAndItsExitCodeIsTold) {
  EXPECT_EQ(Run({"authority", "--dir", "/a", "--listen", "ca:1", "--coordinator", "hub:2",
                 "--coordinator-ca", "/ca.pem"}),
            7);
  EXPECT_EQ(authority_flags_.data_dir, "/a");
  EXPECT_EQ(authority_flags_.listen, "ca:1");
  EXPECT_EQ(authority_flags_.coordinator, "hub:2");
  EXPECT_EQ(authority_flags_.coordinator_ca, "/ca.pem");
  EXPECT_EQ(err(), "");
}

}  // namespace
}  // namespace muster::cli
