#pragma once
// The sum of a round's updates, exact: the same set of updates gives the same bits in any order,
// over any number of threads and partial sums. Never looks at a value: callers screen (screen.h).
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "aggregation/fixed_point.h"
#include "base/bytes.h"
#include "base/status.h"

namespace muster::aggregation {

// An update's admission to a sum: what its coordinates are scaled by. Made by Accumulator::Admit.
struct Share {
  double scale;
};
// The same range of coordinates of one admitted update.
struct Slice {
  Share share;
  std::span<const float> values;
};
// A whole update, screened, with its weight in (0, cap].
struct WeightedDelta {
  std::span<const float> values;
  double weight;
};

// An accumulator on its way to disk: Parts(), written one after the other, are what Restore reads.
// Borrows the sums: good until the accumulator next changes.
class Checkpoint {
 public:
  static constexpr std::size_t kHeaderBytes = 72;
  Checkpoint(const std::array<std::byte, kHeaderBytes>& header, ByteView sums)
      : header_(header), sums_(sums) {}
  std::array<ByteView, 2> Parts() const { return {ByteView(header_), sums_}; }

 private:
  std::array<std::byte, kHeaderBytes> header_;
  ByteView sums_;
};

// d sums, the sum of w / W and the number of updates: 8 d bytes, whatever the number of updates.
// Every value folded must be finite and within fixed().bound(). Calls of FoldRange for ranges that
// do not overlap may run at the same time; all else from one thread at a time.
class Accumulator {
 public:
  Accumulator(std::size_t dim, FixedPoint fixed) : fixed_(fixed), sums_(dim) {}
  Accumulator(Accumulator&&) = default;
  Accumulator& operator=(Accumulator&&) = default;
  Accumulator(const Accumulator&) = delete;  // 8 d bytes are not copied by accident.
  Accumulator& operator=(const Accumulator&) = delete;

  std::size_t dim() const { return sums_.size(); }
  const FixedPoint& fixed() const { return fixed_; }
  std::uint64_t count() const { return count_; }
  std::int64_t weight_sum() const { return weight_sum_; }  // Of w / W, times 2^F.
  std::span<const std::int64_t> sums() const { return sums_; }

  // Counts one more update. Its coordinates must then be folded by FoldRange, each exactly once.
  // UPDATE_OVER_WEIGHT (FixedPoint::Scale); FAILED_PRECONDITION when max_updates are counted.
  StatusOr<Share> Admit(double weight, double cap);
  // Folds coordinates [offset, offset + length) of admitted updates; all slices have one length.
  // Cost: 4 bytes read a value, and 8 read and 8 written a coordinate for every eight slices.
  void FoldRange(std::size_t offset, std::span<const Slice> slices);

  // A whole update: Admit and FoldRange. INVALID_ARGUMENT with UPDATE_WRONG_LAYOUT when it has not
  // `dim` values. On an error the sums are as before.
  Status Fold(std::span<const float> delta, double weight, double cap);
  // The same for several at once, block by block, which is about twice as fast. All or nothing.
  Status FoldBatch(std::span<const WeightedDelta> updates, double cap);

  // Adds another partial sum. INVALID_ARGUMENT when dim or fixed point differ, FAILED_PRECONDITION
  // when the two hold more than max_updates.
  Status Merge(const Accumulator& other);

  // out[i] = sum of x w / sum of w: one division in binary64, rounded to f32. FAILED_PRECONDITION
  // when nothing was counted, INVALID_ARGUMENT when `out` has not `dim` values.
  Status Mean(std::span<float> out) const;

  // What was summed elsewhere: sums[i] of x w / W and the sum of w / W, both times 2^F, over
  // `count` updates. INVALID_ARGUMENT when count is not in 1..max_updates or `weight_sum` is none
  // that so many weights in (0, cap] can have.
  static StatusOr<Accumulator> FromSums(FixedPoint fixed, std::uint64_t count,
                                        std::int64_t weight_sum, std::vector<std::int64_t> sums);

  // Cost: CRC-32C over the sums.
  Checkpoint ToCheckpoint() const;
  // DATA_LOSS with ARTEFACT_INVALID unless `bytes` are a checkpoint, whole and unchanged.
  static StatusOr<Accumulator> Restore(ByteView bytes);

 private:
  FixedPoint fixed_;
  std::uint64_t count_ = 0;
  std::int64_t weight_sum_ = 0;
  std::vector<std::int64_t> sums_;
};

}  // namespace muster::aggregation
