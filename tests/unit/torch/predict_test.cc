// Predictions through the worker as the agent serves them.
#include <cmath>

#include "client/exec/worker_predictor.h"
#include "platform/posix_subprocess.h"
#include "tests/unit/torch/torch_fixture.h"

namespace muster::client {
namespace {
using absl::StatusCode;
using muster::testing::Fails;
using muster::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

class PredictTest : public TorchTask {
 protected:
  PredictTest() { EXPECT_THAT(Params({1, 2, 3}), IsOk()); }
  Status Params(std::vector<float> bias_and_weight) {
    return WriteParamsTo(task_.dir.path / "model.safetensors",
                         LinearParams(std::move(bias_and_weight)));
  }
  StatusOr<std::vector<float>> Predict(std::vector<float> x = {1, 1, 0, 2}, Duration limit = 60s) {
    return predictor_.Predict({ModulePath(), task_.dir.path / "model.safetensors"}, x, 2, limit);
  }
  platform::PosixLauncher launcher_;
  WorkerPredictor predictor_{
      {.command = {MUSTER_TORCH_BINARY, "worker"}, .stderr_path = task_.temp / "worker.log"},
      task_.temp / "scratch",
      launcher_};
};

TEST_F(PredictTest, GivesOneNumberAnExampleAndKeepsTheModelLoaded) {
  // A module that was loaded anew at each batch would have counted to one each time.
  std::vector<TestTensor> tensors = LinearTensors();
  tensors.push_back({"calls", {1}, {0}, false, true});
  Script(tensors, "self.calls += 1\nreturn torch.linear(x, self.weight, self.bias) + self.calls");
  const auto first = Predict(), second = Predict();
  ASSERT_THAT(first, IsOk());
  EXPECT_THAT(*first, ElementsAre(1 + 2 + 3 + 1, 1 + 6 + 1));
  ASSERT_THAT(second, IsOk());
  EXPECT_THAT(*second, ElementsAre(1 + 2 + 3 + 2, 1 + 6 + 2));
  // Other parameters are another model.
  ASSERT_THAT(Params({100, 0, 0}), IsOk());
  const auto third = Predict();
  ASSERT_THAT(third, IsOk());
  EXPECT_THAT(*third, ElementsAre(101, 101));
}

TEST_F(PredictTest, NumbersThatAreNotFiniteComeBackAsTheyAre) {
  Script(LinearTensors(), "return torch.linear(x, self.weight, self.bias) / 0.0");
  const auto y = Predict();
  ASSERT_THAT(y, IsOk());
  EXPECT_TRUE(std::isinf((*y)[0]));
}

TEST_F(PredictTest, WhateverAModelDoesTheNextBatchIsServed) {
  const auto failed = Fails(StatusCode::kFailedPrecondition, Reason::kTASK_FAILED);
  Script(LinearTensors(), "while bool(x.numel() > 0):\n    x = x + 1\nreturn x");
  EXPECT_THAT(Predict({1, 1}, 1s), failed);
  Script(LinearTensors(), "assert False, 'secret ' + str(x[0, 0].item())\nreturn x");
  const auto raised = Predict();
  EXPECT_THAT(raised, failed);
  EXPECT_THAT(std::string(MessageOf(raised.status())), Not(HasSubstr("secret")));
  Script(LinearTensors(), "return x");  // Two numbers an example.
  EXPECT_THAT(Predict(), failed);
  Script(LinearTensors(), "return x.sum()");
  EXPECT_THAT(Predict(), failed);
  Script(LinearTensors(), kLinear);
  ASSERT_THAT(Predict(), IsOk());
}

TEST_F(PredictTest, AWorkerThatDoesNotStartSaysNothingOfTheModel) {
  WorkerPredictor none({.command = {"/nowhere/muster-torch", "worker"}, .stderr_path = {}},
                       task_.temp / "other", launcher_);
  const std::vector<float> x = {1, 1};
  EXPECT_THAT(none.Predict({ModulePath(), task_.dir.path / "model.safetensors"}, x, 2, 60s),
              Fails(StatusCode::kUnavailable, Reason::kTASK_FAILED));
}

TEST_F(PredictTest, NorDoesOneThatNeverAnswers) {
  WorkerPredictor mute({.command = {"sleep", "1000"}, .stderr_path = {}, .start_limit = 100ms},
                       task_.temp / "other", launcher_);
  const std::vector<float> x = {1, 1};
  EXPECT_THAT(mute.Predict({ModulePath(), task_.dir.path / "model.safetensors"}, x, 2, 60s),
              Fails(StatusCode::kUnavailable, Reason::kTASK_FAILED));
}

TEST_F(PredictTest, ALimitIsOfTheModelAndNotOfTheStartOfItsWorker) {
  EXPECT_THAT(Predict({1, 1}, 2s), IsOk());  // Loading libtorch may take longer.
}

TEST_F(PredictTest, AfterStopNothingIsAsked) {
  ASSERT_THAT(Predict(), IsOk());
  predictor_.Stop();
  EXPECT_THAT(Predict(), Fails(StatusCode::kCancelled, Reason::kSHUTTING_DOWN));
}

}  // namespace
}  // namespace muster::client
