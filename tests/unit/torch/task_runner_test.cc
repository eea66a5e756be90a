#include "client/torch/task_runner.h"

#include "tests/unit/torch/torch_fixture.h"

namespace muster::client {
namespace {
using absl::StatusCode;
using muster::testing::Fails;
using muster::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::FloatNear;

class Runner : public TorchTask {
 protected:
  Status Run() {
    EXPECT_THAT(WriteTask(task_.dir), IsOk());
    return runner_.Run(task_.dir.path);
  }
  TaskRunner runner_;
};

TEST_F(Runner, WritesTheDeltaAgainstTheTasksModelNotTheModules) {
  ASSERT_THAT(WriteParamsTo(task_.dir.path / "model.safetensors", LinearParams({1, 0, 0})), IsOk());
  ASSERT_THAT(Run(), IsOk());
  const auto result = ReadResult(task_.dir);
  ASSERT_THAT(result, IsOk());
  // Errors -2, 1, -1 at rate 0.1.
  EXPECT_THAT(result->update->values,
              ElementsAre(FloatNear(0.1 * 4 / 3, 1e-6f), FloatNear(0.1 * 6 / 3, 1e-6f),
                          FloatNear(0, 1e-6f)));
  EXPECT_EQ(result->examples, 3u);
  EXPECT_NEAR(result->loss, 2, 1e-6);
}

TEST_F(Runner, GivesTheSameBytesWhateverRanBefore) {
  // Dropout draws numbers and the buffer counts calls: both would show an earlier task.
  std::vector<TestTensor> tensors = LinearTensors();
  tensors.push_back({"calls", {1}, {0}, false, true});
  Script(tensors, "self.calls += 1\nx = torch.dropout(x, 0.5, self.training) * self.calls\n" +
                      std::string(kLinear));
  task_.dir.task.batch = 1;
  ASSERT_THAT(Run(), IsOk());
  const std::string update = FileText(kUpdateFile), metrics = FileText(kMetricsFile);
  task_.dir.task.seed = 99;
  ASSERT_THAT(Run(), IsOk());
  EXPECT_NE(FileText(kUpdateFile), update);
  task_.dir.task.seed = TaskOnDisk().dir.task.seed;
  ASSERT_THAT(Run(), IsOk());
  EXPECT_EQ(FileText(kUpdateFile), update);
  EXPECT_EQ(FileText(kMetricsFile), metrics);
  TaskRunner fresh;
  ASSERT_THAT(fresh.Run(task_.dir.path), IsOk());
  EXPECT_EQ(FileText(kUpdateFile), update);
}

TEST_F(Runner, EvaluatesWithoutAnUpdate) {
  task_.dir.task.kind = TaskKind::kEvaluate;
  task_.dir.task.label_scale = 10;
  ASSERT_THAT(Run(), IsOk());
  EXPECT_FALSE(std::filesystem::exists(task_.dir.path / kUpdateFile));
  const auto result = ReadResult(task_.dir);
  ASSERT_THAT(result, IsOk());
  EXPECT_NEAR(result->metrics.at("sse"), 875, 1e-4);
}

TEST_F(Runner, SeesThatAModuleFileWasReplaced) {
  ASSERT_THAT(Run(), IsOk());
  const std::string update = FileText(kUpdateFile);
  Script(LinearTensors(), "return torch.linear(x, self.weight, self.bias) * 2.0");
  ASSERT_THAT(Run(), IsOk());
  EXPECT_NE(FileText(kUpdateFile), update);
}

TEST_F(Runner, RefusesWhatDoesNotFitTogether) {
  const Layout flat = *Layout::Make({{"bias", DType::kF32, {1}}, {"weight", DType::kF32, {2}}});
  ASSERT_THAT(WriteParamsTo(task_.dir.path / "model.safetensors", {flat, {0, 0, 0}}), IsOk());
  EXPECT_THAT(Run(), Fails(StatusCode::kInvalidArgument, Reason::kCONTRACT_MISMATCH));
  ASSERT_THAT(WriteText(task_.dir.path / "model.safetensors", "junk"), IsOk());
  EXPECT_THAT(Run(), Fails(StatusCode::kInvalidArgument, Reason::kARTEFACT_INVALID));
}

TEST_F(Runner, SaysWhichFileIsMissingOrUnreadable) {
  ASSERT_THAT(WriteText(task_.dir.path / "data.safetensors", "junk"), IsOk());
  EXPECT_THAT(Run(), Fails(StatusCode::kInvalidArgument, Reason::kDATA_UNREADABLE));
  task_.dir.task.module = "other.pt";
  EXPECT_THAT(Run(), muster::testing::HasCode(StatusCode::kNotFound));
  task_.dir.task.module.clear();
  EXPECT_THAT(Run(), Fails(StatusCode::kInvalidArgument, Reason::kFIELD_INVALID));
}

TEST_F(Runner, LeavesNoResultWhenTrainingFails) {
  Script(LinearTensors(), "return torch.linear(x, self.weight, self.bias) / 0.0");
  EXPECT_THAT(Run(), Fails(StatusCode::kInvalidArgument, Reason::kTASK_FAILED));
  EXPECT_FALSE(std::filesystem::exists(task_.dir.path / kUpdateFile));
  EXPECT_FALSE(std::filesystem::exists(task_.dir.path / kMetricsFile));
}

}  // namespace
}  // namespace muster::client
