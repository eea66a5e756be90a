#include "platform/journal_rules.h"

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <algorithm>
#include <mutex>
#include <vector>

namespace muster::platform {
namespace {
Status CheckFact(std::string_view fact) {
  if (fact.size() > kMaxFactBytes)
    return InvalidArgument("a fact of {} bytes; the most is {}", fact.size(), kMaxFactBytes);
  if (fact.size() < 2 || fact.front() != '{' || fact.back() != '}')
    return InvalidArgument("a fact that is not a JSON object");
  if (std::any_of(fact.begin(), fact.end(), [](unsigned char c) { return c < 0x20; }))
    return InvalidArgument("a fact with a control character is not canonical JSON");
  return Ok();
}

struct Subscription {
  // Recursive, so that an observer may end its own subscription.
  std::recursive_mutex mu;
  bool active = true;
  Journal::Observer observer;
};
}  // namespace

Status CheckAppend(std::string_view stream, std::span<const std::string> facts) {
  if (stream.empty() || stream.size() > kMaxStreamBytes)
    return InvalidArgument("a stream name of {} bytes", stream.size());
  if (std::any_of(stream.begin(), stream.end(), [](char c) { return c < 0x20 || c > 0x7e; }))
    return InvalidArgument("a stream name with a character that is not printable ASCII");
  for (const std::string& fact : facts) MUSTER_TRY(Prefixed(CheckFact(fact), stream));
  return Ok();
}

Status CheckHead(std::string_view stream, const StreamHead& head, std::uint64_t next_seq,
                 std::size_t facts) {
  if (head.next_seq != next_seq)
    return WithReason(
        Aborted("stream {} goes on at {}, not at {}", stream, head.next_seq, next_seq),
        Reason::kSTALE_WRITE);
  if (head.closed && facts > 0) return FailedPrecondition("stream {} is closed", stream);
  return Ok();
}

struct JournalObservers::List {
  absl::Mutex mu;
  std::vector<std::shared_ptr<Subscription>> subscriptions ABSL_GUARDED_BY(mu);
};

JournalObservers::JournalObservers() : list_(std::make_shared<List>()) {}

std::shared_ptr<void> JournalObservers::Subscribe(Journal::Observer observer) {
  auto subscription = std::make_shared<Subscription>();
  subscription->observer = std::move(observer);
  {
    absl::MutexLock lock(&list_->mu);
    list_->subscriptions.push_back(subscription);
  }
  const auto end = [list = std::weak_ptr<List>(list_), subscription](void*) {
    {
      const std::lock_guard lock(subscription->mu);
      subscription->active = false;
    }
    if (const auto alive = list.lock()) {
      absl::MutexLock lock(&alive->mu);
      std::erase(alive->subscriptions, subscription);
    }
  };
  return std::shared_ptr<void>(subscription.get(), end);
}

void JournalObservers::Notify(std::uint64_t leaves) {
  std::vector<std::shared_ptr<Subscription>> now;
  {
    absl::MutexLock lock(&list_->mu);
    now = list_->subscriptions;
  }
  for (const auto& subscription : now) {
    const std::lock_guard lock(subscription->mu);
    if (subscription->active) subscription->observer(leaves);
  }
}

}  // namespace muster::platform
