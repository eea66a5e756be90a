#pragma once
// The tensors of one round: screens updates, folds them into the accumulator, makes checkpoints
// durable, and turns the mean into the next model. Memory is O(d): the accumulator, the base
// parameters and the updates in flight.
#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "aggregation/accumulator.h"
#include "aggregation/server_rule.h"
#include "base/blobs.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/log.h"
#include "base/params.h"
#include "base/strand.h"
#include "coordinator/campaign/spec.h"
#include "coordinator/round/round.h"

namespace muster::coordinator {

// An update that passed screening; owns the received bytes.
struct ScreenedUpdate {
  DeviceId device;
  Bytes file;                    // The safetensors file as it came.
  std::span<const float> delta;  // Into `file`, in layout order.
  double weight = 1;
  double norm = 0;
  std::function<void(Bytes)> recycle;  // Where `file` goes once it is folded; empty: nowhere.
  std::shared_ptr<void> reservation;   // Gives the upload's memory back when it goes.
};

// A file of the round's sums, gone when the round is discarded; `of` tells them apart.
std::string CheckpointName(const RoundKey& key, std::string_view of);

// What the control strand hears from the tensors, posted there.
class RoundWorkEvents {
 public:
  virtual ~RoundWorkEvents() = default;
  virtual void OnCheckpoint(const RoundKey&, std::vector<DeviceId> devices,
                            std::string checkpoint) = 0;
  virtual void OnAggregated(const RoundKey&, Digest params, Digest optimizer) = 0;
  // A disk or a bug got in the way; the control strand asks again later.
  virtual void OnWorkFailed(const RoundKey&, const Status& why) = 0;
};

struct RoundWorkPorts {
  Blobs& blobs;
  Files& files;
  Executor& pool;     // Where tensors are worked on.
  Executor& control;  // Where `events` are told.
  Logger& log;
  Clock& clock;  // Paces checkpoints; their content does not depend on it.
};

// Screen() is safe from any thread; the rest posts to the work's own strand and returns at once.
// Held by shared_ptr: posted work keeps it alive. `events` must outlive the control executor.
class RoundWork : public std::enable_shared_from_this<RoundWork> {
 public:
  // `counted` and `checkpoint` are what the journal says is durable already.
  static std::shared_ptr<RoundWork> Make(RoundKey key, std::shared_ptr<const Params> base,
                                         const AggregationSpec& spec, std::uint32_t max_updates,
                                         DeviceSet counted, std::string checkpoint,
                                         RoundWorkPorts ports, RoundWorkEvents& events);

  // Reads a received file and judges it: layout, dtype, finiteness, bound, norm, weight. The
  // status carries the reason code (UPDATE_*).
  StatusOr<ScreenedUpdate> Screen(const DeviceId& device, Bytes file, std::uint64_t examples) const;

  // Adds a screened update to the sum. OnCheckpoint follows once the sum is durable.
  void Fold(ScreenedUpdate update);
  // Updates handed to Fold() and not yet in a checkpoint.
  std::size_t InFlight() const;
  // The journal has taken the newest checkpoint: the older file may go, the next may come.
  void Acknowledge(std::string checkpoint);
  // Tells OnCheckpoint again what the journal could not take.
  void RepeatCheckpoint();

  // Sums exactly `counted` (from memory, or from the checkpoint when memory holds more), applies
  // the server rule to the base, stores the new parameters and rule state, then OnAggregated.
  void Aggregate(DeviceSet counted, std::string checkpoint, Digest optimizer);
  // Forgets the round's files.
  void Discard();
  // The same, of a round without tensors.
  static void Erase(const RoundKey& key, Files& files, Logger& log);

  const Layout& layout() const { return base_->layout; }

 private:
  RoundWork(RoundKey key, std::shared_ptr<const Params> base, const AggregationSpec& spec,
            aggregation::FixedPoint fixed, DeviceSet counted, std::string checkpoint,
            RoundWorkPorts ports, RoundWorkEvents& events);

  // Folds what has come since it last ran, all at once.
  void FoldQueued();
  // How many of `batch` were new to the sum.
  StatusOr<std::size_t> FoldBatch(std::span<const ScreenedUpdate> batch);
  // Makes the sum durable when there is something new, the journal has taken what came before,
  // and the disk had time for others since the last one (or enough wait already).
  void MaybeCheckpoint();
  bool CheckpointIsDue();
  Status WriteCheckpoint();
  StatusOr<std::pair<Digest, Digest>> AggregateNow(const DeviceSet& counted,
                                                   const std::string& checkpoint,
                                                   const Digest& optimizer);
  StatusOr<aggregation::ServerState> LoadState(const Digest& optimizer) const;
  Status Load(const std::string& checkpoint);
  void Tell(std::function<void()> news);

  const RoundKey key_;
  const std::shared_ptr<const Params> base_;
  const AggregationSpec spec_;
  const aggregation::FixedPoint fixed_;
  const std::string prefix_;  // Of this round's checkpoint files.
  RoundWorkPorts ports_;
  RoundWorkEvents& events_;
  mutable absl::Mutex mu_;
  std::size_t in_flight_ ABSL_GUARDED_BY(mu_) = 0;
  std::vector<ScreenedUpdate> queue_ ABSL_GUARDED_BY(mu_);  // To be folded.
  Strand strand_;

  // On strand_ alone:
  std::unique_ptr<aggregation::Accumulator> sum_;
  DeviceSet folded_;               // What sum_ holds.
  std::vector<DeviceId> unsaved_;  // Folded since the last checkpoint.
  std::vector<DeviceId> untold_;   // In the newest checkpoint, not yet in the journal as told.
  std::string checkpoint_;         // The newest file.
  std::string kept_;               // The newest file that the journal names.
  Timestamp next_checkpoint_;      // Not before, unless it must.
  bool waiting_ = false;           // For next_checkpoint_.
};

}  // namespace muster::coordinator
