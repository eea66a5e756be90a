#include "client/pipeline/pipeline.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace muster::client {
namespace {
constexpr std::uint64_t kMaxValues = 1ULL << 28;
constexpr std::uint32_t kMaxWindowRows = 1U << 20;

template <typename... Args>
Status BadField(fmt::format_string<Args...> f, Args&&... args) {
  return WithReason(InvalidArgument(f, std::forward<Args>(args)...), Reason::kFIELD_INVALID);
}

StatusOr<ContractField> FieldOf(const ContractView& contract, const std::string& name) {
  const ContractField* const field = contract.Find(name);
  if (field == nullptr)
    return WithReason(FailedPrecondition("contract {} version {} has no field '{}'", contract.name,
                                         contract.version, name),
                      Reason::kCONTRACT_MISMATCH);
  return *field;
}

Status Check(const PipelineConfig& config) {
  if (config.features.empty()) return BadField("features: at least one is needed");
  std::set<std::string> seen;
  for (const std::string& feature : config.features)
    if (!seen.insert(feature).second) return BadField("features: '{}' stands twice", feature);
  const WindowSpec& window = config.window;
  if (window.rows < 1 || window.rows > kMaxWindowRows)
    return BadField("window.rows: {} is not in 1 to {}", window.rows, kMaxWindowRows);
  if (window.stride < 1) return BadField("window.stride: must be at least 1");
  if (config.label.field.empty()) return BadField("label.field: is missing");
  if (!std::isfinite(config.label.scale) || config.label.scale <= 0)
    return BadField("label.scale: must be a positive number");
  if (config.label.cap && !std::isfinite(*config.label.cap))
    return BadField("label.cap: must be a finite number");
  return Ok();
}
}  // namespace

struct Pipeline::Scaled {
  std::vector<float> x;  // [rows, features]
  std::vector<float> y;  // [rows]
  PipelineStats stats;
};

Pipeline::Pipeline(PipelineConfig config, std::vector<ContractField> features, ContractField label)
    : config_(std::move(config)),
      columns_(config_.features),
      features_(std::move(features)),
      label_(std::move(label)) {
  columns_.push_back(label_.name);
}

StatusOr<Pipeline> Pipeline::Make(const PipelineConfig& config, const ContractView& contract) {
  MUSTER_TRY(Check(config));
  std::vector<ContractField> features;
  for (const std::string& name : config.features) {
    MUSTER_ASSIGN(ContractField field, FieldOf(contract, name));
    if (!std::isfinite(field.lo) || !std::isfinite(field.hi) || !(field.lo < field.hi))
      return BadField("contract {}: field '{}': range {} to {} is empty", contract.name, name,
                      field.lo, field.hi);
    features.push_back(std::move(field));
  }
  MUSTER_ASSIGN(ContractField label, FieldOf(contract, config.label.field));
  return Pipeline(config, std::move(features), std::move(label));
}

StatusOr<Pipeline::Scaled> Pipeline::Scale(Source& source) const {
  MUSTER_ASSIGN(const Table table, source.Read(columns_, Nulls::kRefuse));
  Scaled out;
  out.stats.rows = table.rows();
  out.x.reserve(table.rows() * features_.size());
  out.y.reserve(table.rows());
  std::vector<std::uint64_t> outside(columns_.size());
  const auto take = [&](std::vector<float>& to, double scaled, std::size_t row,
                        const ContractField& field) -> Status {
    to.push_back(static_cast<float>(scaled));
    if (std::isfinite(to.back())) return Ok();
    return WithReason(InvalidArgument("{}: row {}: column '{}' is far outside its declared range",
                                      source.name(), row + 1, field.name),
                      Reason::kDATA_OUT_OF_RANGE);
  };
  for (std::size_t r = 0; r < table.rows(); ++r) {
    const std::span<const double> row = table.row(r);
    for (std::size_t f = 0; f < features_.size(); ++f) {
      const ContractField& field = features_[f];
      outside[f] += row[f] < field.lo || row[f] > field.hi;
      MUSTER_TRY(take(out.x, 2 * (row[f] - field.lo) / (field.hi - field.lo) - 1, r, field));
    }
    const double label = row.back();
    outside.back() += label < label_.lo || label > label_.hi;
    MUSTER_TRY(take(out.y, std::min(config_.label.cap.value_or(label), label) / config_.label.scale,
                    r, label_));
  }
  for (std::size_t c = 0; c < columns_.size(); ++c)
    if (outside[c] > 0) out.stats.out_of_range[columns_[c]] = outside[c];
  return out;
}

StatusOr<PipelineOutput> Pipeline::AllWindows(Scaled scaled, std::string_view source) const {
  const std::size_t rows = config_.window.rows, stride = config_.window.stride;
  const std::size_t found = scaled.y.size(), width = features_.size();
  if (found < rows)
    return WithReason(InvalidArgument("{}: {} rows; a window needs {}", source, found, rows),
                      Reason::kDATA_NO_WINDOW);
  const std::size_t windows = (found - rows) / stride + 1;
  if (windows > kMaxValues / inputs())
    return WithReason(InvalidArgument("{}: {} windows of {} values are too many; raise the stride",
                                      source, windows, inputs()),
                      Reason::kDATA_UNREADABLE);
  PipelineOutput out{
      .dataset = {.examples = windows, .inputs = inputs(), .outputs = 1, .x = {}, .y = {}},
      .stats = std::move(scaled.stats)};
  out.dataset.x.reserve(windows * inputs());
  for (std::size_t first = 0; first + rows <= found; first += stride) {
    // Rows lie one after another, so a time-major window is one contiguous piece.
    const auto begin = scaled.x.begin() + static_cast<std::ptrdiff_t>(first * width);
    out.dataset.x.insert(out.dataset.x.end(), begin, begin + static_cast<std::ptrdiff_t>(inputs()));
    out.dataset.y.push_back(scaled.y[first + rows - 1]);
  }
  return out;
}

PipelineOutput Pipeline::LastWindow(Scaled scaled) const {
  const std::size_t rows = config_.window.rows, width = features_.size();
  PipelineOutput out{
      .dataset = {.examples = 1, .inputs = inputs(), .outputs = 1, .x = {}, .y = {scaled.y.back()}},
      .stats = std::move(scaled.stats)};
  std::vector<float>& x = out.dataset.x;
  const std::size_t found = scaled.y.size();
  for (std::size_t missing = rows; missing > found; --missing)
    x.insert(x.end(), scaled.x.begin(), scaled.x.begin() + static_cast<std::ptrdiff_t>(width));
  const std::size_t kept = std::min(found, rows) * width;
  x.insert(x.end(), scaled.x.end() - static_cast<std::ptrdiff_t>(kept), scaled.x.end());
  return out;
}

StatusOr<PipelineOutput> Pipeline::TrainingSet(Source& source) const {
  MUSTER_ASSIGN(Scaled scaled, Scale(source));
  return AllWindows(std::move(scaled), source.name());
}

StatusOr<PipelineOutput> Pipeline::EvaluationSet(Source& source) const {
  MUSTER_ASSIGN(Scaled scaled, Scale(source));
  if (config_.evaluate == EvaluateWindows::kAll)
    return AllWindows(std::move(scaled), source.name());
  return LastWindow(std::move(scaled));
}

}  // namespace muster::client
