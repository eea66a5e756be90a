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
  std::vector<float> x;             // [rows, features]
  std::vector<float> y;             // [rows]; NaN: null.
  std::vector<std::size_t> starts;  // The first row of each stretch, rising; 0 is the first.
  std::uint64_t taken_out = 0;      // Rows of the source that are not here.

  std::size_t EndOf(std::size_t stretch) const {
    return stretch + 1 < starts.size() ? starts[stretch + 1] : y.size();
  }
  void Cut() {
    if (starts.back() != y.size()) starts.push_back(y.size());
  }
};

Pipeline::Pipeline(PipelineConfig config, const ContractView& contract,
                   std::vector<ContractField> features, ContractField label)
    : config_(std::move(config)),
      contract_(contract),
      columns_(config_.features),
      features_(std::move(features)),
      label_(std::move(label)) {
  columns_.push_back(label_.name);
  const std::string& time = contract_.time_field;
  if (!time.empty() && std::find(columns_.begin(), columns_.end(), time) == columns_.end())
    columns_.push_back(time);
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
  if (!contract.time_field.empty()) MUSTER_TRY(FieldOf(contract, contract.time_field).status());
  return Pipeline(config, contract, std::move(features), std::move(label));
}

Status Pipeline::AddRow(std::span<const double> row, std::string_view source, Scaled& to) const {
  for (std::size_t f = 0; f < features_.size(); ++f) {
    const ContractField& field = features_[f];
    to.x.push_back(static_cast<float>(2 * (row[f] - field.lo) / (field.hi - field.lo) - 1));
  }
  const double label = row[features_.size()];
  const double capped =
      std::isnan(label) ? label : std::min(config_.label.cap.value_or(label), label);
  to.y.push_back(static_cast<float>(capped / config_.label.scale));
  if (std::isnan(label) || std::isfinite(to.y.back())) return Ok();
  return WithReason(
      InvalidArgument("{}: label '{}' is no finite number once it is scaled", source, label_.name),
      Reason::kDATA_OUT_OF_RANGE);
}

StatusOr<Pipeline::Scaled> Pipeline::Scale(Source& source, Timestamp now,
                                           RowFindings& findings) const {
  MUSTER_ASSIGN(const Table table, ReadGoodRows(source, contract_, columns_, now, findings));
  MUSTER_TRY(CheckFresh(contract_, source.name(), findings.newest, now));
  Scaled out;
  out.starts = {0};
  out.x.reserve(table.rows() * features_.size());
  out.y.reserve(table.rows());
  const std::size_t skipped = config_.newest_rows == 0 || config_.newest_rows >= table.rows()
                                  ? 0
                                  : table.rows() - config_.newest_rows;
  // Of cuts before the first row that is taken, none is left to make.
  auto cut = std::upper_bound(table.cuts.begin(), table.cuts.end(), skipped);
  for (std::size_t r = skipped; r < table.rows(); ++r) {
    if (cut != table.cuts.end() && *cut == r) {
      out.Cut();
      ++cut;
    }
    const std::span<const double> row = table.row(r);
    const auto features = row.first(features_.size());
    const auto null =
        std::find_if(features.begin(), features.end(), [](double v) { return std::isnan(v); });
    if (null != features.end()) {
      ++findings.null_feature[columns_[static_cast<std::size_t>(null - features.begin())]];
      out.Cut();
      continue;
    }
    findings.null_label += std::isnan(row[features_.size()]);
    MUSTER_TRY(AddRow(row, source.name(), out));
  }
  out.taken_out = findings.rows - skipped - out.y.size();
  return out;
}

// The first rows of all whole windows, in order.
std::vector<std::size_t> Pipeline::WindowsOf(const Scaled& scaled, std::size_t stride) const {
  std::vector<std::size_t> out;
  for (std::size_t s = 0; s < scaled.starts.size(); ++s)
    for (std::size_t first = scaled.starts[s]; first + config_.window.rows <= scaled.EndOf(s);
         first += stride)
      if (!std::isnan(scaled.y[first + config_.window.rows - 1])) out.push_back(first);
  return out;
}

Status Pipeline::NoWindow(const Scaled& scaled, std::string_view source) const {
  std::size_t longest = 0;
  for (std::size_t s = 0; s < scaled.starts.size(); ++s)
    longest = std::max(longest, scaled.EndOf(s) - scaled.starts[s]);
  const std::string rest =
      scaled.taken_out == 0
          ? std::string()
          : fmt::format(" in a row, beside {} that are bad or null", scaled.taken_out);
  return WithReason(InvalidArgument("{}: {} rows{}; a window needs {}, the last with a label",
                                    source, longest, rest, config_.window.rows),
                    Reason::kDATA_NO_WINDOW);
}

StatusOr<Dataset> Pipeline::AllWindows(const Scaled& scaled, std::string_view source) const {
  const std::vector<std::size_t> windows = WindowsOf(scaled, config_.window.stride);
  if (windows.empty()) return NoWindow(scaled, source);
  if (windows.size() > kMaxValues / inputs())
    return WithReason(InvalidArgument("{}: {} windows of {} values are too many; raise the stride",
                                      source, windows.size(), inputs()),
                      Reason::kDATA_UNREADABLE);
  Dataset out{.examples = windows.size(), .inputs = inputs(), .outputs = 1, .x = {}, .y = {}};
  out.x.reserve(windows.size() * inputs());
  for (const std::size_t first : windows) {
    // Rows lie one after another, so a time-major window is one contiguous piece.
    const auto begin = scaled.x.begin() + static_cast<std::ptrdiff_t>(first * features_.size());
    out.x.insert(out.x.end(), begin, begin + static_cast<std::ptrdiff_t>(inputs()));
    out.y.push_back(scaled.y[first + config_.window.rows - 1]);
  }
  return out;
}

StatusOr<Dataset> Pipeline::LastWindow(const Scaled& scaled, std::string_view source) const {
  const std::size_t rows = config_.window.rows, width = features_.size();
  const std::vector<std::size_t> windows = WindowsOf(scaled, 1);
  std::size_t first = 0, last = 0;  // What of the series it is.
  if (!windows.empty()) {
    first = windows.back();
    last = first + rows - 1;
  } else {
    const auto label =
        std::find_if(scaled.y.rbegin(), scaled.y.rend(), [](float y) { return !std::isnan(y); });
    if (label == scaled.y.rend()) return NoWindow(scaled, source);
    last = static_cast<std::size_t>(std::distance(label, scaled.y.rend())) - 1;
    first = *std::prev(std::upper_bound(scaled.starts.begin(), scaled.starts.end(), last));
  }
  Dataset out{.examples = 1, .inputs = inputs(), .outputs = 1, .x = {}, .y = {scaled.y[last]}};
  const auto at = [&](std::size_t row) {
    return scaled.x.begin() + static_cast<std::ptrdiff_t>(row * width);
  };
  for (std::size_t missing = rows; missing > last + 1 - first; --missing)
    out.x.insert(out.x.end(), at(first), at(first + 1));
  out.x.insert(out.x.end(), at(first), at(last + 1));
  return out;
}

StatusOr<Dataset> Pipeline::TrainingSet(Source& source, Timestamp now,
                                        RowFindings& findings) const {
  MUSTER_ASSIGN(const Scaled scaled, Scale(source, now, findings));
  return AllWindows(scaled, source.name());
}

StatusOr<Dataset> Pipeline::EvaluationSet(Source& source, Timestamp now,
                                          RowFindings& findings) const {
  MUSTER_ASSIGN(const Scaled scaled, Scale(source, now, findings));
  return config_.evaluate == EvaluateWindows::kAll ? AllWindows(scaled, source.name())
                                                   : LastWindow(scaled, source.name());
}

}  // namespace muster::client
