#include "client/pipeline/pipeline.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "base/safetensors.h"
#include "client/pipeline/file_bytes.h"

namespace muster::client {
namespace {
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

// Rows as they would come out of a file, whatever columns are asked for.
class FakeSource final : public Source {
 public:
  FakeSource(std::vector<std::string> columns, std::vector<double> cells)
      : table_{std::move(columns), std::move(cells)} {}
  std::string_view name() const override { return "fake"; }
  StatusOr<Table> Read(std::span<const std::string> columns, Nulls nulls) override {
    EXPECT_EQ(nulls, Nulls::kRefuse);
    EXPECT_TRUE(
        std::equal(columns.begin(), columns.end(), table_.columns.begin(), table_.columns.end()));
    return table_;
  }

 private:
  Table table_;
};

const ContractView kContract{
    "engine", 3, {{"t", 0, 10, "K"}, {"p", -1, 1, "bar"}, {"rul", 0, 400, "cycles"}}};

PipelineConfig Config(std::uint32_t rows, std::uint32_t stride) {
  return {.features = {"t", "p"},
          .window = {rows, stride},
          .label = {.field = "rul", .cap = 125, .scale = 125},
          .evaluate = EvaluateWindows::kLast};
}

// t = 0, 5, 10, 2.5; p = -1, 0, 1, 0.5; labels above and below the cap.
FakeSource FourRows() {
  return {{"t", "p", "rul"}, {0, -1, 250, 5, 0, 125, 10, 1, 100, 2.5, 0.5, 50}};
}

TEST(Pipeline, CutsWindowsByHand) {
  const auto pipeline = Pipeline::Make(Config(2, 1), kContract);
  ASSERT_TRUE(pipeline.ok()) << pipeline.status();
  FakeSource source = FourRows();
  const auto out = pipeline->TrainingSet(source);
  ASSERT_TRUE(out.ok()) << out.status();
  EXPECT_EQ(out->dataset.examples, 3u);
  EXPECT_EQ(out->dataset.inputs, 4u);
  EXPECT_THAT(out->dataset.x, ElementsAre(-1, -1, 0, 0,  //
                                          0, 0, 1, 1,    //
                                          1, 1, -0.5f, 0.5f));
  EXPECT_THAT(out->dataset.y, ElementsAre(1.0f, 0.8f, 0.4f));
  EXPECT_EQ(out->stats.rows, 4u);
  EXPECT_THAT(out->stats.out_of_range, IsEmpty());
}

TEST(Pipeline, AStrideSkipsRowsAndLeavesAnUnfinishedWindowOut) {
  const auto pipeline = Pipeline::Make(Config(1, 3), kContract);
  FakeSource source = FourRows();
  const auto out = pipeline->TrainingSet(source);
  ASSERT_TRUE(out.ok()) << out.status();
  EXPECT_THAT(out->dataset.x, ElementsAre(-1, -1, -0.5f, 0.5f));
  EXPECT_THAT(out->dataset.y, ElementsAre(1.0f, 0.4f));
  const auto wide = Pipeline::Make(Config(3, 2), kContract);
  FakeSource again = FourRows();
  EXPECT_EQ(wide->TrainingSet(again)->dataset.examples, 1u);
}

TEST(Pipeline, EvaluatesTheLastWindowAndRepeatsTheFirstRowOfAShortSeries) {
  FakeSource source = FourRows();
  const auto last = Pipeline::Make(Config(2, 1), kContract)->EvaluationSet(source);
  ASSERT_TRUE(last.ok()) << last.status();
  EXPECT_THAT(last->dataset.x, ElementsAre(1, 1, -0.5f, 0.5f));
  EXPECT_THAT(last->dataset.y, ElementsAre(0.4f));

  FakeSource two({"t", "p", "rul"}, {0, -1, 20, 5, 0, 10});
  const auto padded = Pipeline::Make(Config(4, 1), kContract)->EvaluationSet(two);
  ASSERT_TRUE(padded.ok()) << padded.status();
  EXPECT_THAT(padded->dataset.x, ElementsAre(-1, -1, -1, -1, -1, -1, 0, 0));
  EXPECT_THAT(padded->dataset.y, ElementsAre(0.08f));
}

TEST(Pipeline, EvaluatesAllWindowsWhenToldSo) {
  PipelineConfig config = Config(2, 1);
  config.evaluate = EvaluateWindows::kAll;
  FakeSource source = FourRows();
  const auto out = Pipeline::Make(config, kContract)->EvaluationSet(source);
  ASSERT_TRUE(out.ok()) << out.status();
  EXPECT_EQ(out->dataset.examples, 3u);
}

TEST(Pipeline, SaysHowManyRowsAWindowWouldNeed) {
  FakeSource source = FourRows();
  const auto out = Pipeline::Make(Config(30, 1), kContract)->TrainingSet(source);
  EXPECT_EQ(ReasonOf(out.status()), Reason::kDATA_NO_WINDOW);
  EXPECT_THAT(std::string(MessageOf(out.status())), HasSubstr("fake: 4 rows; a window needs 30"));
}

TEST(Pipeline, ScalesValuesOutsideTheirRangeLikeTheOthersAndCountsThem) {
  FakeSource source({"t", "p", "rul"}, {15, 0, 100, -5, 0, -1});
  const auto out = Pipeline::Make(Config(1, 1), kContract)->TrainingSet(source);
  ASSERT_TRUE(out.ok()) << out.status();
  EXPECT_THAT(out->dataset.x, ElementsAre(2, 0, -2, 0));
  EXPECT_THAT(out->stats.out_of_range, ElementsAre(Pair("rul", 1), Pair("t", 2)));
}

TEST(Pipeline, RefusesAValueThatIsNoFiniteFloatOnceScaled) {
  FakeSource source({"t", "p", "rul"}, {1, 0, 100, 1e300, 0, 100});
  const auto out = Pipeline::Make(Config(1, 1), kContract)->TrainingSet(source);
  EXPECT_EQ(ReasonOf(out.status()), Reason::kDATA_OUT_OF_RANGE);
  EXPECT_THAT(std::string(MessageOf(out.status())), HasSubstr("row 2: column 't'"));
}

TEST(Pipeline, RefusesMoreWindowsThanMemoryShouldHold) {
  std::vector<double> cells(3 * 40'000, 0.0);
  FakeSource source({"t", "p", "rul"}, cells);
  const auto out = Pipeline::Make(Config(20'000, 1), kContract)->TrainingSet(source);
  EXPECT_EQ(ReasonOf(out.status()), Reason::kDATA_UNREADABLE) << out.status();
}

TEST(Pipeline, RefusesAContractThatLacksAFeatureOrTheLabel) {
  PipelineConfig feature = Config(1, 1), label = Config(1, 1);
  feature.features.push_back("T99");
  label.label.field = "wear";
  for (const PipelineConfig& config : {feature, label}) {
    const auto pipeline = Pipeline::Make(config, kContract);
    EXPECT_EQ(ReasonOf(pipeline.status()), Reason::kCONTRACT_MISMATCH) << pipeline.status();
  }
}

TEST(Pipeline, RefusesASettingThatCannotWork) {
  const std::vector<std::function<void(PipelineConfig&, ContractView&)>> mistakes = {
      [](auto& c, auto&) { c.features.clear(); },
      [](auto& c, auto&) { c.features.push_back("t"); },
      [](auto& c, auto&) { c.window.rows = 0; },
      [](auto& c, auto&) { c.window.rows = 1 << 30; },
      [](auto& c, auto&) { c.window.stride = 0; },
      [](auto& c, auto&) { c.label.field.clear(); },
      [](auto& c, auto&) { c.label.scale = 0; },
      [](auto& c, auto&) { c.label.scale = std::nan(""); },
      [](auto& c, auto&) { c.label.cap = std::nan(""); },
      [](auto&, auto& v) { v.fields[0].hi = v.fields[0].lo; },
      [](auto&, auto& v) { v.fields[1].lo = std::nan(""); }};
  for (std::size_t i = 0; i < mistakes.size(); ++i) {
    SCOPED_TRACE(i);
    PipelineConfig config = Config(1, 1);
    ContractView contract = kContract;
    mistakes[i](config, contract);
    EXPECT_EQ(ReasonOf(Pipeline::Make(config, contract).status()), Reason::kFIELD_INVALID);
  }
}

class DatasetFile : public testing::Test {
 protected:
  const std::filesystem::path path_ = testing::TempDir() + "dataset.safetensors";
  Status Write(std::string_view text) {
    const std::array parts = {AsBytes(text)};
    return WriteFileBytes(path_, parts);
  }
  Status WriteTensors(std::vector<TensorSpec> specs, std::vector<float> values) {
    const std::string header = SafetensorsHeader(specs);
    const std::array parts = {AsBytes(header), std::as_bytes(std::span(values))};
    return WriteFileBytes(path_, parts);
  }
};

TEST_F(DatasetFile, ComesBackAsItWasWritten) {
  FakeSource source = FourRows();
  const auto out = Pipeline::Make(Config(2, 1), kContract)->TrainingSet(source);
  ASSERT_TRUE(WriteDataset(out->dataset, path_).ok());
  const auto back = ReadDataset(path_);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->examples, 3u);
  EXPECT_EQ(back->inputs, 4u);
  EXPECT_EQ(back->outputs, 1u);
  EXPECT_EQ(back->x, out->dataset.x);
  EXPECT_EQ(back->y, out->dataset.y);
}

TEST_F(DatasetFile, IsRefusedWhenItIsSomethingElse) {
  const auto reason = [&] { return ReasonOf(ReadDataset(path_).status()); };
  std::filesystem::remove(path_);
  EXPECT_EQ(reason(), Reason::kDATA_UNREADABLE);
  ASSERT_TRUE(Write("not safetensors").ok());
  EXPECT_EQ(reason(), Reason::kDATA_UNREADABLE);
  ASSERT_TRUE(WriteTensors({{"x", DType::kF32, {1, 2}}}, {1, 2}).ok());
  EXPECT_EQ(reason(), Reason::kDATA_UNREADABLE);
  ASSERT_TRUE(WriteTensors({{"x", DType::kF32, {1, 2}}, {"y", DType::kF32, {1}}}, {1, 2, 3}).ok());
  EXPECT_EQ(reason(), Reason::kDATA_UNREADABLE);
  ASSERT_TRUE(
      WriteTensors({{"x", DType::kF32, {1, 1}}, {"y", DType::kF32, {2, 1}}}, {1, 2, 3}).ok());
  EXPECT_EQ(reason(), Reason::kDATA_UNREADABLE);
  ASSERT_TRUE(WriteTensors({{"x", DType::kF32, {1, 1}}, {"y", DType::kF32, {1, 1}}},
                           {1, std::numeric_limits<float>::infinity()})
                  .ok());
  EXPECT_EQ(reason(), Reason::kDATA_UNREADABLE);
  ASSERT_TRUE(WriteTensors({{"x", DType::kF32, {0, 4}}, {"y", DType::kF32, {0, 1}}}, {}).ok());
  EXPECT_EQ(reason(), Reason::kDATA_EMPTY);
}

}  // namespace
}  // namespace muster::client
