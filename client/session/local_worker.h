#pragma once
// A node's worker over its own files: reads its source through the pipeline, lays the task out in
// the node's scratch directory and has the trainer run it. Examples are made once for each
// contract, model input and state of the data, not once a round. Bad rows go to the quarantine,
// whatever becomes of the task. Nothing in scratch is durable.
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "aggregation/statistics/window.h"
#include "base/blobs.h"
#include "base/log.h"
#include "client/pipeline/labels.h"
#include "client/pipeline/quarantine.h"
#include "client/pipeline/source.h"
#include "client/serving/served_log.h"
#include "client/session/worker.h"

namespace muster::client {

struct LocalWorkerConfig {
  DeviceName name;
  std::filesystem::path scratch;  // The node's own; made when it is missing.
  EvaluateWindows evaluate = EvaluateWindows::kLast;
  Duration time_limit = std::chrono::minutes(10);
  bool needs_module = true;
  // Where a blob lies as a file: the trainer's process opens the module there, so that it can tell
  // by the path that it has loaded it before.
  std::function<std::filesystem::path(const Digest&)> blob_path;
  // Changes when the source's rows may have.
  std::function<std::string()> stamp;
  // What people said was true, of rows that the source has no label of. Null: nobody says any.
  std::shared_ptr<const Labels> labels = nullptr;
  // What the node served, for the windows of monitors; null: it serves no model, and gives nothing.
  std::shared_ptr<ServedLog> served = {};
};

class LocalWorker final : public Worker {
 public:
  LocalWorker(LocalWorkerConfig config, Blobs& blobs, const Hasher& hasher, const Clock& clock,
              Quarantine& quarantine, std::unique_ptr<Source> source,
              std::shared_ptr<Trainer> trainer, Logger& log);
  StatusOr<TrainResult> Run(const Assignment& assignment, std::uint64_t seed) override;
  StatusOr<CountedRows> Count(const Assignment& assignment) override;
  std::string DataStamp() override;
  bool NeedsModule() const override { return config_.needs_module; }

 private:
  // The examples that lie in scratch, of one kind of task.
  struct Prepared {
    std::string key;  // Of everything that they depend on; empty: none.
    std::uint64_t examples = 0;
    RowQuality quality;
    std::optional<Timestamp> newest;  // Time of the newest row.
  };
  // What was counted for the last window that was asked for: the same again when its round is tried
  // again, since its rows are given to no other.
  struct CountedWindow {
    std::string query;  // Empty: none.
    CountedRows rows;
  };
  StatusOr<CountedRows> CountWindowOf(const Assignment& assignment);
  StatusOr<ServedWindow> ReferenceRows(const aggregation::statistics::WindowQuery& query,
                                       const ContractView& contract);
  StatusOr<ServedWindow> ServedRows(const aggregation::statistics::WindowQuery& query);
  StatusOr<const Prepared*> PrepareData(const Assignment& assignment, const std::string& file);
  StatusOr<Dataset> Examples(const Assignment& assignment, Timestamp now, RowFindings& findings);
  void PutAside(const ContractView& contract, const RowFindings& findings);
  StatusOr<Layout> PrepareModel(const Assignment& assignment);
  StatusOr<std::string> ModulePath(const Assignment& assignment) const;

  const LocalWorkerConfig config_;
  Blobs& blobs_;
  const Hasher& hasher_;
  const Clock& clock_;
  Quarantine& quarantine_;
  const std::unique_ptr<Source> source_;
  const std::shared_ptr<Trainer> trainer_;
  Logger& log_;
  Prepared training_;
  Prepared evaluation_;
  CountedWindow window_;
};

// The time of change and the size of a file, as text; "absent" when there is none.
std::string FileStamp(const std::filesystem::path& path);

}  // namespace muster::client
