#include "client/serving/sinks.h"

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>
#include <thread>

#include "platform/posix_subprocess.h"
#include "platform/system_clock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace muster::client {
namespace {
using absl::StatusCode;
using muster::testing::Fails;
using muster::testing::IsOk;
using namespace std::chrono_literals;

std::string TextOf(const std::string& path) {
  std::ifstream in(path);
  std::ostringstream out;
  out << in.rdbuf();
  return std::move(out).str();
}

TEST(FileSink, AppendsLinesAndTurnsTheFileOverWhenItIsFull) {
  const muster::testing::TempDir dir;
  const std::string path = dir / "out.jsonl";
  FileSink sink(path, 10);
  for (const char* line : {"1234", "5678", "9"}) ASSERT_THAT(sink.Give(line), IsOk());
  EXPECT_EQ(TextOf(path + ".1"), "1234\n5678\n");
  EXPECT_EQ(TextOf(path), "9\n");
  FileSink again(path, 10);
  ASSERT_THAT(again.Give("a"), IsOk());
  EXPECT_EQ(TextOf(path), "9\na\n");
}

TEST(FileSink, WritesOnAfterSomebodyMovedTheFileAway) {
  const muster::testing::TempDir dir;
  const std::string path = dir / "out.jsonl";
  FileSink sink(path);
  ASSERT_THAT(sink.Give("1"), IsOk());
  std::filesystem::rename(path, path + ".moved");
  ASSERT_THAT(sink.Give("2"), IsOk());
  EXPECT_EQ(TextOf(path), "2\n");
}

TEST(FileSink, SaysThatItFails) {
  FileSink sink("/nowhere/out.jsonl");
  EXPECT_THAT(sink.Give("1"), Fails(StatusCode::kUnavailable, Reason::kSINK_FAILED));
}

class ExecSinkTest : public ::testing::Test {
 protected:
  ExecSink::Config Shell(const std::string& script) {
    ExecSink::Config out;
    out.command = {"/bin/sh", "-c", script};
    out.limit = 1s;
    out.rest = 10s;
    return out;
  }
  muster::testing::TempDir dir_;
  ManualClock clock_{FromUnixMillis(1'800'000'000'000)};
  platform::PosixLauncher launcher_;
};

TEST_F(ExecSinkTest, GivesAProgramALineAPrediction) {
  const std::string out = dir_ / "got";
  // It says when it has a line, which nobody wants to know.
  auto sink = std::make_unique<ExecSink>(Shell("while read line; do echo \"$line\" >> " + out +
                                               "; echo noise; done; touch " + out + ".end"),
                                         launcher_, clock_);
  for (const char* line : {"{\"a\":1}", "{\"a\":2}"}) ASSERT_THAT(sink->Give(line), IsOk());
  while (TextOf(out).size() < 16) std::this_thread::yield();
  EXPECT_EQ(TextOf(out), "{\"a\":1}\n{\"a\":2}\n");
}

TEST_F(ExecSinkTest, AProgramThatDoesNotReadIsEndedAndTriedAgainLater) {
  const std::string line(1 << 20, 'x');  // More than a pipe takes.
  ExecSink sink(Shell("exec sleep 1000"), launcher_, clock_);
  EXPECT_THAT(sink.Give(line), Fails(StatusCode::kUnavailable, Reason::kSINK_FAILED));
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_THAT(sink.Give(line), Fails(StatusCode::kUnavailable, Reason::kSINK_FAILED));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 500ms);  // At once: none was started.
  clock_.Advance(11s);
  EXPECT_THAT(sink.Give("short"), IsOk());
}

TEST_F(ExecSinkTest, AProgramThatIsNotThereIsAFailureOfTheSink) {
  ExecSink::Config config;
  config.command = {"/nowhere/program"};
  ExecSink sink(config, launcher_, clock_);
  EXPECT_THAT(sink.Give("1"), Fails(StatusCode::kUnavailable, Reason::kSINK_FAILED));
}

}  // namespace
}  // namespace muster::client
