#include "drift/monitors/training_reference.h"

#include <gmock/gmock.h>

#include <limits>

#include "tests/support/status_matchers.h"
#include "tests/unit/drift_monitors/sensors.h"

namespace muster::drift {
namespace {
using namespace testing;
using ::muster::testing::Fails;
using ::muster::testing::IsOk;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr double kNull = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

TEST(TrainingReference, HoldsASampleAHistogramAndQuantilesOfEachField) {
  SeededRng rng(1);
  const std::vector<MonitoredField> fields = {{"a", 0, 64}, {"b", -kInf, kInf}};
  const auto reference =
      *TrainingReference::Make(fields, std::vector<double>{3, 9, 1, kInf, 2, kNull, 70, 5}, rng);
  EXPECT_EQ(reference.rows(), 4u);
  const FieldReference& a = *reference.Find("a");
  EXPECT_THAT(a.sample, ::testing::ElementsAre(1, 2, 3, 70));
  EXPECT_EQ(a.histogram.bins().edges().back(), 64);
  EXPECT_EQ(a.histogram.cells()[a.histogram.bins().count() + 1], 1u);  // Above: 70.
  EXPECT_NEAR(*a.sketch.Quantile(1), 70, 0.7);
  const FieldReference& b = *reference.Find("b");  // No declared range: that of its values.
  EXPECT_THAT(b.sample, ::testing::ElementsAre(5, 9));
  EXPECT_EQ(b.histogram.nulls(), 2u);
  EXPECT_EQ(b.histogram.bins().edges().front(), 5);
  EXPECT_EQ(reference.Find("c"), nullptr);
}

// Of more values than are kept, every one is as likely to be.
TEST(TrainingReference, DrawsAFairSample) {
  double mean = 0;
  constexpr int kDraws = 40, kValues = 20'000;
  std::vector<double> cells(kValues);
  for (int i = 0; i < kValues; ++i) cells[i] = i;
  const std::vector<MonitoredField> fields = {{"a", 0, kValues}};
  for (std::uint64_t seed = 0; seed < kDraws; ++seed) {
    SeededRng rng(seed);
    const auto reference = *TrainingReference::Make(fields, cells, rng);
    const auto& sample = reference.fields()[0].sample;
    ASSERT_EQ(sample.size(), FieldReference::kMostSample);
    ASSERT_TRUE(std::ranges::adjacent_find(sample, std::greater_equal<>()) == sample.end());
    for (const double x : sample) mean += x / kDraws / static_cast<double>(sample.size());
  }
  // The mean's deviation is 20,000 / sqrt(12) / sqrt(40 * 4096) = 14.
  EXPECT_NEAR(mean, kValues / 2.0, 60);
}

TEST(TrainingReference, OfColumnsThatAreConstantOrEmptyHasATextAsWell) {
  SeededRng rng(1);
  std::vector<double> cells;
  for (int i = 0; i < 50; ++i) cells.insert(cells.end(), {7, kNull, -1e100, 1e99});
  std::vector<MonitoredField> fields = Fields();
  for (MonitoredField& field : fields) field.lo = -kInf;
  const auto reference = *TrainingReference::Make(fields, cells, rng);
  EXPECT_TRUE(reference.Find("s1")->sample.empty());
  const auto again = TrainingReference::Parse(reference.Encode());
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(*again, reference);
}

TEST(TrainingReference, RefusesWhatIsNoTable) {
  SeededRng rng(1);
  using Cells = std::vector<double>;
  EXPECT_THAT(TrainingReference::Make({}, Cells{1}, rng), Fails(kInvalid, Reason::kFIELD_INVALID));
  EXPECT_THAT(TrainingReference::Make(Fields(), Cells(7, 1), rng),
              Fails(kInvalid, Reason::kCONTRACT_MISMATCH));
  EXPECT_THAT(TrainingReference::Make(Fields(), Cells{}, rng),
              Fails(absl::StatusCode::kFailedPrecondition, Reason::kDATA_EMPTY));
  const std::vector<MonitoredField> twice = {{"a", 0, 1}, {"a", 0, 1}};
  EXPECT_THAT(TrainingReference::Make(twice, Cells{1, 2}, rng),
              Fails(kInvalid, Reason::kFIELD_INVALID));
}

TEST(TrainingReference, HasOneTextAndRefusesAllOthers) {
  const TrainingReference reference = SomeReference();
  const std::string text = reference.Encode();
  ASSERT_THAT(TrainingReference::Parse(text), IsOk());
  EXPECT_EQ(*TrainingReference::Parse(text), reference);
  const auto refused = [](const std::string& bad) {
    EXPECT_THAT(TrainingReference::Parse(bad), Fails(kInvalid, Reason::kARTEFACT_INVALID))
        << bad.substr(0, 200);
  };
  for (const std::string& bad : {std::string(), std::string("{}"), std::string("null"), text + " ",
                                 text.substr(0, text.size() / 2), std::string(300, '[')})
    refused(bad);
  const Json good = *ParseJson(text);
  const auto changed = [&](auto&& change) {
    Json bad = good;
    change(bad);
    refused(bad.dump());
  };
  changed([](Json& j) { j["version"] = 2; });
  changed([](Json& j) { j["rows"] = -1; });
  changed([](Json& j) { j["more"] = 1; });
  changed([](Json& j) { j["fields"] = Json::array(); });
  changed([](Json& j) { j["fields"][1] = j["fields"][0]; });
  changed([](Json& j) { j["fields"][0]["name"] = 3; });
  changed([](Json& j) { j["fields"][0]["sample"] = "1"; });
  changed([](Json& j) { j["fields"][0]["sample"][0] = "1e9"; });
  changed([](Json& j) { j["fields"][0]["sample"][0] = "nan"; });
  changed([](Json& j) { j["fields"][0]["sample"].push_back("1e101"); });
  changed([](Json& j) { j["fields"][0]["sample"] = std::vector<std::string>(4097, "1"); });
  changed([](Json& j) { j["fields"][0]["sketch"] = "{}"; });
  changed([](Json& j) { j["fields"][0]["histogram"] = "{}"; });
}

}  // namespace
}  // namespace muster::drift
