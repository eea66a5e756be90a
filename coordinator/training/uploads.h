#pragma once
// Uploads in progress: their bytes so far, and how much memory they may take together. An upload
// that breaks off goes on where it stopped; one that stays silent is forgotten.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/status.h"

namespace muster::coordinator {

struct UploadLimits {
  std::uint64_t memory_bytes = 16ull << 20;  // Of all uploads; one is admitted whatever its size.
  Duration idle{30'000};
};

// Bytes of one upload. Written by one stream at a time.
struct UploadBuffer {
  explicit UploadBuffer(Bytes space) : bytes(std::move(space)) {}
  Bytes bytes;  // As long as the upload; what is not received yet has no meaning.
  std::uint64_t received = 0;
};

// Safe from any thread.
class Uploads {
 public:
  using Key = std::pair<DeviceId, RoundKey>;
  // Gives the buffer to the stream that may write it, or why not.
  using Admitted = std::function<void(StatusOr<std::shared_ptr<UploadBuffer>>)>;

  Uploads(UploadLimits limits, Clock& clock) : limits_(limits), clock_(clock) {}

  // Where the device should go on; 0 when nothing is kept.
  std::uint64_t Offset(const Key& key, std::uint64_t total) const;

  // Calls `admitted` as soon as there is memory, perhaps at once. The stream goes on at the
  // buffer's `received`. ABORTED (UPLOAD_BUSY) when another stream writes this upload now.
  void Begin(const Key& key, std::uint64_t total, Admitted admitted);
  // The stream broke off: the bytes stay for a while.
  void Pause(const Key& key);
  // The upload is whole: hands the bytes over. Their memory stays reserved until Release.
  Bytes Take(const Key& key);
  void Release(std::uint64_t bytes);
  // Takes back what Take gave, for the next upload of the same size: fresh memory costs as much as
  // receiving into it. Before Release, so that the next one finds it.
  void Recycle(Bytes bytes);
  // The upload is of no use any more.
  void Drop(const Key& key);
  // Forgets paused uploads that have been idle for too long.
  void Expire();
  // The newest chunk of any upload of `campaign`; the epoch when there was none.
  Timestamp LastProgress(const CampaignName& campaign) const;
  void Progress(const Key& key, std::uint64_t received);

 private:
  struct Entry {
    std::shared_ptr<UploadBuffer> buffer;
    bool writing = false;
    Timestamp touched;
  };
  struct Waiter {
    Key key;
    std::uint64_t total;
    Admitted admitted;
  };
  bool Fits(std::uint64_t bytes) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  std::shared_ptr<UploadBuffer> Reserve(const Key& key, std::uint64_t total)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Space for an upload; old bytes in it do not matter.
  Bytes Space(std::uint64_t total) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void AdmitWaiters();

  const UploadLimits limits_;
  Clock& clock_;
  mutable absl::Mutex mu_;
  std::map<Key, Entry> entries_ ABSL_GUARDED_BY(mu_);
  std::deque<Waiter> waiters_ ABSL_GUARDED_BY(mu_);
  std::uint64_t reserved_ ABSL_GUARDED_BY(mu_) = 0;
  std::vector<Bytes> spare_ ABSL_GUARDED_BY(mu_);  // All of one size.
  Timestamp reserved_at_ ABSL_GUARDED_BY(mu_);     // The newest reservation.
  std::map<CampaignName, Timestamp> progress_ ABSL_GUARDED_BY(mu_);
};

}  // namespace muster::coordinator
