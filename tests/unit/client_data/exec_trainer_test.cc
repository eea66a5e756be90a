#include "client/exec/exec_trainer.h"

#include <gmock/gmock.h>
#include <signal.h>

#include <cmath>
#include <future>
#include <limits>

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

class Exec : public ::testing::Test {
 protected:
  // A shell script that gets the task directory as $0.
  StatusOr<TrainResult> RunScript(const std::string& script, Duration limit = 30s) {
    ExecTrainer trainer({.command = {"/bin/sh", "-c", script}}, launcher_);
    return trainer.Run(task_.dir, limit);
  }
  // As above, with a result that waits to be copied from `$0/../result`.
  StatusOr<TrainResult> RunCopying(const Params& update) {
    const std::filesystem::path result = task_.temp / "result";
    std::filesystem::create_directories(result);
    EXPECT_THAT(WriteParamsTo(result / kUpdateFile, update), IsOk());
    EXPECT_THAT(WriteText(result / kMetricsFile, kGoodMetrics), IsOk());
    return RunScript("cp \"$0\"/../result/* \"$0\"");
  }
  platform::PosixLauncher launcher_;
  TaskOnDisk task_;
};

TEST_F(Exec, GivesBackWhatTheCommandLeftInTheDirectory) {
  const auto result = RunCopying(LinearParams({1, 2, 3}));
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->examples, 3u);
  EXPECT_EQ(result->loss, 0.25);
  EXPECT_THAT(result->update->values, ::testing::ElementsAre(1, 2, 3));
}

TEST_F(Exec, ReportsACommandThatFailsWithTheEndOfItsStderrOnOneLine) {
  const auto result = RunScript("printf 'first\\nno\\033 memory\\n' >&2; exit 3");
  EXPECT_THAT(result, Fails(StatusCode::kFailedPrecondition, Reason::kTASK_FAILED));
  EXPECT_THAT(std::string(MessageOf(result.status())),
              HasSubstr("/bin/sh exited with code 3: first no memory"));
}

TEST_F(Exec, ReportsACommandThatCrashes) {
  const auto result = RunScript("kill -SEGV $$");
  EXPECT_THAT(result, Fails(StatusCode::kFailedPrecondition, Reason::kTASK_FAILED));
  EXPECT_THAT(std::string(MessageOf(result.status())), HasSubstr("ended by signal 11"));
}

TEST_F(Exec, ReportsACommandThatDoesNotExistOrIsNotConfigured) {
  for (std::vector<std::string> command : {std::vector<std::string>{"/no/such/trainer"}, {}}) {
    ExecTrainer trainer({.command = command}, launcher_);
    EXPECT_THAT(trainer.Run(task_.dir, 5s),
                Fails(StatusCode::kFailedPrecondition, Reason::kTASK_FAILED));
  }
}

TEST_F(Exec, KillsACommandThatHangsAndWhatItStarted) {
  const auto result = RunScript("sleep 600 & echo $! > \"$0\"/grandchild; sleep 600", 1s);
  EXPECT_THAT(result, Fails(StatusCode::kFailedPrecondition, Reason::kTASK_FAILED));
  EXPECT_THAT(std::string(MessageOf(result.status())), HasSubstr("did not end within 1s"));
  const auto pid = ReadFileBytes(task_.dir.path / "grandchild", 100);
  ASSERT_THAT(pid, IsOk());
  // A killed grandchild is init's to reap; until then it is a zombie, which no signal wakes.
  const std::string stat =
      "/proc/" + std::to_string(std::stoi(std::string(AsText(*pid)))) + "/stat";
  for (int i = 0; i < 1'000'000; ++i) {
    std::ifstream in(stat);
    std::string number, name, state;
    if (!(in >> number >> name >> state) || state == "Z") return;
  }
  FAIL() << "the grandchild lives";
}

TEST_F(Exec, EndsACommandThatTalksForEver) {
  const auto result = RunScript("while :; do echo still here; done", 300ms);
  EXPECT_THAT(result, Fails(StatusCode::kFailedPrecondition, Reason::kTASK_FAILED));
}

TEST_F(Exec, DropsWhatTheCommandPrintsHoweverMuch) {
  const std::filesystem::path big = task_.temp / "big";
  ASSERT_THAT(WriteText(big, std::string(1 << 16, 'x') + "\n"), IsOk());
  const auto result = RunScript("for i in 1 2 3 4; do cat \"$0\"/../big; done; exit 7");
  EXPECT_THAT(std::string(MessageOf(result.status())), HasSubstr("exited with code 7"));
}

TEST_F(Exec, IsNotHeldUpByAGrandchildThatKeepsStdoutOpen) {
  const auto result = RunScript("sleep 600 & exit 4");
  EXPECT_THAT(std::string(MessageOf(result.status())), HasSubstr("exited with code 4"));
}

TEST_F(Exec, RefusesWhatIsNoUpdate) {
  EXPECT_THAT(RunScript(":"), Fails(StatusCode::kInvalidArgument, Reason::kUPDATE_BAD_METRICS));
  const std::string metrics = "'" + std::string(kGoodMetrics) + "'";
  EXPECT_THAT(RunScript("echo " + metrics +
                        " > \"$0\"/metrics.json; echo junk > \"$0\"/update.safetensors"),
              Fails(StatusCode::kInvalidArgument, Reason::kUPDATE_UNREADABLE));
}

TEST_F(Exec, RefusesNaNAndShapeOne) {
  EXPECT_THAT(RunCopying(LinearParams({0, std::nanf(""), 0})),
              Fails(StatusCode::kInvalidArgument, Reason::kUPDATE_NON_FINITE));
  const Layout one = *Layout::Make({{"bias", DType::kF32, {1}}, {"weight", DType::kF32, {1}}});
  EXPECT_THAT(RunCopying({one, {0, 0}}),
              Fails(StatusCode::kInvalidArgument, Reason::kUPDATE_WRONG_LAYOUT));
}

TEST_F(Exec, StopEndsWhatRunsAndRefusesWhatComes) {
  ExecTrainer trainer({.command = {"/bin/sh", "-c", "touch \"$0\"/started; sleep 600"}}, launcher_);
  auto result = std::async(std::launch::async, [&] { return trainer.Run(task_.dir, 600s); });
  while (!std::filesystem::exists(task_.dir.path / "started")) std::this_thread::yield();
  trainer.Stop();
  EXPECT_THAT(result.get(), Fails(StatusCode::kCancelled, Reason::kSHUTTING_DOWN));
  EXPECT_THAT(trainer.Run(task_.dir, 600s), Fails(StatusCode::kCancelled, Reason::kSHUTTING_DOWN));
}

class PythonExample : public Exec {
 protected:
  StatusOr<TrainResult> RunExample() {
    EXPECT_THAT(WriteTask(task_.dir), IsOk());
    ExecTrainer trainer(
        {.command = {MUSTER_PYTHON, MUSTER_SOURCE_DIR "/client/exec/examples/linear_trainer.py"}},
        launcher_);
    return trainer.Run(task_.dir, 60s);
  }
};

TEST_F(PythonExample, TakesTheGradientStepThatArithmeticGives) {
  task_.dir.task.batch = 3;
  task_.dir.task.epochs = 1;
  const auto result = RunExample();
  ASSERT_THAT(result, IsOk());
  // Base: bias 0.5, weights 0, so the errors are -2.5, 0.5, -1.5 and their mean square 8.75 / 3.
  EXPECT_NEAR(result->loss, 8.75 / 3, 1e-12);
  const double scale = 2 * 0.1 / 3;
  EXPECT_NEAR(result->update->values[0], -scale * (-2.5 + 0.5 - 1.5), 1e-6);
  EXPECT_NEAR(result->update->values[1], -scale * (-2.5 - 1.5), 1e-6);
  EXPECT_NEAR(result->update->values[2], -scale * (0.5 - 1.5), 1e-6);
}

TEST_F(PythonExample, GivesTheSameBytesForTheSameTask) {
  ASSERT_THAT(RunExample(), IsOk());
  const auto first = ReadFileBytes(task_.dir.path / kUpdateFile, 10'000);
  ASSERT_THAT(RunExample(), IsOk());
  EXPECT_EQ(*first, *ReadFileBytes(task_.dir.path / kUpdateFile, 10'000));
}

TEST_F(PythonExample, EvaluatesInTheLabelsUnit) {
  task_.dir.task.kind = TaskKind::kEvaluate;
  task_.dir.task.label_scale = 10;
  const auto result = RunExample();
  ASSERT_THAT(result, IsOk());
  EXPECT_NEAR(result->metrics.at("sse"), 875, 1e-9);
  EXPECT_NEAR(result->metrics.at("sae"), 45, 1e-9);
  EXPECT_FALSE(result->update.has_value());
}

TEST_F(PythonExample, SaysWhatItCannotDo) {
  task_.dir.task.loss = Loss::kBce;
  const auto result = RunExample();
  EXPECT_THAT(result, Fails(StatusCode::kFailedPrecondition, Reason::kTASK_FAILED));
  EXPECT_THAT(std::string(MessageOf(result.status())), HasSubstr("knows the loss mse"));
}

}  // namespace
}  // namespace muster::client
