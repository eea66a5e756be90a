#pragma once
// From a node's rows to examples: pick the contract's fields, scale by its *declared* ranges, cut
// windows. Nothing is ever computed from the data to scale it with, so nothing private leaks there.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "client/pipeline/contract_view.h"
#include "client/pipeline/dataset.h"
#include "client/pipeline/source.h"

namespace muster::client {

struct WindowSpec {
  std::uint32_t rows = 1;
  std::uint32_t stride = 1;
};
struct LabelSpec {
  std::string field;
  std::optional<double> cap;  // In the label's unit: larger labels count as this.
  double scale = 1;           // The trainer sees min(cap, y) / scale.
};
// Which windows of an evaluation series count.
enum class EvaluateWindows { kLast, kAll };

struct PipelineConfig {
  std::vector<std::string> features;  // In the order of the model's inputs.
  WindowSpec window;
  LabelSpec label;
  EvaluateWindows evaluate = EvaluateWindows::kLast;
};

// What a pass saw. Values outside the declared range are scaled like the others and counted here.
struct PipelineStats {
  std::uint64_t rows = 0;
  std::map<std::string, std::uint64_t> out_of_range;  // By field; only those that had any.
};
struct PipelineOutput {
  Dataset dataset;
  PipelineStats stats;
};

// Immutable; safe from any thread (its sources are not).
class Pipeline {
 public:
  // FAILED_PRECONDITION (CONTRACT_MISMATCH) when the contract lacks a feature or the label;
  // INVALID_ARGUMENT (FIELD_INVALID) on no feature, one named twice, an empty range, a window or
  // stride of 0, a scale that is not positive, or a cap that is not finite.
  static StatusOr<Pipeline> Make(const PipelineConfig& config, const ContractView& contract);

  // Windows of `window.rows` rows every `window.stride` rows from the first, time-major: example i
  // is row 0's features, then row 1's, ... each 2 (v - lo) / (hi - lo) - 1. Its label is that of
  // the window's last row.
  //   errors  those of Source::Read; INVALID_ARGUMENT with DATA_NO_WINDOW when there are fewer
  //           rows than a window needs, DATA_OUT_OF_RANGE when a scaled value is no finite float,
  //           DATA_UNREADABLE beyond 2^28 values in all.
  StatusOr<PipelineOutput> TrainingSet(Source& source) const;
  // As the configuration's `evaluate` says: kAll like TrainingSet; kLast the last window alone,
  // where a shorter series repeats its first row in front.
  StatusOr<PipelineOutput> EvaluationSet(Source& source) const;

  // Width of an example: window rows times features.
  std::uint64_t inputs() const { return config_.window.rows * features_.size(); }
  double label_scale() const { return config_.label.scale; }

 private:
  struct Scaled;  // A series after scaling.
  Pipeline(PipelineConfig config, std::vector<ContractField> features, ContractField label);
  StatusOr<Scaled> Scale(Source& source) const;
  StatusOr<PipelineOutput> AllWindows(Scaled scaled, std::string_view source) const;
  PipelineOutput LastWindow(Scaled scaled) const;

  PipelineConfig config_;
  std::vector<std::string> columns_;  // The features, then the label.
  std::vector<ContractField> features_;
  ContractField label_;
};

}  // namespace muster::client
