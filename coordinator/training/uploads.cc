#include "coordinator/training/uploads.h"

#include <algorithm>
#include <vector>

namespace muster::coordinator {

std::uint64_t Uploads::Offset(const Key& key, std::uint64_t total) const {
  absl::MutexLock lock(&mu_);
  const auto it = entries_.find(key);
  if (it == entries_.end() || it->second.buffer->bytes.size() != total) return 0;
  return it->second.buffer->received;
}

bool Uploads::Fits(std::uint64_t bytes) const {
  return reserved_ == 0 || reserved_ + bytes <= limits_.memory_bytes;
}

std::shared_ptr<UploadBuffer> Uploads::Reserve(const Key& key, std::uint64_t total) {
  reserved_ += total;
  reserved_at_ = clock_.Now();
  auto buffer = std::make_shared<UploadBuffer>(Space(total));
  entries_[key] = {buffer, true, reserved_at_, reserved_at_};
  return buffer;
}

Bytes Uploads::Space(std::uint64_t total) {
  if (spare_.empty() || spare_.back().size() != total) {
    spare_.clear();
    return Bytes(total);
  }
  Bytes space = std::move(spare_.back());
  spare_.pop_back();
  return space;
}

void Uploads::Recycle(Bytes bytes) {
  absl::MutexLock lock(&mu_);
  if (!spare_.empty() && (spare_.back().size() != bytes.size() ||
                          (spare_.size() + 1) * bytes.size() > limits_.memory_bytes))
    return;
  spare_.push_back(std::move(bytes));
}

void Uploads::Begin(const Key& key, std::uint64_t total, Admitted admitted) {
  StatusOr<std::shared_ptr<UploadBuffer>> result = std::shared_ptr<UploadBuffer>();
  {
    absl::MutexLock lock(&mu_);
    auto it = entries_.find(key);
    if (it != entries_.end() && it->second.writing) {
      result = WithReason(Aborted("another stream is writing this upload"), Reason::kUPLOAD_BUSY);
    } else {
      if (it != entries_.end() && it->second.buffer->bytes.size() != total) {
        reserved_ -= it->second.buffer->bytes.size();  // Another file: the old bytes are useless.
        entries_.erase(it);
        it = entries_.end();
      }
      if (it != entries_.end()) {
        it->second.writing = true;
        it->second.touched = clock_.Now();
        result = it->second.buffer;
      } else if (Fits(total) && waiters_.empty()) {
        result = Reserve(key, total);
      } else {
        waiters_.push_back({key, total, std::move(admitted)});
        return;
      }
    }
  }
  admitted(std::move(result));
}

void Uploads::Pause(const Key& key, const std::shared_ptr<UploadBuffer>& buffer) {
  absl::MutexLock lock(&mu_);
  const auto it = entries_.find(key);
  if (it != entries_.end() && it->second.buffer == buffer) {
    it->second.writing = false;
    it->second.touched = clock_.Now();
  }
  std::erase_if(waiters_, [&](const Waiter& w) { return w.key == key; });
}

Bytes Uploads::Take(const Key& key) {
  absl::MutexLock lock(&mu_);
  const auto it = entries_.find(key);
  if (it == entries_.end()) return {};
  Bytes bytes = std::move(it->second.buffer->bytes);
  entries_.erase(it);
  return bytes;
}

void Uploads::Release(std::uint64_t bytes) {
  {
    absl::MutexLock lock(&mu_);
    reserved_ -= std::min(reserved_, bytes);
  }
  AdmitWaiters();
}

void Uploads::Drop(const Key& key) {
  {
    absl::MutexLock lock(&mu_);
    const auto it = entries_.find(key);
    if (it == entries_.end()) return;
    reserved_ -= it->second.buffer->bytes.size();
    entries_.erase(it);
  }
  AdmitWaiters();
}

void Uploads::Expire() {
  std::vector<Key> over;
  {
    absl::MutexLock lock(&mu_);
    const Timestamp now = clock_.Now();
    for (const auto& [key, entry] : entries_) {
      if (!entry.writing && entry.touched + limits_.idle <= now) {
        over.push_back(key);
      } else if (!waiters_.empty() && TurnIsOver(key, entry, now)) {
        ++DeviceOf(key).turns_lost;
        over.push_back(key);
      }
    }
    if (reserved_at_ + limits_.idle <= now) spare_.clear();
  }
  for (const Key& key : over) Drop(key);
}

bool Uploads::TurnIsOver(const Key& key, const Entry& entry, Timestamp now) {
  const unsigned doublings = std::min(DeviceOf(key).turns_lost, kMostDoublings);
  return entry.admitted + limits_.turn * (1U << doublings) <= now;
}

Uploads::Device& Uploads::DeviceOf(const Key& key) {
  Campaign& campaign = campaigns_[key.second.campaign];
  if (campaign.round < key.second) campaign = {key.second, {}, {}};
  return campaign.devices[key.first];
}

void Uploads::AdmitWaiters() {
  for (;;) {
    Admitted admitted;
    std::shared_ptr<UploadBuffer> buffer;
    {
      absl::MutexLock lock(&mu_);
      if (waiters_.empty() || !Fits(waiters_.front().total)) return;
      Waiter waiter = std::move(waiters_.front());
      waiters_.pop_front();
      admitted = std::move(waiter.admitted);
      if (!entries_.contains(waiter.key)) buffer = Reserve(waiter.key, waiter.total);
    }
    if (buffer)
      admitted(std::move(buffer));
    else
      admitted(WithReason(Aborted("another stream is writing this upload"), Reason::kUPLOAD_BUSY));
  }
}

Timestamp Uploads::LastProgress(const CampaignName& campaign) const {
  absl::MutexLock lock(&mu_);
  const auto it = campaigns_.find(campaign);
  return it == campaigns_.end() ? Timestamp() : it->second.progress;
}

Status Uploads::Progress(const Key& key, const std::shared_ptr<UploadBuffer>& buffer,
                         std::uint64_t received) {
  absl::MutexLock lock(&mu_);
  const auto it = entries_.find(key);
  if (it == entries_.end() || it->second.buffer != buffer)
    return WithReason(Aborted("others were waiting, and this upload was too slow: send it again"),
                      Reason::kUPLOAD_BUSY);
  const Timestamp now = clock_.Now();
  buffer->received = received;
  it->second.touched = now;
  Device& device = DeviceOf(key);
  const std::uint64_t step = std::max<std::uint64_t>(buffer->bytes.size() / 16, 1);
  if (received / step > device.sixteenths) {
    device.sixteenths = received / step;
    campaigns_[key.second.campaign].progress = now;
  }
  return Ok();
}

}  // namespace muster::coordinator
