// Children that answer, hang, crash, flood and leave children of their own.
#include "platform/posix_subprocess.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/bytes.h"

namespace muster::platform {
namespace {
using std::chrono::milliseconds;
using std::chrono::seconds;
constexpr seconds kLong(30);  // Never reached unless something is broken.
constexpr std::size_t kMax = 1 << 20;

struct PosixSubprocessTest : testing::Test {
  std::unique_ptr<Subprocess> Shell(const std::string& script, SubprocessSpec spec = {}) {
    spec.argv = {"sh", "-c", script};
    auto child = launcher.Start(spec);
    EXPECT_TRUE(child.ok()) << child.status();
    return *std::move(child);
  }
  static bool Alive(pid_t pid) {
    std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
    std::string text(std::istreambuf_iterator<char>(stat), {});
    return !text.empty() && text.find(") Z ") == text.npos;
  }
  // Until the kernel has done what it was told to; a process that never goes fails the test.
  static bool GoneSoon(pid_t pid) {
    for (int i = 0; i < 30000 && Alive(pid); ++i) usleep(1000);
    return !Alive(pid);
  }
  PosixLauncher launcher;
};

TEST_F(PosixSubprocessTest, LinesGoBothWaysAndTheExitCodeComesBack) {
  const auto child = Shell("while read line; do echo \"got $line\"; done; exit 7");
  for (const char* line : {"one", "two words", ""}) {
    ASSERT_TRUE(child->WriteLine(line, kLong).ok());
    EXPECT_EQ(child->ReadLine(kLong, kMax).value(), std::string("got ") + line);
  }
  child->CloseStdin();
  const auto status = child->Wait(kLong);
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_EQ(status->code, 7);
  EXPECT_EQ(status->signal, 0);
  EXPECT_EQ(child->Wait(kLong)->code, 7);
  EXPECT_EQ(child->WriteLine("late", kLong).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(child->ReadLine(kLong, kMax).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(PosixSubprocessTest, LinesLargerThanThePipeGoThroughInBothDirections) {
  const auto child = Shell("cat");
  const std::string line(kMax - 1, 'x');  // A pipe holds 64 KiB.
  std::thread writer([&] { EXPECT_TRUE(child->WriteLine(line, kLong).ok()); });
  EXPECT_EQ(child->ReadLine(kLong, kMax).value(), line);
  writer.join();
}

TEST_F(PosixSubprocessTest, SeveralLinesInOneWriteAreHandedOutOneByOne) {
  const auto child = Shell("printf 'a\\n\\nb\\nrest'");
  EXPECT_EQ(child->ReadLine(kLong, kMax).value(), "a");
  EXPECT_EQ(child->ReadLine(kLong, kMax).value(), "");
  EXPECT_EQ(child->ReadLine(kLong, kMax).value(), "b");
  EXPECT_EQ(child->ReadLine(kLong, kMax).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(PosixSubprocessTest, ADeadlineEndsEveryWaitForAHangingChild) {
  const auto child = Shell("sleep 1000");
  EXPECT_EQ(child->ReadLine(milliseconds(5), kMax).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(child->Wait(milliseconds(5)).status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(child->WriteLine(std::string(kMax, 'x'), milliseconds(5)).code(),
            absl::StatusCode::kDeadlineExceeded);
}

TEST_F(PosixSubprocessTest, HalfALineIsKeptForTheNextRead) {
  const auto child = Shell("printf half; read go; echo ' whole'");
  EXPECT_EQ(child->ReadLine(milliseconds(200), kMax).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  ASSERT_TRUE(child->WriteLine("go", kLong).ok());
  EXPECT_EQ(child->ReadLine(kLong, kMax).value(), "half whole");
}

TEST_F(PosixSubprocessTest, AFloodWithoutLineBreaksIsCutOff) {
  const auto child = Shell("head -c 100000000 /dev/zero");
  EXPECT_EQ(child->ReadLine(kLong, 1000).status().code(), absl::StatusCode::kResourceExhausted);
  const auto exact = Shell("echo 12345");
  EXPECT_EQ(exact->ReadLine(kLong, 5).value(), "12345");
  EXPECT_EQ(Shell("echo 12345")->ReadLine(kLong, 4).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST_F(PosixSubprocessTest, WritingToAChildThatIsGoneIsAnErrorAndNoSignal) {
  const auto child = Shell("exec 0<&-; echo closed; sleep 1000");
  ASSERT_EQ(child->ReadLine(kLong, kMax).value(), "closed");
  EXPECT_EQ(child->WriteLine("hello", kLong).code(), absl::StatusCode::kUnavailable);
  sigset_t pending;
  ASSERT_EQ(sigpending(&pending), 0);
  EXPECT_EQ(sigismember(&pending, SIGPIPE), 0);
}

TEST_F(PosixSubprocessTest, KillTakesGrandchildrenAndEndsABlockedRead) {
  const auto child = Shell("sleep 1000 & echo $!; wait");
  const pid_t grandchild = std::stoi(child->ReadLine(kLong, kMax).value());
  ASSERT_TRUE(Alive(grandchild));
  std::thread killer([&] { child->Kill(); });
  EXPECT_EQ(child->ReadLine(kLong, kMax).status().code(), absl::StatusCode::kUnavailable);
  killer.join();
  EXPECT_EQ(child->Wait(kLong)->signal, SIGKILL);
  EXPECT_TRUE(GoneSoon(grandchild));
  child->Kill();
}

TEST_F(PosixSubprocessTest, WhatAChildLeftBehindGoesWithIt) {
  const auto child = Shell("sleep 1000 >/dev/null & echo $!");
  const pid_t grandchild = std::stoi(child->ReadLine(kLong, kMax).value());
  EXPECT_TRUE(child->Wait(kLong)->ok());
  EXPECT_TRUE(GoneSoon(grandchild));
}

TEST_F(PosixSubprocessTest, DestroyingItKillsIt) {
  auto child = Shell("sleep 1000");
  const pid_t pid = child->pid();
  ASSERT_TRUE(Alive(pid));
  child.reset();
  EXPECT_FALSE(Alive(pid));
}

TEST_F(PosixSubprocessTest, AChildOutlivesTheThreadThatStartedItAndTheLauncher) {
  auto other = std::make_unique<PosixLauncher>();
  std::unique_ptr<Subprocess> child;
  std::thread([&] { child = other->Start({.argv = {"cat"}}).value(); }).join();
  other.reset();
  ASSERT_TRUE(child->WriteLine("still here", kLong).ok());
  EXPECT_EQ(child->ReadLine(kLong, kMax).value(), "still here");
}

TEST_F(PosixSubprocessTest, AChildDiesWithItsParent) {
  const auto parent = launcher.Start({.argv = {START_AND_WAIT}}).value();
  const pid_t pid = std::stoi(parent->ReadLine(kLong, kMax).value());
  EXPECT_TRUE(Alive(pid));
  kill(parent->pid(), SIGKILL);  // It alone; its child has a process group of its own.
  EXPECT_TRUE(GoneSoon(pid));
}

TEST_F(PosixSubprocessTest, NoDescriptorButStdioIsInherited) {
  const int open_one = open("/dev/null", O_RDONLY);  // Not O_CLOEXEC, as some libraries do.
  const auto child = Shell("ls /proc/self/fd | wc -l");
  EXPECT_EQ(child->ReadLine(kLong, kMax).value(), "4");  // stdio, and ls's own.
  close(open_one);
}

TEST_F(PosixSubprocessTest, EnvironmentWorkingDirectoryAndStderrAreAsTold) {
  const std::string dir = testing::TempDir() + "subprocess-" + std::to_string(getpid());
  ASSERT_TRUE(std::filesystem::create_directory(dir));
  SubprocessSpec spec;
  spec.env = {{"MUSTER_TEST", "a b"}, {"HOME", "/nowhere"}};
  spec.working_dir = dir;
  spec.stderr_path = dir + "/errors";
  const auto child =
      Shell("echo \"$MUSTER_TEST $HOME $PWD ${PATH:+path}\"; echo oops >&2; exit", spec);
  EXPECT_EQ(child->ReadLine(kLong, kMax).value(), "a b /nowhere " + dir + " path");
  EXPECT_TRUE(child->Wait(kLong)->ok());
  std::ifstream errors(spec.stderr_path);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(errors), {}), "oops\n");
  std::filesystem::remove_all(dir);
}

TEST_F(PosixSubprocessTest, LimitsEndAGreedyChild) {
  SubprocessSpec cpu;
  cpu.max_cpu_seconds = 1;
  EXPECT_EQ(Shell("while :; do :; done", cpu)->Wait(kLong)->signal, SIGXCPU);
  SubprocessSpec memory;
  memory.max_address_space_bytes = 64 << 20;
  EXPECT_EQ(Shell("ulimit -v", memory)->ReadLine(kLong, kMax).value(), std::to_string(64 << 10));
}

TEST_F(PosixSubprocessTest, WhatCannotRunIsRefusedWithItsReason) {
  const auto code = [&](SubprocessSpec spec) { return launcher.Start(spec).status().code(); };
  EXPECT_EQ(code({.argv = {"muster-no-such-program"}}), absl::StatusCode::kNotFound);
  EXPECT_EQ(code({.argv = {"/no/such/program"}}), absl::StatusCode::kNotFound);
  EXPECT_EQ(code({.argv = {"/etc/passwd"}}), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(code({.argv = {}}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({.argv = {""}}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({.argv = {"echo", std::string("a\0b", 3)}}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({.argv = {"echo"}, .env = {{"A=B", "c"}}}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({.argv = {"echo"}, .working_dir = "/no/such"}), absl::StatusCode::kNotFound);
  EXPECT_EQ(code({.argv = {"echo"}, .stderr_path = "/no/such/file"}), absl::StatusCode::kNotFound);
}

TEST_F(PosixSubprocessTest, ALineBreakWithinALineIsRefused) {
  const auto child = Shell("cat");
  EXPECT_EQ(child->WriteLine("a\nb", kLong).code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(PosixSubprocessTest, ManyAtOnceFromManyThreadsEachHearTheirOwn) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 10; ++i) {
        const auto child = launcher.Start({.argv = {"cat"}}).value();
        const std::string text = std::to_string(t * 100 + i);
        EXPECT_TRUE(child->WriteLine(text, kLong).ok());
        EXPECT_EQ(child->ReadLine(kLong, kMax).value(), text);
      }
    });
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace muster::platform
