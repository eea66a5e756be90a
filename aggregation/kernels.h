#pragma once
// The inner loops of aggregation, picked at run time for the processor's vector unit. Every target
// gives the same bits. Callers check; nothing here does.
#include <cstddef>
#include <cstdint>
#include <span>

namespace muster::aggregation {

// One update's part in a fold: `values` times `scale` is rounded and added.
struct FoldRow {
  const float* values;
  double scale;
};

// sums[i] += sum over rows of FixedPoint::Term(row.values[i], row.scale), modulo 2^64, for i < n.
// Rows are taken eight at a time, so the sums pass through the caches once for eight updates.
void FoldRows(std::span<const FoldRow> rows, std::size_t n, std::int64_t* sums);

// to[i] += from[i], modulo 2^64.
void AddSums(const std::int64_t* from, std::size_t n, std::int64_t* to);

// out[i] = sums[i] / divisor, in binary64, rounded once more to f32.
void DivideSums(const std::int64_t* sums, std::size_t n, double divisor, float* out);

struct ScanResult {
  std::uint32_t max_bits;  // Of the largest |x|, as IEEE bits: above those of infinity for a NaN.
  double squares;          // Sum of squares, in sixteen interleaved lanes folded as a tree.
};
ScanResult Scan(const float* values, std::size_t n);

}  // namespace muster::aggregation
