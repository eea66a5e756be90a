// muster-torch as the agent meets it: a process.
#include <cmath>

#include "base/canonical_json.h"
#include "client/exec/worker_trainer.h"
#include "platform/posix_subprocess.h"
#include "tests/unit/torch/torch_fixture.h"

namespace muster::client {
namespace {
using absl::StatusCode;
using muster::testing::Fails;
using muster::testing::IsOk;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

class TorchProcess : public TorchTask {
 protected:
  StatusOr<TrainResult> Run(Duration limit = 60s) {
    EXPECT_THAT(WriteTask(task_.dir), IsOk());
    return trainer_.Run(task_.dir, limit);
  }
  // The program's stdout and exit code.
  std::pair<std::string, int> Call(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), MUSTER_TORCH_BINARY);
    const auto child = launcher_.Start(
        {.argv = arguments, .env = {}, .working_dir = {}, .stderr_path = task_.temp / "stderr"});
    EXPECT_THAT(child.status(), IsOk());
    std::string out;
    for (auto line = (*child)->ReadLine(60s, 1 << 20); line.ok();
         line = (*child)->ReadLine(60s, 1 << 20))
      out += *line + "\n";
    return {out, (*child)->Wait(60s)->code};
  }
  Json CallJson(const std::vector<std::string>& arguments) {
    const auto [out, code] = Call(arguments);
    EXPECT_EQ(code, 0) << ReadFileTail(task_.temp / "stderr", 1000);
    return ParseJson(out).value_or(Json());
  }
  std::string At(const char* name) const { return (task_.dir.path / name).string(); }

  platform::PosixLauncher launcher_;
  WorkerTrainer trainer_{
      {.command = {MUSTER_TORCH_BINARY, "worker"}, .stderr_path = task_.temp / "worker.log"},
      launcher_};
};

TEST_F(TorchProcess, ServesTasksAndSurvivesBadOnes) {
  ASSERT_THAT(Run(), IsOk());
  const std::string update = FileText(kUpdateFile);
  const std::string module = FileText("module.pt");
  const auto failed = Fails(StatusCode::kFailedPrecondition, Reason::kTASK_FAILED);

  ASSERT_THAT(WriteText(ModulePath(), "garbage"), IsOk());
  EXPECT_THAT(Run(), failed);
  // What a module prints must not pass for the worker's answer.
  Script(LinearTensors(), "print('{\"ok\":true}')\nassert False, 'no'\nreturn x");
  EXPECT_THAT(Run(), failed);
  Script(LinearTensors(), "return torch.zeros([1099511627776]) + self.weight.sum()");
  EXPECT_THAT(Run(), failed);
  Script(LinearTensors(), "while bool(x.numel() > 0):\n    x = x + 1\nreturn x");
  EXPECT_THAT(Run(1s), failed);

  ASSERT_THAT(WriteText(ModulePath(), module), IsOk());
  const auto again = Run();
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(FileText(kUpdateFile), update);
}

// The module comes from the coordinator, the data does not, and a failure is reported there.
TEST_F(TorchProcess, AModuleCannotSendDataOutInItsError) {
  Script(LinearTensors(), "assert False, 'secret ' + str(x[0, 0].item())\nreturn x");
  const auto result = Run();
  EXPECT_THAT(result, Fails(StatusCode::kFailedPrecondition, Reason::kTASK_FAILED));
  EXPECT_THAT(std::string(MessageOf(result.status())), Not(HasSubstr("secret")));
  EXPECT_THAT(ReadFileTail(task_.temp / "worker.log", 10'000), HasSubstr("AssertionError: secret"));
}

// torch's loader crashes on some damaged files. That may cost the worker, never the next task.
TEST_F(TorchProcess, ADamagedModuleCostsNoMoreThanItsTask) {
  ASSERT_THAT(Run(), IsOk());
  const std::string whole = FileText("module.pt"), update = FileText(kUpdateFile);
  for (std::size_t at = 3; at < whole.size(); at += 97) {
    SCOPED_TRACE(at);
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x40);
    ASSERT_THAT(WriteText(ModulePath(), flipped), IsOk());
    if (const auto result = Run(); !result.ok()) {
      EXPECT_THAT(result, Fails(StatusCode::kFailedPrecondition, Reason::kTASK_FAILED));
    }
  }
  ASSERT_THAT(WriteText(ModulePath(), whole), IsOk());
  ASSERT_THAT(Run(), IsOk());
  EXPECT_EQ(FileText(kUpdateFile), update);
}

TEST_F(TorchProcess, MakesInspectsAndEvaluates) {
  EXPECT_EQ(Call({"make", "--network", "linear:2", "--seed", "3", "--out", At("made.pt"),
                  "--params", At("made.safetensors")}),
            std::pair(std::string(), 0));
  const Json layout =
      CallJson({"inspect", At("made.pt"), "-o", "json", "--params", At("again.st")});
  EXPECT_EQ(layout, *ParseJson(R"({"buffers":[],"count":3,"parameters":[
      {"frozen":false,"name":"bias","shape":[1]},{"frozen":false,"name":"weight","shape":[1,2]}]})"));
  EXPECT_EQ(FileText("made.safetensors"), FileText("again.st"));

  const Json tested =
      CallJson({"evaluate", "--module", At("made.pt"), "--params", At("model.safetensors"),
                "--data", At("data.safetensors"), "--label-scale", "10"});
  EXPECT_EQ(tested.value("examples", 0), 3);
  EXPECT_NEAR(*ParseDecimal(tested.value("rmse", "")), std::sqrt(875.0 / 3), 1e-4);
}

TEST_F(TorchProcess, FitsTogetherAndEach) {
  Dataset other = ThreeExamples();
  other.y = {-3, 0, -2};  // The opposite of the first set: together nothing can be learned.
  ASSERT_THAT(WriteDataset(other, At("other.safetensors")), IsOk());
  const std::vector<std::string> fit = {"fit",
                                        "--module",
                                        At("module.pt"),
                                        "--data",
                                        At("data.safetensors"),
                                        At("other.safetensors"),
                                        "--validation",
                                        At("data.safetensors"),
                                        "--learning-rate",
                                        "0.05",
                                        "--epochs",
                                        "300",
                                        "--batch",
                                        "2"};
  const Json together = CallJson(fit);
  EXPECT_EQ(together.value("models", 0), 1);
  EXPECT_EQ(together.value("examples", 0), 6);
  std::vector<std::string> each_fit = fit;
  each_fit.push_back("--each");
  const Json each = CallJson(each_fit);
  EXPECT_EQ(each.value("models", 0), 2);
  EXPECT_LT(*ParseDecimal(each.value("rmse_least", "")), 0.1);  // The one that saw these labels.
  EXPECT_GT(*ParseDecimal(each.value("rmse_most", "")), 3);     // The one that saw the opposite.
  EXPECT_GT(*ParseDecimal(together.value("rmse", "")), 1);
}

TEST_F(TorchProcess, SaysWhatIsWrongInOneLine) {
  EXPECT_EQ(Call({"inspect", At("data.safetensors")}).second, 1);
  const std::string said = ReadFileTail(task_.temp / "stderr", 1000);
  EXPECT_THAT(said, HasSubstr("muster-torch: "));
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << said;
  EXPECT_EQ(Call({"make", "--network", "mlp:3"}).second, 2);
  EXPECT_EQ(Call({"evaluate", "--module", At("module.pt"), "--data", At("data.safetensors"),
                  "--loss", "squared"})
                .second,
            2);
}

}  // namespace
}  // namespace muster::client
