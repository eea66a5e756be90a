#include "coordinator/training/round_work.h"

#include <algorithm>
#include <cstring>

#include "aggregation/screen.h"
#include "aggregation/server_state.h"
#include "base/safetensors.h"

namespace muster::coordinator {
namespace {
constexpr std::size_t kUnsavedAtMost = 16;  // Updates that one crash may make devices re-send.
constexpr std::uint64_t kMostExamples = 1ULL << 40;
// A checkpoint writes 8 bytes a parameter, so one for each update would cost more than the updates:
// after one, the disk rests so many times as long as it took, but never long.
constexpr int kRest = 4;
constexpr Duration kLongestRest{2'000};

// Of all checkpoints of a round.
std::string PrefixOf(const RoundKey& key) {
  return fmt::format("checkpoints/{}/{}-{}.", key.campaign.value(), key.round.value(), key.attempt);
}

Status Misshapen(const Status& why) {
  const bool dtype = MessageOf(why).find("parameters are F32") != std::string_view::npos;
  return WithReason(InvalidArgument("{}", MessageOf(why)),
                    dtype ? Reason::kUPDATE_WRONG_DTYPE : Reason::kUPDATE_WRONG_LAYOUT);
}

// The values of an update file that lies in layout order without gaps, as our clients write it.
StatusOr<std::span<const float>> ValuesOf(const SafetensorsView& view, const Layout& layout) {
  std::vector<TensorSpec> specs;
  specs.reserve(view.tensors.size());
  for (const TensorView& tensor : view.tensors) specs.push_back(tensor.spec);
  const auto theirs = Layout::Make(specs);
  if (!theirs.ok()) return Misshapen(theirs.status());
  if (const Status same = layout.CheckSame(*theirs); !same.ok()) return Misshapen(same);
  const std::byte* next = view.tensors.empty() ? nullptr : view.tensors.front().bytes.data();
  for (std::size_t i = 0; i < specs.size(); ++i) {
    if (specs[i].name != layout.tensors()[i].name || view.tensors[i].bytes.data() != next)
      return WithReason(InvalidArgument("tensors must lie in the order of their names"),
                        Reason::kUPDATE_WRONG_LAYOUT);
    next += view.tensors[i].bytes.size();
  }
  const std::byte* first = view.tensors.empty() ? nullptr : view.tensors.front().bytes.data();
  if (reinterpret_cast<std::uintptr_t>(first) % alignof(float) != 0)
    return WithReason(InvalidArgument("tensors must start at a multiple of 4 bytes"),
                      Reason::kUPDATE_WRONG_LAYOUT);
  return std::span(reinterpret_cast<const float*>(first), layout.size());
}
}  // namespace

std::string CheckpointName(const RoundKey& key, std::string_view of) {
  return PrefixOf(key) + std::string(of);
}

std::shared_ptr<RoundWork> RoundWork::Make(RoundKey key, std::shared_ptr<const Params> base,
                                           const AggregationSpec& spec, std::uint32_t max_updates,
                                           DeviceSet counted, std::string checkpoint,
                                           RoundWorkPorts ports, RoundWorkEvents& events) {
  const auto fixed = aggregation::FixedPoint::Make(max_updates, spec.bound);
  // Validate(CampaignSpec) has made this fixed point before.
  return std::shared_ptr<RoundWork>(new RoundWork(std::move(key), std::move(base), spec, *fixed,
                                                  std::move(counted), std::move(checkpoint), ports,
                                                  events));
}

RoundWork::RoundWork(RoundKey key, std::shared_ptr<const Params> base, const AggregationSpec& spec,
                     aggregation::FixedPoint fixed, DeviceSet counted, std::string checkpoint,
                     RoundWorkPorts ports, RoundWorkEvents& events)
    : key_(std::move(key)),
      base_(std::move(base)),
      spec_(spec),
      fixed_(fixed),
      prefix_(PrefixOf(key_)),
      ports_(ports),
      events_(events),
      strand_(ports.pool),
      folded_(std::move(counted)),
      checkpoint_(std::move(checkpoint)),
      kept_(checkpoint_) {}

StatusOr<ScreenedUpdate> RoundWork::Screen(const DeviceId& device, Bytes file,
                                           std::uint64_t examples) const {
  const auto view = ParseSafetensors(file);
  if (!view.ok())
    return WithReason(InvalidArgument("{}", MessageOf(view.status())), Reason::kUPDATE_UNREADABLE);
  ScreenedUpdate update;
  MUSTER_ASSIGN(update.delta, ValuesOf(*view, base_->layout));
  MUSTER_ASSIGN(const aggregation::ScreenReport report,
                aggregation::Screen(update.delta, {spec_.bound, spec_.max_norm}));
  update.norm = report.l2_norm;
  if (examples == 0 || examples > kMostExamples)
    return WithReason(InvalidArgument("{} examples; 1 to 2^40 are believed", examples),
                      Reason::kUPDATE_OVER_WEIGHT);
  if (spec_.weights == aggregation::WeightRule::kCappedExamples) {
    MUSTER_ASSIGN(update.weight,
                  aggregation::ScreenWeight(static_cast<double>(examples), spec_.WeightCap()));
  }
  update.device = device;
  update.file = std::move(file);  // `delta` stays good: a moved vector keeps its bytes in place.
  return update;
}

void RoundWork::Fold(ScreenedUpdate update) {
  {
    absl::MutexLock lock(&mu_);
    ++in_flight_;
    queue_.push_back(std::move(update));
  }
  strand_.Post([self = shared_from_this()] { self->FoldQueued(); });
}

std::size_t RoundWork::InFlight() const {
  absl::MutexLock lock(&mu_);
  return in_flight_;
}

void RoundWork::FoldQueued() {
  std::vector<ScreenedUpdate> batch;
  {
    absl::MutexLock lock(&mu_);
    batch.swap(queue_);
  }
  if (batch.empty()) return;  // Folded together with one before.
  const StatusOr<std::size_t> folded = FoldBatch(batch);
  {
    absl::MutexLock lock(&mu_);
    in_flight_ -= batch.size() - folded.value_or(0);
  }
  for (ScreenedUpdate& update : batch)
    if (update.recycle) update.recycle(std::move(update.file));
  batch.clear();  // Memory for the next uploads, before a checkpoint takes its time.
  if (!folded.ok()) Tell([this, why = folded.status()] { events_.OnWorkFailed(key_, why); });
  MaybeCheckpoint();
}

StatusOr<std::size_t> RoundWork::FoldBatch(std::span<const ScreenedUpdate> batch) {
  if (!sum_) MUSTER_TRY(Load(checkpoint_));
  std::vector<aggregation::WeightedDelta> terms;
  DeviceSet fresh;
  for (const ScreenedUpdate& update : batch)
    if (!folded_.contains(update.device) && fresh.insert(update.device).second)
      terms.push_back({update.delta, update.weight});
  MUSTER_TRY(sum_->FoldBatch(terms, spec_.WeightCap()));
  unsaved_.insert(unsaved_.end(), fresh.begin(), fresh.end());
  folded_.merge(fresh);
  return terms.size();
}

bool RoundWork::CheckpointIsDue() {
  if (unsaved_.size() >= kUnsavedAtMost || folded_.size() >= fixed_.max_updates()) return true;
  {
    absl::MutexLock lock(&mu_);
    if (!queue_.empty()) return false;
  }
  const Duration rest = next_checkpoint_ - ports_.clock.Now();
  if (rest.count() <= 0 || rest > kLongestRest) return true;  // Later than that: the clock jumped.
  if (!std::exchange(waiting_, true))
    strand_.PostAt(next_checkpoint_, [self = shared_from_this()] {
      self->waiting_ = false;
      self->MaybeCheckpoint();
    });
  return false;
}

void RoundWork::MaybeCheckpoint() {
  if (unsaved_.empty() || !untold_.empty() || !CheckpointIsDue()) return;
  const Timestamp start = ports_.clock.Now();
  const Status written = WriteCheckpoint();
  if (!written.ok()) return Tell([this, written] { events_.OnWorkFailed(key_, written); });
  const Timestamp end = ports_.clock.Now();
  next_checkpoint_ = end + std::clamp(kRest * (end - start), Duration(0), kLongestRest);
  untold_ = std::exchange(unsaved_, {});
  Tell(
      [this, devices = untold_, file = checkpoint_] { events_.OnCheckpoint(key_, devices, file); });
}

Status RoundWork::WriteCheckpoint() {
  const std::string file = CheckpointName(key_, std::to_string(folded_.size()));
  const aggregation::Checkpoint checkpoint = sum_->ToCheckpoint();
  MUSTER_TRY(ports_.files.Put(file, checkpoint.Parts()));
  checkpoint_ = file;
  return Ok();
}

void RoundWork::Acknowledge(std::string checkpoint) {
  strand_.Post([self = shared_from_this(), file = std::move(checkpoint)] {
    if (self->checkpoint_ != file || self->untold_.empty()) return;
    {
      absl::MutexLock lock(&self->mu_);
      self->in_flight_ -= self->untold_.size();
    }
    self->untold_.clear();
    if (!self->kept_.empty())
      if (const Status s = self->ports_.files.Remove(self->kept_); !s.ok())
        self->ports_.log.Warn("checkpoint_not_removed", {{"error", MessageOf(s)}});
    self->kept_ = file;
    self->MaybeCheckpoint();
  });
}

void RoundWork::RepeatCheckpoint() {
  strand_.Post([self = shared_from_this()] {
    if (self->untold_.empty()) return self->MaybeCheckpoint();
    self->Tell([work = self.get(), devices = self->untold_, file = self->checkpoint_] {
      work->events_.OnCheckpoint(work->key_, devices, file);
    });
  });
}

Status RoundWork::Load(const std::string& checkpoint) {
  sum_.reset();
  if (checkpoint.empty()) {
    sum_ = std::make_unique<aggregation::Accumulator>(base_->layout.size(), fixed_);
    return Ok();
  }
  MUSTER_ASSIGN(const Bytes bytes, ports_.files.Get(checkpoint));
  MUSTER_ASSIGN(aggregation::Accumulator sum, aggregation::Accumulator::Restore(bytes));
  if (sum.dim() != base_->layout.size() || !(sum.fixed() == fixed_))
    return DataLoss("checkpoint {} is of another model", checkpoint);
  sum_ = std::make_unique<aggregation::Accumulator>(std::move(sum));
  return Ok();
}

void RoundWork::Aggregate(DeviceSet counted, std::string checkpoint, Digest optimizer) {
  strand_.Post([self = shared_from_this(), counted = std::move(counted),
                file = std::move(checkpoint), optimizer] {
    const auto result = self->AggregateNow(counted, file, optimizer);
    if (!result.ok())
      return self->Tell([work = self.get(), why = result.status()] {
        work->events_.OnWorkFailed(work->key_, why);
      });
    self->Tell([work = self.get(), made = *result] {
      work->events_.OnAggregated(work->key_, made.first, made.second);
    });
  });
}

StatusOr<std::pair<Digest, Digest>> RoundWork::AggregateNow(const DeviceSet& counted,
                                                            const std::string& checkpoint,
                                                            const Digest& optimizer) {
  // Memory may hold updates that came too late to count, or nothing at all after a restart.
  if (!sum_ || folded_ != counted) {
    MUSTER_TRY(Load(checkpoint));
    folded_ = counted;
  }
  if (sum_->count() != counted.size())
    return DataLoss("checkpoint {} holds {} updates; the journal counts {}", checkpoint,
                    sum_->count(), counted.size());
  std::vector<float> mean(base_->layout.size());
  MUSTER_TRY(sum_->Mean(mean));
  sum_.reset();  // Twice a model's memory; should the rest fail, the checkpoint has it.
  MUSTER_ASSIGN(aggregation::ServerState state, LoadState(optimizer));
  Params next = *base_;
  MUSTER_TRY(aggregation::Step(spec_.rule, state, next.values, mean));
  mean = {};
  MUSTER_ASSIGN(const Digest params, ports_.blobs.Put(SerializeParams(next.View())));
  if (state.first_moment.empty()) return std::pair(params, Digest());  // Nothing to carry on.
  MUSTER_ASSIGN(const Digest rule, ports_.blobs.Put(aggregation::SerializeState(state)));
  return std::pair(params, rule);
}

StatusOr<aggregation::ServerState> RoundWork::LoadState(const Digest& optimizer) const {
  if (optimizer == Digest()) return aggregation::ServerState{};
  MUSTER_ASSIGN(const Bytes bytes, ports_.blobs.Get(optimizer));
  return aggregation::ParseState(bytes);
}

void RoundWork::Discard() {
  strand_.Post([self = shared_from_this()] {
    self->sum_.reset();
    Erase(self->key_, self->ports_.files, self->ports_.log);
  });
}

void RoundWork::Erase(const RoundKey& key, Files& files, Logger& log) {
  const auto names = files.List(PrefixOf(key));
  for (const std::string& name : names.ok() ? *names : std::vector<std::string>())
    if (const Status s = files.Remove(name); !s.ok())
      log.Warn("checkpoint_not_removed", {{"error", MessageOf(s)}});
}

void RoundWork::Tell(std::function<void()> news) {
  ports_.control.Post([self = shared_from_this(), news = std::move(news)] { news(); });
}

}  // namespace muster::coordinator
