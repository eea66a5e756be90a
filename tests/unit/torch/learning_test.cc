#include "client/torch/learning.h"

#include <cmath>
#include <set>

#include "tests/unit/torch/torch_fixture.h"

namespace muster::client {
namespace {
using absl::StatusCode;
using muster::testing::Fails;
using muster::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::FloatNear;

class Learning : public TorchTask {
 protected:
  // Trains a fresh copy and returns its parameters: bias, then weights.
  std::vector<float> Trained(const TrainingPlan& plan) {
    ScriptModule pristine = Load();
    ScriptModule module = *pristine.CopyWith(pristine.Export()->View());
    EXPECT_THAT(TrainModule(module, data_, plan), IsOk());
    return module.Export()->values;
  }
  Status TrainStatus(const TrainingPlan& plan) {
    ScriptModule module = Load();
    return TrainModule(module, data_, plan).status();
  }
  TrainingPlan OneStep(double rate) { return {.optimizer = {.learning_rate = rate}, .batch = 3}; }
  Dataset data_ = ThreeExamples();
};

// Base: bias 0.5, weights 0: errors -2.5, 0.5, -1.5; the gradient of their mean square is
// 2/3 (-3.5) for the bias, 2/3 (-4, -1) for the weights.
TEST_F(Learning, OneStepOfSgdIsWhatArithmeticGives) {
  const double rate = 0.3;
  EXPECT_THAT(Trained(OneStep(rate)),
              ElementsAre(FloatNear(0.5 + rate * 7 / 3, 1e-6f), FloatNear(rate * 8 / 3, 1e-6f),
                          FloatNear(rate * 2 / 3, 1e-6f)));
  ScriptModule module = Load();
  EXPECT_NEAR(*TrainModule(module, data_, OneStep(rate)), 8.75 / 3, 1e-6);
}

TEST_F(Learning, MomentumAndWeightDecayAreThoseOfTheTask) {
  TrainingPlan plan = OneStep(0.1);
  plan.optimizer.weight_decay = 0.5;  // Adds 0.5 * 0.5 to the bias's gradient.
  EXPECT_NEAR(Trained(plan)[0], 0.5 + 0.1 * (7.0 / 3 - 0.25), 1e-6);
  TrainingPlan plain = OneStep(0.1), heavy = OneStep(0.1);
  plain.epochs = heavy.epochs = 2;
  heavy.optimizer.momentum = 0.5;
  // Two steps: with momentum the second one also takes half of the first.
  EXPECT_NEAR(Trained(heavy)[0] - Trained(plain)[0], 0.5 * 0.1 * 7 / 3, 1e-6);
}

TEST_F(Learning, AdamsFirstStepIsItsRateInEveryCoordinate) {
  TrainingPlan plan = OneStep(0.01);
  plan.optimizer.kind = OptimizerKind::kAdam;
  EXPECT_THAT(Trained(plan), ElementsAre(FloatNear(0.51f, 1e-5f), FloatNear(0.01f, 1e-5f),
                                         FloatNear(0.01f, 1e-5f)));
}

TEST_F(Learning, ReportsTheMeanLossOfTheLastEpochOverUnevenBatches) {
  TrainingPlan plan = OneStep(0);  // Nothing moves, so each example's loss is known.
  plan.batch = 2;
  plan.epochs = 2;
  ScriptModule module = Load();
  EXPECT_NEAR(*TrainModule(module, data_, plan), 8.75 / 3, 1e-6);
}

TEST_F(Learning, TheSeedOrdersTheExamples) {
  TrainingPlan plan = OneStep(0.1);
  plan.batch = 1;
  std::set<std::vector<float>> outcomes;
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    plan.seed = seed;
    outcomes.insert(Trained(plan));
    EXPECT_EQ(Trained(plan), Trained(plan));
  }
  EXPECT_GT(outcomes.size(), 1u);
}

TEST_F(Learning, FrozenParametersStayAsTheyAre) {
  std::vector<TestTensor> tensors = LinearTensors();
  tensors[0].frozen = true;
  Script(tensors, kLinear);
  TrainingPlan plan = OneStep(0.3);
  plan.optimizer.weight_decay = 0.1;
  const std::vector<float> after = Trained(plan);
  EXPECT_NE(after[0], 0.5f);
  EXPECT_EQ(after[1], 0.0f);
  EXPECT_EQ(after[2], 0.0f);
  tensors[1].frozen = true;
  Script(tensors, kLinear);
  EXPECT_THAT(Trained(plan), ElementsAre(0.5f, 0.0f, 0.0f));
}

TEST_F(Learning, LossesAreThoseOfTheirNames) {
  const auto loss_of = [&](Loss loss) {
    ScriptModule module = Load();
    TrainingPlan plan = OneStep(0);
    plan.loss = loss;
    return *TrainModule(module, data_, plan);
  };
  EXPECT_NEAR(loss_of(Loss::kMse), 8.75 / 3, 1e-6);
  EXPECT_NEAR(loss_of(Loss::kL1), 4.5 / 3, 1e-6);
  EXPECT_NEAR(loss_of(Loss::kHuber), (2.0 + 0.125 + 1.0) / 3, 1e-6);
  data_.y = {1, 0, 1};
  const double softplus = std::log1p(std::exp(0.5));
  EXPECT_NEAR(loss_of(Loss::kBce), (3 * softplus - 2 * 0.5) / 3, 1e-6);
}

TEST_F(Learning, ClassesAreLearnedFromClassNumbers) {
  Script({{"weight", {3, 2}, {0, 0, 0, 0, 0, 0}}, {"bias", {3}, {0, 0, 0}}}, kLinear);
  data_.y = {0, 1, 2};
  ScriptModule module = Load();
  TrainingPlan plan = OneStep(1.0);
  plan.loss = Loss::kCrossEntropy;
  EXPECT_NEAR(*TrainModule(module, data_, plan), std::log(3.0), 1e-6);
  plan.epochs = 200;
  EXPECT_LT(*TrainModule(module, data_, plan), 0.2);
  const auto tested = EvaluateModule(module, data_, Loss::kCrossEntropy, 1);
  ASSERT_THAT(tested, IsOk());
  EXPECT_EQ(tested->metrics.at("correct"), 3);
  data_.y = {0, 1, 3};
  EXPECT_THAT(TrainModule(module, data_, plan).status(),
              Fails(StatusCode::kInvalidArgument, Reason::kTASK_FAILED));
}

TEST_F(Learning, EvaluationSumsErrorsInTheLabelsUnit) {
  ScriptModule module = Load();
  const auto tested = EvaluateModule(module, data_, Loss::kMse, 10);
  ASSERT_THAT(tested, IsOk());
  EXPECT_EQ(tested->examples, 3u);
  EXPECT_NEAR(tested->loss, 8.75 / 3, 1e-6);
  EXPECT_NEAR(tested->metrics.at("sse"), 875, 1e-4);
  EXPECT_NEAR(tested->metrics.at("sae"), 45, 1e-5);
}

TEST_F(Learning, EvaluationSwitchesDropoutOff) {
  Script(LinearTensors(), "x = torch.dropout(x, 0.5, self.training)\n" + std::string(kLinear));
  ScriptModule module = Load();
  EXPECT_NEAR(EvaluateModule(module, data_, Loss::kMse, 1)->loss, 8.75 / 3, 1e-6);
}

TEST_F(Learning, AnOutputThatWouldBroadcastIsRefused) {
  const auto refused = Fails(StatusCode::kInvalidArgument, Reason::kTASK_FAILED);
  for (const char* body : {"return self.weight.sum() + self.bias",                // (1,) for (3, 1)
                           "return torch.linear(x, self.weight, self.bias).t()",  // (1, 3)
                           "return torch.linear(x, self.weight, self.bias).double()",
                           "return torch.cat([x, x], 1) * self.weight.sum()"}) {
    SCOPED_TRACE(body);
    Script(LinearTensors(), body);
    EXPECT_THAT(TrainStatus(OneStep(0.1)), refused);
    ScriptModule module = Load();
    EXPECT_THAT(EvaluateModule(module, data_, Loss::kMse, 1), refused);
  }
  // A column that lost its second axis is the same numbers.
  Script(LinearTensors(), "return torch.linear(x, self.weight, self.bias).squeeze(1)");
  EXPECT_THAT(TrainStatus(OneStep(0.1)), IsOk());
}

TEST_F(Learning, ModulesThatThrowMisbehaveOrDivergeFailTheTask) {
  const auto refused = Fails(StatusCode::kInvalidArgument, Reason::kTASK_FAILED);
  for (const char* body : {"assert False, 'first line\\nsecond line'\nreturn x",
                           "return torch.linear(x, self.weight, self.bias) / 0.0",
                           "return torch.linear(torch.cat([x, x], 1), self.weight, self.bias)"}) {
    SCOPED_TRACE(body);
    Script(LinearTensors(), body);
    const Status status = TrainStatus(OneStep(0.1));
    EXPECT_THAT(status, refused);
    EXPECT_EQ(MessageOf(status).find('\n'), std::string_view::npos);
  }
  Script(LinearTensors(), "return x, x", "Tuple[Tensor, Tensor]");
  EXPECT_THAT(TrainStatus(OneStep(0.1)), refused);
  TrainingPlan diverges = OneStep(1e6);
  diverges.epochs = 50;
  Script(LinearTensors(), kLinear);
  EXPECT_THAT(TrainStatus(diverges), refused);
}

TEST_F(Learning, DataOfAnotherWidthFailsTheTask) {
  data_ = {.examples = 2, .inputs = 3, .outputs = 1, .x = {1, 2, 3, 4, 5, 6}, .y = {1, 2}};
  EXPECT_THAT(TrainStatus(OneStep(0.1)), Fails(StatusCode::kInvalidArgument, Reason::kTASK_FAILED));
}

}  // namespace
}  // namespace muster::client
