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
#include "client/pipeline/row_sieve.h"
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
  bool binary = false;        // 0 or 1; the model gives the log-odds of 1.
};
// Which windows of an evaluation series count.
enum class EvaluateWindows { kLast, kAll };

struct PipelineConfig {
  std::vector<std::string> features;  // In the order of the model's inputs.
  WindowSpec window;
  LabelSpec label;
  EvaluateWindows evaluate = EvaluateWindows::kLast;
  std::uint64_t newest_rows = 0;  // Only the newest so many good rows; 0: all.
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
  // the window's last row. Where a row was taken out, because it breaks the contract or a nullable
  // feature of it is null, the series is cut: windows begin anew after it, and none spans the
  // place. At a row whose nullable label is null no window ends.
  //   now       what times of rows are held against.
  //   findings  what was found, errors or not.
  //   errors    those of ReadGoodRows and CheckFresh; INVALID_ARGUMENT with DATA_NO_WINDOW when no
  //             stretch of good rows is as long as a window, DATA_OUT_OF_RANGE when a scaled label
  //             is no finite float, DATA_UNREADABLE beyond 2^28 values in all.
  StatusOr<Dataset> TrainingSet(Source& source, Timestamp now, RowFindings& findings) const;
  // As the configuration's `evaluate` says: kAll like TrainingSet; kLast the last whole window
  // alone, and where no stretch is as long as one, the last stretch with its first row repeated in
  // front.
  StatusOr<Dataset> EvaluationSet(Source& source, Timestamp now, RowFindings& findings) const;

  // Width of an example: window rows times features.
  std::uint64_t inputs() const { return config_.window.rows * features_.size(); }
  double label_scale() const { return config_.label.scale; }

 private:
  struct Scaled;  // A series after scaling.
  Pipeline(PipelineConfig config, const ContractView& contract, std::vector<ContractField> features,
           ContractField label);
  StatusOr<Scaled> Scale(Source& source, Timestamp now, RowFindings& findings) const;
  Status AddRow(std::span<const double> row, std::string_view source, Scaled& to) const;
  std::vector<std::size_t> WindowsOf(const Scaled& scaled, std::size_t stride) const;
  StatusOr<Dataset> AllWindows(const Scaled& scaled, std::string_view source) const;
  StatusOr<Dataset> LastWindow(const Scaled& scaled, std::string_view source) const;
  Status NoWindow(const Scaled& scaled, std::string_view source) const;

  PipelineConfig config_;
  ContractView contract_;
  std::vector<std::string> columns_;  // The features, the label, and the time field if it is none.
  std::vector<ContractField> features_;
  ContractField label_;
};

}  // namespace muster::client
