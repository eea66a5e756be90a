#pragma once
// Uploads in progress: their bytes so far, and how much memory they may take together. An upload
// that breaks off goes on where it stopped; one that stays silent is forgotten, and one that is
// slow while others wait gives its place up, so that a device that sends a byte a minute holds
// neither the memory nor the round.
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
  // An upload may keep its memory so long while others wait for it; each time that it lost its
  // place, twice as long the next time, so that slow devices get through one after the other.
  Duration turn{60'000};
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
  // The stream that writes `buffer` broke off: the bytes stay for a while.
  void Pause(const Key& key, const std::shared_ptr<UploadBuffer>& buffer);
  // The upload is whole: hands the bytes over. Their memory stays reserved until Release.
  Bytes Take(const Key& key);
  void Release(std::uint64_t bytes);
  // Takes back what Take gave, for the next upload of the same size: fresh memory costs as much as
  // receiving into it. Before Release, so that the next one finds it.
  void Recycle(Bytes bytes);
  // The upload is of no use any more.
  void Drop(const Key& key);
  // Forgets paused uploads that have been idle for too long, and those whose turn is over.
  void Expire();
  // When an upload of the campaign's newest round last came a sixteenth of its size further than
  // that device's had ever been; the epoch when none did. So one device can keep a round open for
  // sixteen of its windows at most, whatever it sends and however often.
  Timestamp LastProgress(const CampaignName& campaign) const;
  // After each chunk written to `buffer`. ABORTED (UPLOAD_BUSY) when the upload has lost its place.
  Status Progress(const Key& key, const std::shared_ptr<UploadBuffer>& buffer,
                  std::uint64_t received);

 private:
  struct Entry {
    std::shared_ptr<UploadBuffer> buffer;
    bool writing = false;
    Timestamp touched;
    Timestamp admitted;
  };
  // What the devices of a campaign's newest round have done so far.
  struct Device {
    std::uint64_t sixteenths = 0;
    unsigned turns_lost = 0;
  };
  struct Campaign {
    RoundKey round;
    Timestamp progress;
    std::map<DeviceId, Device> devices;
  };
  static constexpr unsigned kMostDoublings = 10;
  struct Waiter {
    Key key;
    std::uint64_t total;
    Admitted admitted;
  };
  Device& DeviceOf(const Key& key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool TurnIsOver(const Key& key, const Entry& entry, Timestamp now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
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
  std::map<CampaignName, Campaign> campaigns_ ABSL_GUARDED_BY(mu_);
};

}  // namespace muster::coordinator
