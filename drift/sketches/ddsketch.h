#pragma once
// DDSketch: quantiles to a relative error of alpha, from counts that merge exactly. Masson, Rim,
// Lee, "DDSketch: A Fast and Fully-Mergeable Quantile Sketch with Relative-Error Guarantees", PVLDB
// 12(12), 2019. It keeps counts only, no value.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "drift/sketches/refusal.h"

namespace muster::drift {

inline constexpr std::uint32_t kMostBuckets = 4096;
inline constexpr std::size_t kMostSketchBytes = std::size_t{256} << 10;

// Counts by index, of magnitudes. At most `limit` indices up to the highest one used: those lower
// are counted at the lowest of them (Algorithm 3 of the paper, by the width of the range). What is
// where depends only on what was counted, not on its order.
class Buckets {
 public:
  explicit Buckets(std::uint32_t limit) : limit_(limit) {}
  void Add(std::int32_t index, std::uint64_t count = 1) {
    const std::int64_t at = std::int64_t{index} - from_;
    if (at >= 0 && at < static_cast<std::int64_t>(counts_.size()))
      counts_[static_cast<std::size_t>(at)] += count;
    else
      AddOutside(index, count);
  }
  // counts()[i] is that of index from() + i.
  std::int32_t from() const { return from_; }
  std::span<const std::uint64_t> counts() const { return counts_; }
  void Merge(const Buckets& more);
  // Of the same counts above 0.
  friend bool operator==(const Buckets& a, const Buckets& b);

 private:
  void AddOutside(std::int32_t index, std::uint64_t count);
  void RaiseTop(std::int32_t top);
  void LowerFrom(std::int64_t from);

  std::uint32_t limit_;
  std::int32_t from_ = 0;
  std::vector<std::uint64_t> counts_;
};

class DdSketch {
 public:
  // `alpha` in [1e-4, 0.5] is the relative error; `buckets` in [16, kMostBuckets] bounds each
  // sign's counters. 2048 at alpha 0.01 span a ratio of 6e17; beyond it the lowest magnitudes lose
  // their guarantee, the highest keep it. FIELD_INVALID on others.
  static StatusOr<DdSketch> Make(double alpha = 0.01, std::uint32_t buckets = 2048);

  // All of them or, with DATA_NOT_A_NUMBER (NaN or infinity) or DATA_OUT_OF_RANGE (beyond
  // kMostCount in all), none. Magnitudes below the least normal double count as zero. Amortised
  // O(1) a value.
  Status Add(std::span<const double> values);
  // CONTRACT_MISMATCH when alpha or buckets differ, DATA_OUT_OF_RANGE beyond kMostCount; nothing is
  // changed then. The result is that of one sketch that was given all values of both.
  Status Merge(const DdSketch& more);

  // The value whose rank is floor(q (count - 1)), within alpha of it (Algorithm 2 of the paper).
  // `q` in [0, 1], else FIELD_INVALID; DATA_EMPTY without values. O(buckets).
  StatusOr<double> Quantile(double q) const;

  double alpha() const { return alpha_; }
  double gamma() const { return gamma_; }
  std::uint64_t count() const { return count_; }
  // ceil(ln x / ln gamma) for a normal x > 0, and 2 gamma^i / (gamma + 1) for it.
  std::int32_t IndexOf(double x) const;
  double ValueOf(std::int32_t index) const;

  // Canonical JSON {"alpha": "0.01", "buckets": 2048, "negative": [[index, count], ...],
  // "positive": [...], "zero": n}, of counts above 0 by ascending index.
  std::string Encode() const;
  // The inverse, for foreign bytes: ARTEFACT_INVALID on what Encode would not have written.
  static StatusOr<DdSketch> Parse(std::string_view text);

  friend bool operator==(const DdSketch& a, const DdSketch& b) {
    return a.alpha_ == b.alpha_ && a.limit_ == b.limit_ && a.zero_ == b.zero_ &&
           a.positive_ == b.positive_ && a.negative_ == b.negative_;
  }

 private:
  DdSketch(double alpha, std::uint32_t buckets);
  static StatusOr<DdSketch> Read(std::string_view text);
  void Count(double value, double quick);
  // Of a text: FIELD_INVALID on an index that no double has, DATA_OUT_OF_RANGE as Merge.
  Status AddCount(Buckets& into, std::int64_t index, std::uint64_t count);

  double alpha_;
  double gamma_;
  double log_gamma_;
  std::uint32_t limit_;
  std::uint64_t count_ = 0;
  std::uint64_t zero_ = 0;
  Buckets positive_;
  Buckets negative_;
};

}  // namespace muster::drift
