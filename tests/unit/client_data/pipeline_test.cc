#include "client/pipeline/pipeline.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

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

// Rows as they would come out of a file, whatever columns are asked for; NaN is null.
class FakeSource final : public Source {
 public:
  FakeSource(std::vector<std::string> columns, std::vector<double> cells)
      : columns_(std::move(columns)), cells_(std::move(cells)) {}
  std::string_view name() const override { return "fake"; }
  Status Read(std::span<const std::string> columns, const Take& take) override {
    EXPECT_TRUE(std::equal(columns.begin(), columns.end(), columns_.begin(), columns_.end()));
    std::vector<Cell> row;
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      row.push_back({std::isnan(cells_[i]) ? CellKind::kNull : CellKind::kNumber, cells_[i], {}});
      if (row.size() < columns_.size()) continue;
      MUSTER_TRY(take({i / columns_.size() + 2, row, "row", {}}));
      row.clear();
    }
    return Ok();
  }

 private:
  std::vector<std::string> columns_;
  std::vector<double> cells_;
};

constexpr double kNull = std::numeric_limits<double>::quiet_NaN();
const Timestamp kNow = FromUnixMillis(1'700'000'000'000);

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
  RowFindings findings;
  const auto pipeline = Pipeline::Make(Config(2, 1), kContract);
  ASSERT_TRUE(pipeline.ok()) << pipeline.status();
  FakeSource source = FourRows();
  const auto out = pipeline->TrainingSet(source, kNow, findings);
  ASSERT_TRUE(out.ok()) << out.status();
  EXPECT_EQ(out->examples, 3u);
  EXPECT_EQ(out->inputs, 4u);
  EXPECT_THAT(out->x, ElementsAre(-1, -1, 0, 0,  //
                                  0, 0, 1, 1,    //
                                  1, 1, -0.5f, 0.5f));
  EXPECT_THAT(out->y, ElementsAre(1.0f, 0.8f, 0.4f));
  EXPECT_EQ(findings.rows, 4u);
  EXPECT_THAT(findings.out_of_range, IsEmpty());
}

TEST(Pipeline, AStrideSkipsRowsAndLeavesAnUnfinishedWindowOut) {
  RowFindings findings;
  const auto pipeline = Pipeline::Make(Config(1, 3), kContract);
  FakeSource source = FourRows();
  const auto out = pipeline->TrainingSet(source, kNow, findings);
  ASSERT_TRUE(out.ok()) << out.status();
  EXPECT_THAT(out->x, ElementsAre(-1, -1, -0.5f, 0.5f));
  EXPECT_THAT(out->y, ElementsAre(1.0f, 0.4f));
  const auto wide = Pipeline::Make(Config(3, 2), kContract);
  FakeSource again = FourRows();
  EXPECT_EQ(wide->TrainingSet(again, kNow, findings)->examples, 1u);
}

TEST(Pipeline, OfTheNewestRowsOnlyAsManyAsAreAsked) {
  PipelineConfig config = Config(1, 1);
  for (const auto& [newest, examples] : {std::pair(2u, 2u), std::pair(4u, 4u), std::pair(9u, 4u)}) {
    config.newest_rows = newest;
    RowFindings findings;
    FakeSource source = FourRows();
    const auto out = Pipeline::Make(config, kContract)->TrainingSet(source, kNow, findings);
    ASSERT_TRUE(out.ok()) << out.status();
    EXPECT_EQ(out->examples, examples);
    EXPECT_THAT(std::vector<float>(out->y.end() - 2, out->y.end()), ElementsAre(0.8f, 0.4f));
    EXPECT_EQ(findings.rows, 4u);  // What was found is of all rows.
  }
}

TEST(Pipeline, NoWindowOfTheNewestRowsSpansOneThatWasTakenOut) {
  PipelineConfig config = Config(2, 1);
  config.newest_rows = 3;
  RowFindings findings;
  // The fourth row breaks its range, so the newest good ones are the third, fifth and sixth.
  FakeSource source({"t", "p", "rul"}, {1, 0, 9, 2, 0, 8, 3, 0, 7, 99, 0, 6, 5, 0, 5, 6, 0, 4});
  const auto out = Pipeline::Make(config, kContract)->TrainingSet(source, kNow, findings);
  ASSERT_TRUE(out.ok()) << out.status();
  EXPECT_EQ(out->examples, 1u);
  EXPECT_FLOAT_EQ(out->y[0], 4.0f / 125);
}

TEST(Pipeline, EvaluatesTheLastWindowAndRepeatsTheFirstRowOfAShortSeries) {
  RowFindings findings;
  FakeSource source = FourRows();
  const auto last = Pipeline::Make(Config(2, 1), kContract)->EvaluationSet(source, kNow, findings);
  ASSERT_TRUE(last.ok()) << last.status();
  EXPECT_THAT(last->x, ElementsAre(1, 1, -0.5f, 0.5f));
  EXPECT_THAT(last->y, ElementsAre(0.4f));

  FakeSource two({"t", "p", "rul"}, {0, -1, 20, 5, 0, 10});
  const auto padded = Pipeline::Make(Config(4, 1), kContract)->EvaluationSet(two, kNow, findings);
  ASSERT_TRUE(padded.ok()) << padded.status();
  EXPECT_THAT(padded->x, ElementsAre(-1, -1, -1, -1, -1, -1, 0, 0));
  EXPECT_THAT(padded->y, ElementsAre(0.08f));
}

TEST(Pipeline, EvaluatesAllWindowsWhenToldSo) {
  RowFindings findings;
  PipelineConfig config = Config(2, 1);
  config.evaluate = EvaluateWindows::kAll;
  FakeSource source = FourRows();
  const auto out = Pipeline::Make(config, kContract)->EvaluationSet(source, kNow, findings);
  ASSERT_TRUE(out.ok()) << out.status();
  EXPECT_EQ(out->examples, 3u);
}

TEST(Pipeline, SaysHowManyRowsAWindowWouldNeed) {
  RowFindings findings;
  FakeSource source = FourRows();
  const auto out = Pipeline::Make(Config(30, 1), kContract)->TrainingSet(source, kNow, findings);
  EXPECT_EQ(ReasonOf(out.status()), Reason::kDATA_NO_WINDOW);
  EXPECT_THAT(std::string(MessageOf(out.status())), HasSubstr("fake: 4 rows; a window needs 30"));
}

TEST(Pipeline, KeepsValuesOutsideTheirRangeWhereTheContractDoesAndCountsThem) {
  RowFindings findings;
  FakeSource source({"t", "p", "rul"}, {15, 0, 100, -5, 0, -1});
  ContractView keep = kContract;
  keep.rows.out_of_range = OutOfRange::kKeep;
  const auto out = Pipeline::Make(Config(1, 1), keep)->TrainingSet(source, kNow, findings);
  ASSERT_TRUE(out.ok()) << out.status();
  EXPECT_THAT(out->x, ElementsAre(2, 0, -2, 0));
  EXPECT_THAT(findings.out_of_range, ElementsAre(Pair("rul", 1), Pair("t", 2)));
}

TEST(Pipeline, AValueThatIsNoFiniteFloatOnceScaledMakesABadRowWhateverTheContractKeeps) {
  RowFindings findings;
  FakeSource source({"t", "p", "rul"}, {1, 0, 100, 1e300, 0, 100});
  ContractView keep = kContract;
  keep.rows.out_of_range = OutOfRange::kKeep;
  const auto out = Pipeline::Make(Config(1, 1), keep)->TrainingSet(source, kNow, findings);
  ASSERT_TRUE(out.ok()) << out.status();
  EXPECT_EQ(out->examples, 1u);
  EXPECT_THAT(findings.by_rule, ElementsAre(Pair(RowRule::kRange, 1)));
}

TEST(Pipeline, NoWindowSpansARowThatWasTakenOut) {
  RowFindings findings;
  // Rows 3 and 7 of nine are bad: stretches of 2, 3 and 2 rows.
  std::vector<double> cells;
  for (int r = 1; r <= 9; ++r)
    cells.insert(cells.end(), {r == 3 ? 99.0 : r, r == 7 ? kNull : 0.0, 10.0 * r});
  FakeSource source({"t", "p", "rul"}, cells);
  PipelineConfig config = Config(2, 1);
  config.label = {.field = "rul", .cap = {}, .scale = 1};
  const auto out = Pipeline::Make(config, kContract)->TrainingSet(source, kNow, findings);
  ASSERT_TRUE(out.ok()) << out.status();
  EXPECT_THAT(out->y, ElementsAre(20, 50, 60, 90));
  EXPECT_EQ(findings.rows, 9u);
  EXPECT_EQ(findings.bad, 2u);
  EXPECT_THAT(findings.by_rule, ElementsAre(Pair(RowRule::kNull, 1), Pair(RowRule::kRange, 1)));
  // The stride begins anew with each stretch.
  config.window.stride = 2;
  EXPECT_THAT(Pipeline::Make(config, kContract)->TrainingSet(source, kNow, findings)->y,
              ElementsAre(20, 50, 90));
  // A window that no stretch holds is none.
  config.window.rows = 4;
  const auto none = Pipeline::Make(config, kContract)->TrainingSet(source, kNow, findings);
  EXPECT_EQ(ReasonOf(none.status()), Reason::kDATA_NO_WINDOW);
  EXPECT_THAT(std::string(MessageOf(none.status())), HasSubstr("3 rows in a row, beside 2"));
}

TEST(Pipeline, EvaluatesTheLastWholeWindowBeforeItFillsOneUp) {
  RowFindings findings;
  FakeSource source({"t", "p", "rul"}, {1, 0, 10, 2, 0, 20, 99, 0, 30, 4, 0, 40});
  PipelineConfig config = Config(2, 1);
  config.label.scale = 1;
  EXPECT_THAT(Pipeline::Make(config, kContract)->EvaluationSet(source, kNow, findings)->y,
              ElementsAre(20));
  config.window.rows = 3;  // None is whole: the last stretch, its first row repeated.
  const auto last = Pipeline::Make(config, kContract)->EvaluationSet(source, kNow, findings);
  ASSERT_TRUE(last.ok()) << last.status();
  EXPECT_THAT(last->y, ElementsAre(40));
  EXPECT_THAT(last->x, ElementsAre(-0.2f, 0, -0.2f, 0, -0.2f, 0));
}

TEST(Pipeline, ANullFeatureCutsTheSeriesAndANullLabelEndsNoWindow) {
  RowFindings findings;
  ContractView contract = kContract;
  for (ContractField& field : contract.fields) field.nullable = true;
  FakeSource source({"t", "p", "rul"},
                    {1, 0, 10, 2, 0, kNull, 3, 0, 30, kNull, 0, 40, 5, 0, 50, 6, 0, 60});
  PipelineConfig config = Config(2, 1);
  config.label = {.field = "rul", .cap = 1000, .scale = 1};
  const auto out = Pipeline::Make(config, contract)->TrainingSet(source, kNow, findings);
  ASSERT_TRUE(out.ok()) << out.status();
  EXPECT_THAT(out->y, ElementsAre(30, 60));
  EXPECT_EQ(findings.bad, 0u);
  EXPECT_THAT(findings.null_feature, ElementsAre(Pair("t", 1)));
  EXPECT_EQ(findings.null_label, 1u);
}

TEST(Pipeline, RefusesRowsThatAreOlderThanTheContractAllows) {
  ContractView contract = kContract;
  contract.fields.push_back({.name = "at", .type = FieldType::kTimestamp});
  contract.time_field = "at";
  contract.freshness = std::chrono::hours(1);
  const double then = static_cast<double>(UnixMillis(kNow));
  FakeSource source({"t", "p", "rul", "at"}, {1, 0, 10, then - 5000, 2, 0, 20, then});
  const auto pipeline = Pipeline::Make(Config(1, 1), contract);
  RowFindings findings;
  EXPECT_EQ(pipeline->TrainingSet(source, kNow, findings)->examples, 2u);
  EXPECT_EQ(findings.newest, kNow);
  EXPECT_TRUE(pipeline->TrainingSet(source, kNow + std::chrono::hours(1), findings).ok());
  const auto late =
      pipeline->TrainingSet(source, kNow + std::chrono::hours(1) + Duration(1), findings);
  EXPECT_EQ(ReasonOf(late.status()), Reason::kDATA_STALE) << late.status();
}

TEST(Pipeline, RefusesMoreWindowsThanMemoryShouldHold) {
  RowFindings findings;
  std::vector<double> cells(3 * 40'000, 0.0);
  FakeSource source({"t", "p", "rul"}, cells);
  const auto out =
      Pipeline::Make(Config(20'000, 1), kContract)->TrainingSet(source, kNow, findings);
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
  // Tests of one program run side by side, each in a process of its own.
  const std::filesystem::path path_ =
      fmt::format("{}dataset.{}.safetensors", testing::TempDir(), ::getpid());
  ~DatasetFile() override { std::filesystem::remove(path_); }
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
  RowFindings findings;
  FakeSource source = FourRows();
  const auto out = Pipeline::Make(Config(2, 1), kContract)->TrainingSet(source, kNow, findings);
  ASSERT_TRUE(WriteDataset(*out, path_).ok());
  const auto back = ReadDataset(path_);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->examples, 3u);
  EXPECT_EQ(back->inputs, 4u);
  EXPECT_EQ(back->outputs, 1u);
  EXPECT_EQ(back->x, out->x);
  EXPECT_EQ(back->y, out->y);
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
