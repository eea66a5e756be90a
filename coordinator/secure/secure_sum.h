#pragma once
// The tensors of one secure session: masked vectors in a spool, their sum, and the masks taken off
// it. It sees no single device's update, and decides nothing. Memory is O(d).
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "aggregation/secagg/lane_vector.h"
#include "aggregation/secagg/mask_seeds.h"
#include "base/blobs.h"
#include "base/crypto.h"
#include "base/executor.h"

namespace muster::coordinator {

// While more may come. Each fold is a commit; folding many waits for none of the steps that follow.
inline constexpr std::size_t kFoldTogether = 32;

// Used on the session's strand only; not while Unmask is under way.
class SecureSum {
 public:
  SecureSum(aggregation::secagg::Segments layout, Spool& spool)
      : layout_(std::move(layout)), spool_(spool) {}

  // Keeps one whole masked vector; `done` hears, on any thread, when it is durable. Safe from any
  // thread.
  void Put(aggregation::secagg::Member member, ByteView vector,
           std::function<void(Status)> done) const;

  // Makes the sum hold exactly these members' vectors, from the spool: all of them after a
  // restart. Cost: 4 d bytes read for each that is missing.
  Status Hold(const aggregation::secagg::MemberSet& members);

  // Adds masks to the sum, ranges of tiles side by side on `pool`, then tells `done` on `strand`.
  // After an error the sum is worth nothing: Reset. The seeds go when the last range is done.
  void Unmask(std::vector<aggregation::secagg::MaskSeed> seeds, const Crypto& crypto,
              Executor& pool, Executor& strand, std::function<void(Status)> done);

  // Once a member is held and until Reset.
  const aggregation::secagg::LaneVector& sum() const { return *sum_; }

  // Forgets the sum; the spool stays.
  void Reset();

 private:
  const aggregation::secagg::Segments layout_;
  Spool& spool_;
  std::shared_ptr<aggregation::secagg::LaneVector> sum_;  // Shared with ranges under way.
  aggregation::secagg::MemberSet held_;
};

}  // namespace muster::coordinator
