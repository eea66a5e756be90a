#pragma once
// The tensors of one secure session: masked vectors in a spool, their sum, and the masks taken off
// it. It sees no single device's update, and decides nothing. Memory is O(d).
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <functional>
#include <memory>
#include <set>
#include <vector>

#include "aggregation/secagg/lane_vector.h"
#include "aggregation/secagg/mask_seeds.h"
#include "base/blobs.h"
#include "base/crypto.h"
#include "base/executor.h"

namespace muster::coordinator {

// So many vectors are recorded together as summed for good, while more may come: each record is a
// commit, and no step that follows waits for it.
inline constexpr std::size_t kFoldTogether = 32;

// Used on the session's strand, but for Put; and not while Unmask is under way.
class SecureSum {
 public:
  SecureSum(aggregation::secagg::Segments layout, Spool& spool)
      : layout_(std::move(layout)), spool_(spool) {}

  // Keeps one whole masked vector; `done` hears, on any thread, when it is durable. Until the first
  // Hold it is also added to the sum at once, while it is in memory. Safe from any thread; lives
  // until `done` is called.
  void Put(aggregation::secagg::Member member, ByteView vector, std::function<void(Status)> done);

  // Makes the sum hold exactly these members' vectors, once no more are to come. Cost: 4 d bytes
  // read from the spool for each that it has too many (the degree rule prunes few) or too few (all
  // of them after a restart).
  Status Hold(const aggregation::secagg::MemberSet& members);

  // Adds masks to the sum, ranges of tiles side by side on `pool`, then tells `done` on `strand`.
  // After an error the sum is worth nothing: Reset. The seeds go when the last range is done.
  void Unmask(std::vector<aggregation::secagg::MaskSeed> seeds, const Crypto& crypto,
              Executor& pool, Executor& strand, std::function<void(Status)> done);

  // Once a member is held and until Reset.
  const aggregation::secagg::LaneVector& sum() const {
    absl::MutexLock lock(&mu_);
    return *sum_;
  }

  // Forgets the sum; the spool stays.
  void Reset();

 private:
  void AddEarly(aggregation::secagg::Member member, ByteView vector);
  void Distrust();
  void Begin() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Status ChangeBy(aggregation::secagg::Sign sign, aggregation::secagg::Member member)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const aggregation::secagg::Segments layout_;
  Spool& spool_;
  mutable absl::Mutex mu_;
  // Shared with ranges under way, which have it to themselves: it is settled by then.
  std::shared_ptr<aggregation::secagg::LaneVector> sum_ ABSL_GUARDED_BY(mu_);
  std::set<aggregation::secagg::Member> held_ ABSL_GUARDED_BY(mu_);  // Whose vectors it has.
  bool settled_ ABSL_GUARDED_BY(mu_) = false;   // What comes now is too late to be counted.
  bool doubtful_ ABSL_GUARDED_BY(mu_) = false;  // It may have what the spool does not.
};

}  // namespace muster::coordinator
