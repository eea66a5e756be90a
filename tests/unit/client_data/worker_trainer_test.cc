#include "client/exec/worker_trainer.h"

#include <gmock/gmock.h>

#include <future>

#include "platform/posix_subprocess.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/client_data/task_fixture.h"

namespace muster::client {
namespace {
using absl::StatusCode;
using muster::testing::Fails;
using muster::testing::IsOk;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

// A worker in shell: writes its pid to `starts` at its start and does `body` for each request,
// whose directory is in $dir.
class Worker : public ::testing::Test {
 protected:
  Worker() {
    std::filesystem::create_directories(task_.temp / "result");
    EXPECT_THAT(WriteParamsTo(task_.temp / "result/update.safetensors", LinearParams({1, 2, 3})),
                IsOk());
    EXPECT_THAT(WriteText(task_.temp / "result/metrics.json", kGoodMetrics), IsOk());
  }
  WorkerConfig Config(const std::string& body) {
    const std::string script = "echo $$ >> '" + starts_ + "'\nwhile read -r line; do dir='" +
                               task_.dir.path.string() + "'\n" + body + "\ndone\n";
    return {.command = {"/bin/sh", "-c", script}, .stderr_path = task_.temp / "worker.log"};
  }
  int Starts() {
    std::ifstream in(starts_);
    int lines = 0;
    for (std::string line; std::getline(in, line);) ++lines;
    return lines;
  }
  platform::PosixLauncher launcher_;
  TaskOnDisk task_;
  const std::string starts_ = task_.temp / "starts";
  const std::string succeed_ = "cp \"$dir\"/../result/* \"$dir\"; echo '{\"ok\":true}'";
};

TEST_F(Worker, StartsWithTheFirstTaskAndServesTheNextOnes) {
  WorkerTrainer trainer(Config(succeed_), launcher_);
  EXPECT_EQ(Starts(), 0);
  for (int i = 0; i < 3; ++i) {
    ASSERT_THAT(WriteTask(task_.dir), IsOk());
    const auto result = trainer.Run(task_.dir, 30s);
    ASSERT_THAT(result, IsOk());
    EXPECT_THAT(result->update->values, ::testing::ElementsAre(1, 2, 3));
  }
  EXPECT_EQ(Starts(), 1);
}

TEST_F(Worker, IsToldTheDirectoryAndToUseOneThread) {
  WorkerTrainer trainer(Config("echo \"$line $OPENBLAS_NUM_THREADS $OMP_NUM_THREADS\" > "
                               "\"$dir\"/request; " +
                               succeed_),
                        launcher_);
  ASSERT_THAT(trainer.Run(task_.dir, 30s), IsOk());
  const auto request = ReadFileBytes(task_.dir.path / "request", 1000);
  EXPECT_EQ(AsText(*request), "{\"dir\":\"" + task_.dir.path.string() + "\"} 1 1\n");
}

TEST_F(Worker, StaysWhenItSaysThatATaskFailed) {
  WorkerTrainer trainer(Config("echo '{\"ok\":false,\"error\":\"bad\\u0007 module\"}'"), launcher_);
  for (int i = 0; i < 2; ++i) {
    const auto result = trainer.Run(task_.dir, 30s);
    EXPECT_THAT(result, Fails(StatusCode::kFailedPrecondition, Reason::kTASK_FAILED));
    EXPECT_EQ(MessageOf(result.status()), "bad module");
  }
  EXPECT_EQ(Starts(), 1);
}

TEST_F(Worker, IsReplacedAfterItCrashed) {
  WorkerTrainer trainer(Config("if [ ! -e \"$dir\"/crashed ]; then touch \"$dir\"/crashed; "
                               "kill -SEGV $$; fi; " +
                               succeed_),
                        launcher_);
  EXPECT_THAT(trainer.Run(task_.dir, 30s),
              Fails(StatusCode::kFailedPrecondition, Reason::kTASK_FAILED));
  EXPECT_THAT(trainer.Run(task_.dir, 30s), IsOk());
  EXPECT_EQ(Starts(), 2);
}

TEST_F(Worker, IsReplacedAfterItDiedBetweenTwoTasks) {
  WorkerTrainer trainer(Config(succeed_ + "; exit 0"), launcher_);
  for (int i = 1; i <= 3; ++i) {
    ASSERT_THAT(WriteTask(task_.dir), IsOk());
    const auto result = trainer.Run(task_.dir, 30s);
    // It may be caught while it is dying: then that task fails, and the next one is well again.
    if (!result.ok()) {
      EXPECT_THAT(result, Fails(StatusCode::kFailedPrecondition, Reason::kTASK_FAILED));
    }
  }
  EXPECT_GE(Starts(), 2);
}

TEST_F(Worker, IsKilledAndReplacedWhenItTakesTooLong) {
  WorkerTrainer trainer(Config("if [ -e \"$dir\"/hang ]; then sleep 600; fi; " + succeed_),
                        launcher_);
  ASSERT_THAT(trainer.Run(task_.dir, 30s), IsOk());
  ASSERT_THAT(WriteText(task_.dir.path / "hang", ""), IsOk());
  const auto slow = trainer.Run(task_.dir, 300ms);
  EXPECT_THAT(slow, Fails(StatusCode::kFailedPrecondition, Reason::kTASK_FAILED));
  EXPECT_THAT(std::string(MessageOf(slow.status())), HasSubstr("no answer within 300ms"));
  std::filesystem::remove(task_.dir.path / "hang");
  EXPECT_THAT(trainer.Run(task_.dir, 30s), IsOk());
  EXPECT_EQ(Starts(), 2);
}

TEST_F(Worker, IsReplacedWhenItTalksNonsense) {
  for (const std::string nonsense :
       {"hello", "{}", "{\"ok\":1}", "{\"ok\":false}", "{\"ok\":true", "[[[[[[]]]]]]"}) {
    SCOPED_TRACE(nonsense);
    std::filesystem::remove(starts_);
    WorkerTrainer trainer(Config("echo '" + nonsense + "'"), launcher_);
    for (int i = 0; i < 2; ++i)
      EXPECT_THAT(trainer.Run(task_.dir, 30s),
                  Fails(StatusCode::kFailedPrecondition, Reason::kTASK_FAILED));
    EXPECT_EQ(Starts(), 2);
  }
}

TEST_F(Worker, ThatClaimsSuccessWithoutAResultIsNotBelieved) {
  WorkerTrainer trainer(Config("echo '{\"ok\":true}'"), launcher_);
  EXPECT_THAT(trainer.Run(task_.dir, 30s),
              Fails(StatusCode::kInvalidArgument, Reason::kUPDATE_BAD_METRICS));
}

TEST_F(Worker, ThatDoesNotExistFailsTheTask) {
  WorkerTrainer trainer({.command = {"/no/such/worker"}, .stderr_path = {}}, launcher_);
  EXPECT_THAT(trainer.Run(task_.dir, 30s),
              Fails(StatusCode::kFailedPrecondition, Reason::kTASK_FAILED));
}

TEST_F(Worker, StopEndsWhatRunsAndRefusesWhatComes) {
  WorkerTrainer trainer(Config("touch \"$dir\"/started; sleep 600"), launcher_);
  auto result = std::async(std::launch::async, [&] { return trainer.Run(task_.dir, 600s); });
  while (!std::filesystem::exists(task_.dir.path / "started")) std::this_thread::yield();
  trainer.Stop();
  EXPECT_THAT(result.get(), Fails(StatusCode::kCancelled, Reason::kSHUTTING_DOWN));
  EXPECT_THAT(trainer.Run(task_.dir, 600s), Fails(StatusCode::kCancelled, Reason::kSHUTTING_DOWN));
}

}  // namespace
}  // namespace muster::client
