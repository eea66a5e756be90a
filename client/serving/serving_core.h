#pragma once
// A node that serves a model: takes the rows that came, predicts, hands the predictions on, lets
// the monitors look, and remembers how far it is. Blocks as long as the model does; knows neither
// the network nor threads.
//
// What it makes of a row is saved together with the place in the stream, so after kill -9 each row
// is in the kept rows once, judged by the monitors once and told to telemetry once. Sinks are told
// before that: what they got in the last seconds they may get again (a prediction has the number of
// its row). A version that fails three batches in a row gives way to the one before it.
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/blobs.h"
#include "base/clock.h"
#include "base/log.h"
#include "client/link.h"
#include "client/serving/node_monitors.h"
#include "client/serving/predictor.h"
#include "client/serving/row_stream.h"
#include "client/serving/row_windows.h"
#include "client/serving/served_rows.h"
#include "client/serving/service_totals.h"
#include "client/serving/sink.h"
#include "client/serving/told_events.h"
#include "client/telemetry/event.h"

namespace muster::client {

struct ServingConfig {
  DeviceName node;
  ModelName model;
  std::string alias = "champion";
  bool from_beginning = false;  // Serve the rows that are there when the first version comes.
  double device_watts = 0;      // While it predicts; 0: not known.
  Duration summary_every = std::chrono::minutes(1);
  std::vector<drift::MonitorSpec> own_rules = {};  // The site's.
  LabelOf labels = nullptr;                        // Labels that people said; null: none are.
  // Where a blob lies as a file.
  std::function<std::filesystem::path(const Digest&)> blob_path;
  // ServingOffer::wire as it was.
  std::function<StatusOr<ServingOffer>(ByteView)> decode;
};

// Outlives the core.
struct ServingWorld {
  const Clock& clock;
  // Time that only goes on, for what a prediction takes.
  std::function<std::chrono::nanoseconds()> stopwatch;
  Files& files;
  Predictor& predictor;
  TelemetrySink* telemetry;  // Nobody else tells it what this does. Null: events are logged alone.
  Logger& log;
};

// Used from one thread at a time.
class ServingCore {
 public:
  ServingCore(ServingConfig config, const ServingWorld& world, std::unique_ptr<RowStream> stream,
              std::vector<std::unique_ptr<PredictionSink>> sinks);

  // Takes up what an earlier life saved; without a state it can read, it begins anew.
  void Load();

  // Brings a version into service, or other rules for the one that is. OK too when the version was
  // refused: the state says so, and telemetry why. An error means that it could not be tried
  // (UNAVAILABLE, CANCELLED): what was in service still is.
  Status Install(const ServingOffer& offer);
  // Notes that the version is not served here.
  Status Refuse(const ServingOffer& offer, const Status& why);

  // Serves at most kBatch of the rows that came; how many there were. Errors of the stream, and
  // UNAVAILABLE when the model could not be asked: the same rows are served next time.
  StatusOr<std::size_t> Step();
  static constexpr std::size_t kBatch = 256;

  // Makes durable what was done. Called by the others when it is time; and at the end.
  Status Save();

  ServingState State() const;
  // Safe from any thread.
  const std::shared_ptr<ServedRows>& rows() const { return rows_; }

 private:
  struct Service {
    ServingOffer offer;
    ServingSchema schema;
    RowWindows windows;
    NodeMonitors monitors;
  };
  using Rows = std::vector<ServingSchema::ServedRow>;
  struct History {
    Rows rows;  // The newest.
    StreamPosition end;
  };
  struct Tested {
    std::vector<double> predictions;  // Of the history's rows; NaN: none.
  };
  struct Batch {
    Rows rows;
    std::vector<double> predictions;  // Of each row; NaN: none.
    double latency_ms = 0;            // Of each that has one.
    double watts = 0;
    std::size_t asked = 0;  // Rows that should have one.
  };

  Status ReadState();
  Status TakeService(const Json& wire);
  void BeginRows(const ServingOffer& offer, const ServingSchema& schema);
  std::vector<drift::MonitorSpec> RulesOf(const ServingOffer& offer) const;
  ModelFiles FilesOf(const ServingOffer& offer) const;
  NodeMonitors MonitorsFor(const ServingOffer& offer, const ServingSchema& schema,
                           std::optional<drift::TrainingReference> reference) const;
  StatusOr<History> ReadHistory(const ServingSchema& schema);
  StatusOr<Tested> Test(const ServingOffer& offer, const ServingSchema& schema,
                        const History& history);
  std::optional<drift::TrainingReference> ReferenceOf(const ServingSchema& schema,
                                                      const History& history,
                                                      const Tested& tested) const;
  Status Enter(const ServingOffer& offer);
  void ChangeRules(const ServingOffer& offer);
  void Leave();
  void FallBack(const Status& why);

  Status Predict(const RowWindows& windows, std::span<const float> x,
                 const std::vector<std::size_t>& asked, Batch& batch);
  void Act(const Batch& batch);
  void Hand(std::string_view line);
  void Watch(const Batch& batch);
  void TellFindings(std::vector<drift::Finding> findings);
  void TellSummary();
  void Tell(TelemetryEvent event);
  void TellLoaded(VersionNumber version, Loaded loaded);
  Status SendTold();
  Json ToldJson() const;
  Status WriteState();
  std::optional<drift::TrainingReference> LoadReference(VersionNumber version) const;
  void SaveReference(VersionNumber version, const drift::TrainingReference& reference);

  const ServingConfig config_;
  const ServingWorld world_;
  const std::string prefix_;  // Of the names of its files.
  const std::unique_ptr<RowStream> stream_;
  const std::vector<std::unique_ptr<PredictionSink>> sinks_;
  std::vector<bool> sink_fails_;
  const std::shared_ptr<ServedRows> rows_;

  std::optional<Service> service_;
  Bytes good_;  // Wire of the version that served before; empty: none.
  VersionNumber refused_;
  std::optional<StreamPosition> position_;  // None: no version was in service yet.
  ServiceTotals totals_;                    // Since the last summary.
  std::uint32_t failures_ = 0;              // Batches in a row.
  ToldEvents told_;
  Timestamp saved_;
  bool changed_ = false;  // Since it was saved.
  std::string unsaved_;   // Why it was not, as the log was told last.
  std::chrono::nanoseconds last_batch_{};
};

}  // namespace muster::client
