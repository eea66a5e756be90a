#include "drift/sketches/histogram.h"

#include <algorithm>
#include <cmath>

#include "base/canonical_json.h"
#include "drift/sketches/counts_json.h"

namespace muster::drift {
namespace {
constexpr int kDepth = 2;

StatusOr<Histogram> Read(std::string_view text) {
  MUSTER_ASSIGN(const Json json, ParseJson(text, kDepth));
  JsonReader r(json);
  MUSTER_ASSIGN(auto counts, CountsAt(r.At("counts"), kMostBins + 3));
  std::vector<double> edges;
  for (const std::string& edge : r.Texts("edges")) {
    MUSTER_ASSIGN(const double value, ParseDecimal(edge));
    edges.push_back(value);
  }
  MUSTER_TRY(r.status());
  MUSTER_ASSIGN(Bins bins, Bins::At(std::move(edges)));
  return Histogram::Of(std::move(bins), std::move(counts));
}
}  // namespace

StatusOr<std::uint64_t> TotalOf(std::span<const std::uint64_t> counts) {
  std::uint64_t total = 0;
  for (const std::uint64_t count : counts) {
    if (count > kMostCount - total) return RefuseBeyond("counts");
    total += count;
  }
  return total;
}

StatusOr<Bins> Bins::Even(double lo, double hi, std::uint32_t count) {
  if (count == 0 || count > kMostBins)
    return InvalidField("bins", "{} of them, 1 to {} are allowed", count, kMostBins);
  std::vector<double> edges(count + 1);
  for (std::uint32_t i = 0; i < count; ++i) edges[i] = lo + (hi - lo) * (double(i) / count);
  edges[count] = hi;
  return At(std::move(edges));
}

StatusOr<Bins> Bins::At(std::vector<double> edges) {
  if (edges.size() < 2 || edges.size() > kMostBins + 1)
    return InvalidField("edges", "{} of them, 2 to {} are allowed", edges.size(), kMostBins + 1);
  for (std::size_t i = 0; i < edges.size(); ++i) {
    edges[i] += 0.0;  // -0 is 0, so that equal bins have one text.
    if (!(std::abs(edges[i]) <= kMostMagnitude) || (i > 0 && !(edges[i - 1] < edges[i])))
      return InvalidField("edges", "are not finite and ascending at {}", i);
  }
  return Bins(std::move(edges));
}

std::size_t Bins::CellOf(double value) const {
  if (std::isnan(value)) return null_cell();
  if (value == edges_.back()) return count();
  return static_cast<std::size_t>(std::ranges::upper_bound(edges_, value) - edges_.begin());
}

std::vector<double> Bins::Positions() const {
  std::vector<double> out{edges_.front()};
  for (std::size_t i = 0; i < count(); ++i) out.push_back(edges_[i] / 2 + edges_[i + 1] / 2);
  out.push_back(edges_.back());
  return out;
}

StatusOr<Histogram> Histogram::Of(Bins bins, std::vector<std::uint64_t> counts) {
  if (counts.size() != bins.cells()) return RefuseOtherBins("counts");
  MUSTER_ASSIGN(const std::uint64_t rows, TotalOf(counts));
  Histogram out(std::move(bins));
  out.counts_ = std::move(counts);
  out.rows_ = rows;
  return out;
}

Status Histogram::Add(std::span<const double> values) {
  if (values.size() > kMostCount - rows_) return RefuseBeyond("rows");
  for (const double value : values) ++counts_[bins_.CellOf(value)];
  rows_ += values.size();
  return Ok();
}

Status Histogram::Merge(const Histogram& more) {
  if (bins_ != more.bins_) return RefuseOtherBins("histogram");
  if (more.rows_ > kMostCount - rows_) return RefuseBeyond("rows");
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += more.counts_[i];
  rows_ += more.rows_;
  return Ok();
}

std::string Histogram::Encode() const {
  Json edges = Json::array();
  for (const double edge : bins_.edges()) edges.push_back(DecimalText(edge));
  // Integers below 2^53 and ASCII always have a text.
  return CanonicalJson({{"counts", counts_}, {"edges", std::move(edges)}}).value();
}

StatusOr<Histogram> Histogram::Parse(std::string_view text) {
  if (text.size() > kMostHistogramBytes) return RefuseText("histogram", "too long");
  StatusOr<Histogram> out = Read(text);
  if (!out.ok()) return RefuseText("histogram", MessageOf(out.status()));
  if (out->Encode() != text) return RefuseText("histogram", "not in its canonical form");
  return out;
}

}  // namespace muster::drift
