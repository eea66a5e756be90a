#include "client/exec/task_dir.h"

#include <gmock/gmock.h>

#include <limits>

#include "base/canonical_json.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/client_data/task_fixture.h"

namespace muster::client {
namespace {
namespace fs = std::filesystem;
using absl::StatusCode;
using muster::testing::Fails;
using muster::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::Pair;

TEST(TaskJson, ComesBackAsItWasWritten) {
  Task task{.kind = TaskKind::kEvaluate,
            .campaign = "turbofan",
            .round = 12,
            .device = "engine-017",
            .seed = 18'446'744'073'709'551'615U,
            .model = "/models/a.safetensors",
            .module = "/models/a.pt",
            .data = "held out.safetensors",
            .loss = Loss::kHuber,
            .optimizer = {OptimizerKind::kAdam, 0.001, 0, 0.01},
            .batch = 128,
            .epochs = 30,
            .metrics = {"rmse", "mae"},
            .label_scale = 125};
  const auto json = EncodeTask(task);
  ASSERT_THAT(json, IsOk());
  const auto back = DecodeTask(*json);
  ASSERT_THAT(back, IsOk());
  EXPECT_EQ(*EncodeTask(*back), *json);
  EXPECT_EQ(back->seed, task.seed);
  EXPECT_EQ(back->kind, TaskKind::kEvaluate);
  EXPECT_EQ(back->loss, Loss::kHuber);
  EXPECT_EQ(back->optimizer.kind, OptimizerKind::kAdam);
  EXPECT_EQ(back->optimizer.weight_decay, 0.01);
  EXPECT_EQ(back->label_scale, 125);
  EXPECT_THAT(back->metrics, ElementsAre("rmse", "mae"));
}

TEST(TaskJson, IsWhatTrainersInOtherLanguagesWereTold) {
  const auto json = EncodeTask({.campaign = "c", .round = 3, .device = "d", .seed = 5});
  EXPECT_EQ(*json,
            R"({"batch":32,"campaign":"c","data":"data.safetensors","device":"d","epochs":1,)"
            R"("kind":"train","label_scale":"1","loss":"mse","metrics":[],)"
            R"("model":"model.safetensors","optimizer":{"learning_rate":"0.01","momentum":"0",)"
            R"("name":"sgd","weight_decay":"0"},"round":3,"seed":"5"})");
}

TEST(TaskJson, IsRefusedWithAnyFieldMissingOfAnotherTypeOrOutOfBounds) {
  const Json good = *ParseJson(*EncodeTask({.campaign = "c", .round = 3, .device = "d"}));
  const auto reason = [](const Json& json) { return ReasonOf(DecodeTask(json.dump()).status()); };
  ASSERT_EQ(reason(good), std::nullopt);
  for (const auto& item : good.items()) {
    if (item.key() == "label_scale") continue;  // Its default is 1.
    SCOPED_TRACE(item.key());
    Json missing = good, other = good;
    missing.erase(item.key());
    other[item.key()] = Json::object();
    EXPECT_EQ(reason(missing), Reason::kFIELD_INVALID);
    EXPECT_EQ(reason(other), Reason::kFIELD_INVALID);
  }
  const std::vector<std::pair<const char*, Json>> wrong = {{"/kind", "destroy"},
                                                           {"/loss", "mean"},
                                                           {"/seed", "-1"},
                                                           {"/seed", "18446744073709551616"},
                                                           {"/batch", 0},
                                                           {"/batch", 1'000'000'000'000},
                                                           {"/epochs", 0},
                                                           {"/epochs", 4294967297},
                                                           {"/label_scale", "0"},
                                                           {"/label_scale", "nan"},
                                                           {"/optimizer/name", "lion"},
                                                           {"/optimizer/learning_rate", "-0.1"},
                                                           {"/optimizer/momentum", "inf"},
                                                           {"/model", ""}};
  for (const auto& [where, value] : wrong) {
    SCOPED_TRACE(std::string(where) + " = " + value.dump());
    Json json = good;
    json[Json::json_pointer(where)] = value;
    EXPECT_EQ(reason(json), Reason::kFIELD_INVALID);
  }
  EXPECT_EQ(ReasonOf(DecodeTask("{").status()), Reason::kFIELD_INVALID);
}

TEST(TaskDirectory, IsRidOfAnEarlierResultBeforeTheNextTask) {
  TaskOnDisk task;
  ASSERT_THAT(WriteParamsTo(task.dir.path / kUpdateFile, LinearParams({0, 0, 0})), IsOk());
  ASSERT_THAT(WriteText(task.dir.path / kMetricsFile, kGoodMetrics), IsOk());
  ASSERT_THAT(ReadResult(task.dir), IsOk());
  ASSERT_THAT(WriteTask(task.dir), IsOk());
  EXPECT_FALSE(fs::exists(task.dir.path / kUpdateFile));
  EXPECT_FALSE(fs::exists(task.dir.path / kMetricsFile));
}

class Result : public ::testing::Test {
 protected:
  void Write(const Params& update, std::string_view metrics = kGoodMetrics) {
    ASSERT_THAT(WriteParamsTo(task_.dir.path / kUpdateFile, update), IsOk());
    ASSERT_THAT(WriteText(task_.dir.path / kMetricsFile, metrics), IsOk());
  }
  StatusOr<TrainResult> Read() { return ReadResult(task_.dir); }
  TaskOnDisk task_;
};

TEST_F(Result, IsReadWhenAllOfItIsRight) {
  Write(LinearParams({1, 2, 3}), R"({"examples":2,"loss":"0.5","metrics":{"sse":"1e3"}})");
  const auto result = Read();
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->examples, 2u);
  EXPECT_EQ(result->loss, 0.5);
  EXPECT_THAT(result->metrics, ElementsAre(Pair("sse", 1000)));
  EXPECT_THAT(result->update->values, ElementsAre(1, 2, 3));
  EXPECT_EQ(result->update->layout, task_.dir.layout);
}

TEST_F(Result, OfAnEvaluationNeedsNoUpdate) {
  ASSERT_THAT(WriteText(task_.dir.path / kMetricsFile, kGoodMetrics), IsOk());
  EXPECT_EQ(ReasonOf(Read().status()), Reason::kUPDATE_UNREADABLE);
  task_.dir.task.kind = TaskKind::kEvaluate;
  ASSERT_THAT(Read(), IsOk());
  EXPECT_FALSE(Read()->update.has_value());
}

TEST_F(Result, WithNaNOrInfinityIsRefused) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    Write(LinearParams({0, 0, bad}));
    EXPECT_THAT(Read(), Fails(StatusCode::kInvalidArgument, Reason::kUPDATE_NON_FINITE));
  }
}

TEST_F(Result, OfAnotherLayoutIsRefused) {
  const std::vector<std::vector<TensorSpec>> layouts = {
      {{"bias", DType::kF32, {}}, {"weight", DType::kF32, {1, 2}}},    // () for (1,)
      {{"bias", DType::kF32, {1}}, {"weight", DType::kF32, {2, 1}}},   // transposed
      {{"bias", DType::kF32, {1}}, {"weight", DType::kF32, {2}}},      // flat
      {{"bias", DType::kF32, {1}}, {"weights", DType::kF32, {1, 2}}},  // renamed
      {{"weight", DType::kF32, {1}}},                                  // shape (1,): broadcasts
      {{"bias", DType::kF32, {1}}},
      {}};
  for (const auto& specs : layouts) {
    const Layout layout = *Layout::Make(specs);
    Write({layout, std::vector<float>(layout.size())});
    EXPECT_THAT(Read(), Fails(StatusCode::kInvalidArgument, Reason::kUPDATE_WRONG_LAYOUT));
  }
}

TEST_F(Result, OfAnotherDtypeIsRefused) {
  const std::vector<TensorSpec> specs = {{"bias", DType::kF16, {1}},
                                         {"weight", DType::kF32, {1, 2}}};
  const std::string header = SafetensorsHeader(specs);
  ASSERT_THAT(WriteText(task_.dir.path / kUpdateFile, header + std::string(10, '\0')), IsOk());
  ASSERT_THAT(WriteText(task_.dir.path / kMetricsFile, kGoodMetrics), IsOk());
  EXPECT_THAT(Read(), Fails(StatusCode::kInvalidArgument, Reason::kUPDATE_WRONG_DTYPE));
}

TEST_F(Result, ThatIsGarbageTooLongALinkOrMissingIsRefused) {
  const fs::path update = task_.dir.path / kUpdateFile;
  const auto refused = Fails(StatusCode::kInvalidArgument, Reason::kUPDATE_UNREADABLE);
  ASSERT_THAT(WriteText(task_.dir.path / kMetricsFile, kGoodMetrics), IsOk());
  EXPECT_THAT(Read(), refused);
  ASSERT_THAT(WriteText(update, "garbage"), IsOk());
  EXPECT_THAT(Read(), refused);
  ASSERT_THAT(WriteText(update, ""), IsOk());
  EXPECT_THAT(Read(), refused);
  fs::resize_file(update, 1ULL << 33);  // Sparse; must not be read into memory.
  EXPECT_THAT(Read(), refused);
  fs::remove(update);
  fs::create_symlink(task_.dir.path / "model.safetensors", update);
  EXPECT_THAT(Read(), refused);
}

TEST_F(Result, WithMetricsThatCannotBeIsRefused) {
  for (const char* metrics :
       {"", "[]", "{", R"({"examples":3,"loss":"1"})", R"({"examples":0,"loss":"1","metrics":{}})",
        R"({"examples":4,"loss":"1","metrics":{}})",
        R"({"examples":1000000000000000,"loss":"1","metrics":{}})",
        R"({"examples":-1,"loss":"1","metrics":{}})", R"({"examples":2.5,"loss":"1","metrics":{}})",
        R"({"examples":"3","loss":"1","metrics":{}})", R"({"examples":3,"loss":1,"metrics":{}})",
        R"({"examples":3,"loss":"nan","metrics":{}})",
        R"({"examples":3,"loss":"inf","metrics":{}})", R"({"examples":3,"loss":"1","metrics":[]})",
        R"({"examples":3,"loss":"1","metrics":{"sse":1}})",
        R"({"examples":3,"loss":"1","metrics":{"sse":"x"}})",
        R"({"examples":3,"loss":"1","metrics":{"":"1"}})",
        R"({"examples":3,"loss":"1","metrics":{"a\nb":"1"}})",
        R"({"examples":3,"examples":3,"loss":"1","metrics":{}})"}) {
    SCOPED_TRACE(metrics);
    Write(LinearParams({0, 0, 0}), metrics);
    EXPECT_THAT(Read(), Fails(StatusCode::kInvalidArgument, Reason::kUPDATE_BAD_METRICS));
  }
  Json many = *ParseJson(kGoodMetrics);
  for (int i = 0; i < 65; ++i) many["metrics"]["m" + std::to_string(i)] = "1";
  Write(LinearParams({0, 0, 0}), many.dump());
  EXPECT_THAT(Read(), Fails(StatusCode::kInvalidArgument, Reason::kUPDATE_BAD_METRICS));
}

}  // namespace
}  // namespace muster::client
