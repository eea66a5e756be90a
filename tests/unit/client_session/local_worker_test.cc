#include "client/session/local_worker.h"

#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <limits>
#include <map>

#include "aggregation/statistics/window.h"
#include "base/safetensors.h"
#include "client/exec/task_dir.h"
#include "client/pipeline/csv_source.h"
#include "client/pipeline/dataset.h"
#include "platform/sha256.h"
#include "tests/support/memory_blobs.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace muster::testing {
namespace {
using client::Assignment;
using client::LocalWorker;
using client::TaskDir;
using client::TrainResult;
namespace statistics = aggregation::statistics;

class RecordingTrainer final : public client::Trainer {
 public:
  StatusOr<TrainResult> Run(const TaskDir& dir, Duration) override {
    task = client::ReadTask(dir.path);
    data = client::ReadDataset(dir.path / dir.task.data);
    layout = dir.layout;
    return TrainResult{.examples = dir.examples, .loss = 0, .metrics = {}, .update = {}};
  }
  void Stop() override {}
  StatusOr<client::Task> task = Internal("none");
  StatusOr<client::Dataset> data = Internal("none");
  Layout layout;
};

// Rows 1, 2, … of t = 0, 1, …, each predicted as 10 t.
class FakeServed final : public client::ServedLog {
 public:
  StatusOr<client::ServedWindow> Newest(const ModelName& model, VersionNumber version,
                                        std::string_view monitor,
                                        std::span<const std::string> fields,
                                        std::size_t most) const override {
    client::ServedWindow out;
    out.fields = {fields.begin(), fields.end()};
    const auto from = given.find(std::string(monitor));
    const std::uint64_t after = from == given.end() ? 0 : from->second;
    if (model != ModelName("rul") || version != VersionNumber(3)) return out;
    for (std::uint64_t row = std::max(after, rows - std::min<std::uint64_t>(rows, most));
         row < rows; ++row) {
      out.cells.push_back(static_cast<double>(row));
      out.predictions.push_back(10.0 * static_cast<double>(row));
      out.labels.push_back(std::numeric_limits<double>::quiet_NaN());
      out.last = row + 1;
    }
    return out;
  }
  Status Given(std::string_view monitor, std::uint64_t last) override {
    given[std::string(monitor)] = last;
    return Ok();
  }
  std::uint64_t rows = 4;
  std::map<std::string, std::uint64_t> given;
};

struct Harness {
  explicit Harness(std::shared_ptr<client::ServedLog> served = nullptr) {
    Rows("t,y\n0,10\n5,20\n10,30\n");
    const Params model{*Layout::Make({{"w", DType::kF32, {2, 3}}}), std::vector<float>(6)};
    const Bytes file = SerializeParams(model.View());
    assignment.round = {CampaignName("c"), RoundNumber(4), 1};
    assignment.params = {*blobs.Put(file), file.size()};
    assignment.module = client::Artefact{Digest(), 10};
    assignment.contract = {"k", 1, {{"t", 0, 10, ""}, {"y", 0, 100, ""}}};
    assignment.features = {"t"};
    assignment.window = {2, 1};
    assignment.label = {"y", 25.0, 100};
    client::LocalWorkerConfig config;
    config.name = DeviceName("engine-1");
    config.scratch = dir / "scratch";
    config.blob_path = [](const Digest& digest) { return "/blobs/" + digest.Hex(); };
    config.stamp = [this] { return stamp; };
    config.served = served;
    worker = std::make_unique<LocalWorker>(config, blobs, hasher, clock, quarantine,
                                           std::make_unique<client::CsvSource>(dir / "rows.csv"),
                                           trainer, log);
  }
  void Rows(const std::string& text) { std::ofstream(dir / "rows.csv") << text; }

  TempDir dir;
  MemoryBlobs blobs;
  platform::OpenSslHasher hasher;
  MemoryFiles files;
  ManualClock clock{FromUnixMillis(1'700'000'000'000)};
  client::Quarantine quarantine{files, clock};
  NullLogger log;
  Assignment assignment;
  std::string stamp = "1";
  std::shared_ptr<RecordingTrainer> trainer = std::make_shared<RecordingTrainer>();
  std::unique_ptr<LocalWorker> worker;
};

TEST(LocalWorker, LaysOutTheTaskAsTheAssignmentSays) {
  Harness h;
  const auto result = h.worker->Run(h.assignment, 77);
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->examples, 2U);
  ASSERT_THAT(h.trainer->task, IsOk());
  EXPECT_EQ(h.trainer->task->seed, 77U);
  EXPECT_EQ(h.trainer->task->round, 4U);
  EXPECT_EQ(h.trainer->task->device, "engine-1");
  EXPECT_EQ(h.trainer->task->label_scale, 100);
  EXPECT_EQ(h.trainer->task->module, "/blobs/" + Digest().Hex());
  ASSERT_THAT(h.trainer->data, IsOk());
  EXPECT_THAT(h.trainer->data->x, ::testing::ElementsAre(-1, 0, 0, 1));
  EXPECT_THAT(h.trainer->data->y, ::testing::ElementsAre(0.2F, 0.25F));
  EXPECT_EQ(h.trainer->layout.size(), 6U);
}

TEST(LocalWorker, EvaluatesTheLastWindowAlone) {
  Harness h;
  h.assignment.kind = client::TaskKind::kEvaluate;
  ASSERT_THAT(h.worker->Run(h.assignment, 1), IsOk());
  EXPECT_THAT(h.trainer->data->x, ::testing::ElementsAre(0, 1));
}

TEST(LocalWorker, ReadsTheRowsAgainOnlyWhenTheyOrTheModelChange) {
  Harness h;
  ASSERT_THAT(h.worker->Run(h.assignment, 1), IsOk());
  h.Rows("t,y\n0,10\n5,20\n10,30\n10,40\n");
  EXPECT_EQ(h.worker->Run(h.assignment, 1)->examples, 2U);  // The stamp is what tells.
  h.stamp = "2";
  EXPECT_EQ(h.worker->Run(h.assignment, 1)->examples, 3U);
  h.assignment.window.rows = 1;
  EXPECT_EQ(h.worker->Run(h.assignment, 1)->examples, 4U);
}

// An assignment to count the rows of `t`, in two bins of its declared range.
Assignment Counting(const Harness& h, const statistics::Query& query) {
  Assignment a = h.assignment;
  a.kind = client::TaskKind::kStatistics;
  const std::string text = statistics::EncodeQuery(query).value();
  a.statistics.assign(AsBytes(text).begin(), AsBytes(text).end());
  return a;
}
statistics::Query QueryOfT() {
  return {.contract = "k",
          .version = 1,
          .fields = {{.name = "t", .lo = 0, .hi = 10, .bins = 2}},
          .quantiles = {},
          .least = 1,
          .zooms = {}};
}

TEST(LocalWorker, CountsRowsAndCellsWithoutAValue) {
  Harness h;
  h.Rows("t,y\n0,10\n,20\n10,30\n12,30\nNA,1\n");
  const auto counted = h.worker->Count(Counting(h, QueryOfT()));
  ASSERT_THAT(counted, IsOk());
  EXPECT_THAT(counted->values.at(0), ::testing::ElementsAre(0, 1, 1, 1, 2));
}

TEST(LocalWorker, TheRowsAreKnownByWhatWasCountedAndNothingElse) {
  Harness h;
  const Digest first = h.worker->Count(Counting(h, QueryOfT()))->rows;
  h.Rows("t,y\n0,99\n5,99\n10,99\n");  // Only what is not asked for has changed.
  EXPECT_EQ(h.worker->Count(Counting(h, QueryOfT()))->rows, first);
  h.Rows("t,y\n0,99\n5,99\n10,99\n10,99\n");
  EXPECT_NE(h.worker->Count(Counting(h, QueryOfT()))->rows, first);
}

// An assignment of a window over `t` of what version 3 of rul served.
statistics::WindowQuery WindowOfT() {
  return {.monitor = "wear",
          .epoch = 1,
          .contract = "k",
          .version = 1,
          .model = "rul",
          .model_version = 3,
          .reference = false,
          .rows = 3,
          .fields = {{"t", 0, 10, 2}, {"$prediction", 0, 100, 2}},
          .measures = {},
          .binary = false};
}
Assignment Windowed(const Harness& h, const statistics::WindowQuery& query) {
  Assignment a = h.assignment;
  a.kind = client::TaskKind::kStatistics;
  const std::string text = statistics::EncodeWindowQuery(query).value();
  a.statistics.assign(AsBytes(text).begin(), AsBytes(text).end());
  return a;
}

TEST(LocalWorker, AWindowHasTheNewestRowsServedAndNoneOfThemTwice) {
  const auto served = std::make_shared<FakeServed>();
  Harness h(served);
  statistics::WindowQuery query = WindowOfT();
  const auto first = h.worker->Count(Windowed(h, query));
  ASSERT_THAT(first, IsOk());
  EXPECT_THAT(first->values.at(0), ::testing::ElementsAre(0, 3, 0, 0, 0, /**/ 0, 3, 0, 0, 0));
  EXPECT_EQ(served->given.at("wear"), 4U);
  served->rows = 6;
  // The same window again, as when its round is tried again: the same answer.
  EXPECT_EQ(h.worker->Count(Windowed(h, query))->values, first->values);
  query.epoch = 2;
  const auto second = h.worker->Count(Windowed(h, query));
  EXPECT_THAT(second->values.at(0), ::testing::ElementsAre(0, 1, 1, 0, 0, /**/ 0, 1, 1, 0, 0));
  query.epoch = 3;
  EXPECT_THAT(h.worker->Count(Windowed(h, query))->values.back(), ::testing::ElementsAre(0));
}

TEST(LocalWorker, ANodeThatDoesNotServeTheVersionGivesNothing) {
  const auto served = std::make_shared<FakeServed>();
  Harness serving(served), silent;
  statistics::WindowQuery query = WindowOfT();
  query.model_version = 2;
  for (Harness* h : {&serving, &silent}) {
    const auto counted = h->worker->Count(Windowed(*h, query));
    ASSERT_THAT(counted, IsOk());
    for (const auto& kind : counted->values) EXPECT_THAT(kind, ::testing::Each(0U));
  }
  EXPECT_TRUE(served->given.empty());
}

TEST(LocalWorker, AReferenceIsOfTheNewestGoodRowsOfTheSource) {
  const auto served = std::make_shared<FakeServed>();
  Harness h(served);
  h.Rows("t,y\n0,1\n0,1\n6,1\n99,1\n7,1\n1,1\n");  // 99 is out of range: no good row.
  statistics::WindowQuery query = WindowOfT();
  query.reference = true;
  query.fields.pop_back();
  const auto counted = h.worker->Count(Windowed(h, query));
  ASSERT_THAT(counted, IsOk());
  EXPECT_THAT(counted->values.at(0), ::testing::ElementsAre(0, 1, 2, 0, 0));
  EXPECT_THAT(counted->values.back(), ::testing::ElementsAre(1));
  EXPECT_TRUE(served->given.empty());
}

TEST(LocalWorker, AWindowOverOtherRangesThanTheContractsIsRefused) {
  Harness h(std::make_shared<FakeServed>());
  statistics::WindowQuery query = WindowOfT();
  query.fields[0].hi = 5;
  EXPECT_THAT(h.worker->Count(Windowed(h, query)),
              Fails(absl::StatusCode::kFailedPrecondition, Reason::kCONTRACT_MISMATCH));
}

TEST(LocalWorker, TrainsAndEvaluatesOnTheNewestRowsAlone) {
  Harness h;
  h.assignment.window.rows = 1;
  h.assignment.newest_rows = 2;
  ASSERT_THAT(h.worker->Run(h.assignment, 1), IsOk());
  EXPECT_THAT(h.trainer->data->x, ::testing::ElementsAre(0, 1));
  h.assignment.newest_rows = 0;  // Of the same rows: they are made anew.
  EXPECT_EQ(h.worker->Run(h.assignment, 1)->examples, 3U);
}

TEST(LocalWorker, CountsNothingOverOtherRangesThanTheContracts) {
  Harness h;
  const std::vector<std::function<void(statistics::Query&)>> changes = {
      [](auto& q) { q.contract = "other"; },   [](auto& q) { q.version = 2; },
      [](auto& q) { q.fields[0].name = "x"; }, [](auto& q) { q.fields[0].lo = 1; },
      [](auto& q) { q.fields[0].hi = 9; },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    statistics::Query query = QueryOfT();
    changes[i](query);
    EXPECT_THAT(h.worker->Count(Counting(h, query)),
                Fails(absl::StatusCode::kFailedPrecondition, Reason::kCONTRACT_MISMATCH))
        << i;
  }
}

TEST(LocalWorker, TrainsWithoutBadRowsAndPutsThemAsideOnce) {
  Harness h;
  h.assignment.window.rows = 1;
  h.Rows("t,y\n0,10\nx,20\n10,30\n11,40\n5,50\n");
  const auto result = h.worker->Run(h.assignment, 1);
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->examples, 3U);
  EXPECT_EQ(result->quality.rows, 5U);
  EXPECT_EQ(result->quality.bad, 2U);
  const auto kept = [&] {
    return client::ParseQuarantine(AsText(*h.files.Get("quarantine/k/1.jsonl")));
  };
  ASSERT_EQ(kept().size(), 2U);
  EXPECT_EQ(kept()[0].line, 3U);
  EXPECT_EQ(kept()[0].row, "x,20");
  EXPECT_EQ(kept()[0].node, "engine-1");
  EXPECT_EQ(kept()[1].faults, (std::vector<client::BadRow::Fault>{{"t", client::RowRule::kRange}}));
  // The same rows again, of another kind of task and after a change at the end.
  h.assignment.kind = client::TaskKind::kEvaluate;
  ASSERT_THAT(h.worker->Run(h.assignment, 1), IsOk());
  h.Rows("t,y\n0,10\nx,20\n10,30\n11,40\n5,50\n6,\n");
  h.stamp = "2";
  ASSERT_THAT(h.worker->Run(h.assignment, 1), IsOk());
  ASSERT_EQ(kept().size(), 3U);
  EXPECT_EQ(kept()[2].line, 7U);
}

TEST(LocalWorker, RefusesDataOfWhichTooMuchIsBadAndSaysByWhichRule) {
  Harness h;
  h.Rows("t,y\n0,10\nx,20\n,30\n11,40\n");
  const auto result = h.worker->Run(h.assignment, 1);
  EXPECT_THAT(result, Fails(absl::StatusCode::kFailedPrecondition, Reason::kDATA_BAD_ROWS));
  const std::string message(MessageOf(result.status()));
  EXPECT_NE(message.find("3 of 4 rows"), std::string::npos) << message;
  EXPECT_NE(message.find("type 1, null 1, range 1"), std::string::npos) << message;
  EXPECT_NE(message.find("rows.csv:3: 't' (type)"), std::string::npos) << message;
  // Whatever became of the task, they are put aside.
  EXPECT_EQ(client::ParseQuarantine(AsText(*h.files.Get("quarantine/k/1.jsonl"))).size(), 3U);
}

TEST(LocalWorker, RowsThatWereFreshGrowStaleWhileTheirFileStaysAsItIs) {
  Harness h;
  client::ContractView& contract = h.assignment.contract;
  contract.fields.push_back({.name = "at", .type = client::FieldType::kTimestamp});
  contract.time_field = "at";
  contract.freshness = std::chrono::minutes(5);
  h.Rows("t,y,at\n0,10,1699999990\n5,20,2023-11-14 22:13:19\n10,30,2023-11-14T22:13:20Z\n");
  ASSERT_THAT(h.worker->Run(h.assignment, 1), IsOk());
  h.clock.Advance(std::chrono::minutes(5));
  ASSERT_THAT(h.worker->Run(h.assignment, 1), IsOk());
  h.clock.Advance(Duration(1));
  EXPECT_THAT(h.worker->Run(h.assignment, 1),
              Fails(absl::StatusCode::kFailedPrecondition, Reason::kDATA_STALE));
}

TEST(LocalWorker, AQuarantineThatCannotBeWrittenCostsNoTraining) {
  Harness h;
  h.assignment.contract.name = "../k";
  h.Rows("t,y\n0,10\nx,20\n10,30\n10,30\n");
  EXPECT_THAT(h.worker->Run(h.assignment, 1), IsOk());
  EXPECT_TRUE(h.files.List("")->empty());
}

TEST(LocalWorker, RefusesAModelWithoutTheModuleThatItsTrainerNeeds) {
  Harness h;
  h.assignment.module.reset();
  EXPECT_THAT(h.worker->Run(h.assignment, 1),
              Fails(absl::StatusCode::kFailedPrecondition, Reason::kTASK_FAILED));
}

TEST(LocalWorker, ABlobThatWasEvictedIsSaidToBeGone) {
  Harness h;
  ASSERT_THAT(h.blobs.Remove(h.assignment.params.digest), IsOk());
  EXPECT_THAT(h.worker->Run(h.assignment, 1),
              Fails(absl::StatusCode::kNotFound, Reason::kBLOB_NOT_FOUND));
}

TEST(FileStamp, ChangesWithSizeAndWithAbsence) {
  const TempDir dir;
  EXPECT_EQ(client::FileStamp(dir / "x"), "absent");
  std::ofstream(dir / "x") << "a";
  const std::string one = client::FileStamp(dir / "x");
  std::ofstream(dir / "x") << "ab";
  EXPECT_NE(client::FileStamp(dir / "x"), one);
}

}  // namespace
}  // namespace muster::testing
