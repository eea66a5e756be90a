// Shows ThreadSanitizer what Abseil's locks order. The packaged library is not instrumented and
// waits by futex, so TSan would call everything under an absl::Mutex a race. Each function here
// stands before the library's own, calls it, and tells TSan. Linked under -fsanitize=thread alone;
// it adds no order that the library does not give.
#include <absl/base/config.h>
#include <absl/synchronization/mutex.h>
#include <absl/synchronization/notification.h>
#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>

#include <cstdlib>

#ifdef __clang__
#pragma clang diagnostic ignored "-Wthread-safety"
#endif

namespace {
template <typename Function>
Function* Library(const char* symbol) {
  void* const found = dlsym(RTLD_NEXT, symbol);
  if (found == nullptr) std::abort();
  return reinterpret_cast<Function*>(found);
}
void Acquire(const void* lock) { __tsan_acquire(const_cast<void*>(lock)); }
void Release(const void* lock) { __tsan_release(const_cast<void*>(lock)); }

// A condition that the library evaluates under the mutex, though TSan did not see it taken.
struct Watched {
  absl::Mutex* mutex;
  const absl::Condition& condition;
  bool Holds() const {
    Acquire(mutex);
    const bool holds = condition.Eval();
    Release(mutex);
    return holds;
  }
};
}  // namespace

namespace absl {
ABSL_NAMESPACE_BEGIN

void Mutex::Lock() {
  static auto* const real = Library<void(Mutex*)>("_ZN4absl7debian35Mutex4LockEv");
  real(this);
  Acquire(this);
}
void Mutex::Unlock() {
  static auto* const real = Library<void(Mutex*)>("_ZN4absl7debian35Mutex6UnlockEv");
  Release(this);
  real(this);
}
bool Mutex::TryLock() {
  static auto* const real = Library<bool(Mutex*)>("_ZN4absl7debian35Mutex7TryLockEv");
  const bool locked = real(this);
  if (locked) Acquire(this);
  return locked;
}
void Mutex::ReaderLock() {
  static auto* const real = Library<void(Mutex*)>("_ZN4absl7debian35Mutex10ReaderLockEv");
  real(this);
  Acquire(this);
}
void Mutex::ReaderUnlock() {
  static auto* const real = Library<void(Mutex*)>("_ZN4absl7debian35Mutex12ReaderUnlockEv");
  Release(this);
  real(this);
}
void Mutex::Await(const Condition& condition) {
  static auto* const real =
      Library<void(Mutex*, const Condition&)>("_ZN4absl7debian35Mutex5AwaitERKNS0_9ConditionE");
  Release(this);
  const Watched watched{this, condition};
  real(this, Condition(&watched, &Watched::Holds));
  Acquire(this);
}
bool Mutex::AwaitWithTimeout(const Condition& condition, Duration timeout) {
  static auto* const real = Library<bool(Mutex*, const Condition&, Duration)>(
      "_ZN4absl7debian35Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE");
  Release(this);
  const Watched watched{this, condition};
  const bool met = real(this, Condition(&watched, &Watched::Holds), timeout);
  Acquire(this);
  return met;
}
bool Mutex::AwaitWithDeadline(const Condition& condition, Time deadline) {
  static auto* const real = Library<bool(Mutex*, const Condition&, Time)>(
      "_ZN4absl7debian35Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE");
  Release(this);
  const Watched watched{this, condition};
  const bool met = real(this, Condition(&watched, &Watched::Holds), deadline);
  Acquire(this);
  return met;
}
void Mutex::LockWhen(const Condition& condition) {
  static auto* const real =
      Library<void(Mutex*, const Condition&)>("_ZN4absl7debian35Mutex8LockWhenERKNS0_9ConditionE");
  const Watched watched{this, condition};
  real(this, Condition(&watched, &Watched::Holds));
  Acquire(this);
}

void CondVar::Wait(Mutex* mutex) {
  static auto* const real =
      Library<void(CondVar*, Mutex*)>("_ZN4absl7debian37CondVar4WaitEPNS0_5MutexE");
  Release(mutex);
  real(this, mutex);
  Acquire(mutex);
}
bool CondVar::WaitWithTimeout(Mutex* mutex, Duration timeout) {
  static auto* const real = Library<bool(CondVar*, Mutex*, Duration)>(
      "_ZN4absl7debian37CondVar15WaitWithTimeoutEPNS0_5MutexENS0_8DurationE");
  Release(mutex);
  const bool expired = real(this, mutex, timeout);
  Acquire(mutex);
  return expired;
}
bool CondVar::WaitWithDeadline(Mutex* mutex, Time deadline) {
  static auto* const real = Library<bool(CondVar*, Mutex*, Time)>(
      "_ZN4absl7debian37CondVar16WaitWithDeadlineEPNS0_5MutexENS0_4TimeE");
  Release(mutex);
  const bool expired = real(this, mutex, deadline);
  Acquire(mutex);
  return expired;
}

void Notification::Notify() {
  static auto* const real = Library<void(Notification*)>("_ZN4absl7debian312Notification6NotifyEv");
  Release(this);
  real(this);
}
void Notification::WaitForNotification() const {
  static auto* const real =
      Library<void(const Notification*)>("_ZNK4absl7debian312Notification19WaitForNotificationEv");
  real(this);
  Acquire(this);
}
bool Notification::WaitForNotificationWithTimeout(Duration timeout) const {
  static auto* const real = Library<bool(const Notification*, Duration)>(
      "_ZNK4absl7debian312Notification30WaitForNotificationWithTimeoutENS0_8DurationE");
  const bool notified = real(this, timeout);
  if (notified) Acquire(this);
  return notified;
}

ABSL_NAMESPACE_END
}  // namespace absl
