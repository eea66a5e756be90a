#include "platform/posix_subprocess.h"

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <deque>
#include <functional>
#include <optional>
#include <thread>

#include "platform/child_spawn.h"

namespace muster::platform {
namespace {
using Monotonic = std::chrono::steady_clock;

class Deadline {
 public:
  explicit Deadline(Duration timeout)
      : end_(Monotonic::now() + std::min<Duration>(timeout, std::chrono::hours(24 * 365))) {}
  // Waits for `events` (or an error or hang-up) on `fd`; DEADLINE_EXCEEDED when none came.
  Status Poll(const Fd& fd, short events, std::string_view what) const {
    for (;;) {
      const auto left = std::chrono::ceil<Duration>(end_ - Monotonic::now()).count();
      pollfd entry{fd.get(), events, 0};
      const int n = ::poll(&entry, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, INT_MAX)));
      if (n > 0) return Ok();
      if (n < 0 && errno != EINTR) return ErrnoStatus(errno, "cannot poll", what);
      if (n == 0 && left <= 0) return DeadlineExceeded("subprocess: {} took too long", what);
    }
  }

 private:
  Monotonic::time_point end_;
};

// A write to a pipe that nobody reads raises SIGPIPE; for the length of one write it is held back
// in this thread and then taken off, without touching the process's handlers.
ssize_t WriteWithoutSigpipe(int fd, std::string_view bytes) {
  sigset_t sigpipe, before, pending;
  ::sigemptyset(&sigpipe);
  ::sigaddset(&sigpipe, SIGPIPE);
  ::sigpending(&pending);
  const bool was_pending = ::sigismember(&pending, SIGPIPE) == 1;
  ::pthread_sigmask(SIG_BLOCK, &sigpipe, &before);
  const ssize_t n = ::write(fd, bytes.data(), bytes.size());
  const int error = errno;
  const timespec now{};
  if (n < 0 && error == EPIPE && !was_pending)
    while (::sigtimedwait(&sigpipe, nullptr, &now) < 0 && errno == EINTR) continue;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return n;
}

class PosixSubprocess final : public Subprocess {
 public:
  PosixSubprocess(SpawnedChild child, std::shared_ptr<PosixLauncher::ForkThread> thread)
      : child_(std::move(child)), thread_(std::move(thread)) {}
  ~PosixSubprocess() override {
    Kill();
    // SIGKILL cannot be refused, so this waits for the kernel alone.
    while (absl::IsDeadlineExceeded(Wait(std::chrono::seconds(10)).status())) continue;
  }

  Status WriteLine(std::string_view line, Duration timeout) override {
    if (line.find('\n') != line.npos)
      return InvalidArgument("subprocess: a line break within a line");
    if (!child_.to.open()) return Unavailable("subprocess: its stdin is closed");
    std::string text(line);
    text += '\n';
    const Deadline deadline(timeout);
    for (std::string_view rest = text; !rest.empty();) {
      const ssize_t n = WriteWithoutSigpipe(child_.to.get(), rest);
      if (n >= 0) {
        rest.remove_prefix(static_cast<std::size_t>(n));
      } else if (errno == EAGAIN) {
        MUSTER_TRY(deadline.Poll(child_.to, POLLOUT, "reading its stdin"));
      } else if (errno != EINTR) {
        return Unavailable("subprocess: it closed its stdin");
      }
    }
    return Ok();
  }

  StatusOr<std::string> ReadLine(Duration timeout, std::size_t max_bytes) override {
    const Deadline deadline(timeout);
    for (std::size_t searched = 0;;) {
      const auto end = buffer_.find('\n', searched);
      if (std::min(end, buffer_.size()) > max_bytes)
        return ResourceExhausted("subprocess: it wrote a line of more than {} bytes", max_bytes);
      if (end != buffer_.npos) {
        std::string line = buffer_.substr(0, end);
        buffer_.erase(0, end + 1);
        return line;
      }
      searched = buffer_.size();
      MUSTER_TRY(ReadMore(deadline));
    }
  }

  void CloseStdin() override { child_.to = Fd(); }

  StatusOr<ExitStatus> Wait(Duration timeout) override {
    if (const auto known = exit_status()) return *known;
    MUSTER_TRY(Deadline(timeout).Poll(child_.pidfd, POLLIN, "its end"));
    absl::MutexLock lock(&mu_);
    if (!exit_) {
      // Its process group id is ours to use until it is reaped.
      ::kill(-child_.pid, SIGKILL);
      int status = 0;
      pid_t reaped;
      do reaped = ::waitpid(child_.pid, &status, 0);
      while (reaped < 0 && errno == EINTR);
      if (reaped < 0) return ErrnoStatus(errno, "cannot wait for", "a subprocess");
      exit_ = WIFSIGNALED(status) ? ExitStatus{0, WTERMSIG(status)}
                                  : ExitStatus{WEXITSTATUS(status), 0};
    }
    return *exit_;
  }

  void Kill() override {
    absl::MutexLock lock(&mu_);
    if (!exit_) ::kill(-child_.pid, SIGKILL);
  }

  int pid() const override { return child_.pid; }

 private:
  std::optional<ExitStatus> exit_status() {
    absl::MutexLock lock(&mu_);
    return exit_;
  }

  Status ReadMore(const Deadline& deadline) {
    std::array<char, 16 * 1024> piece;
    const ssize_t n = ::read(child_.from.get(), piece.data(), piece.size());
    if (n > 0) {
      buffer_.append(piece.data(), static_cast<std::size_t>(n));
      return Ok();
    }
    if (n == 0) return Unavailable("subprocess: it closed its stdout");
    if (errno == EAGAIN) return deadline.Poll(child_.from, POLLIN, "its answer");
    return errno == EINTR ? Ok() : ErrnoStatus(errno, "cannot read", "a subprocess");
  }

  SpawnedChild child_;
  const std::shared_ptr<PosixLauncher::ForkThread> thread_;  // Its end would be the child's.
  std::string buffer_;                                       // Read, not yet handed out.
  absl::Mutex mu_;
  std::optional<ExitStatus> exit_ ABSL_GUARDED_BY(mu_);
};
}  // namespace

// Runs one closure at a time on a thread that ends with this object.
class PosixLauncher::ForkThread {
 public:
  ForkThread() : thread_([this] { Work(); }) {}
  ~ForkThread() {
    Push(nullptr);
    thread_.join();
  }

  StatusOr<SpawnedChild> Spawn(const SubprocessSpec& spec) {
    absl::Mutex mu;
    std::optional<StatusOr<SpawnedChild>> result;
    Push([&] {
      absl::MutexLock lock(&mu);
      result.emplace(SpawnChild(spec));
    });
    absl::MutexLock lock(&mu);
    mu.Await(absl::Condition(
        +[](std::optional<StatusOr<SpawnedChild>>* r) { return r->has_value(); }, &result));
    return *std::move(result);
  }

 private:
  void Push(std::function<void()> work) {
    absl::MutexLock lock(&mu_);
    queue_.push_back(std::move(work));
  }
  bool HasWork() const ABSL_SHARED_LOCKS_REQUIRED(mu_) { return !queue_.empty(); }
  void Work() {
    for (;;) {
      std::function<void()> work;
      {
        absl::MutexLock lock(&mu_);
        mu_.Await(absl::Condition(this, &ForkThread::HasWork));
        work = std::move(queue_.front());
        queue_.pop_front();
      }
      if (!work) return;
      work();
    }
  }

  absl::Mutex mu_;
  std::deque<std::function<void()>> queue_ ABSL_GUARDED_BY(mu_);
  std::thread thread_;
};

PosixLauncher::PosixLauncher() : thread_(std::make_shared<ForkThread>()) {}
PosixLauncher::~PosixLauncher() = default;

StatusOr<std::unique_ptr<Subprocess>> PosixLauncher::Start(const SubprocessSpec& spec) {
  MUSTER_ASSIGN(SpawnedChild child, thread_->Spawn(spec));
  return std::make_unique<PosixSubprocess>(std::move(child), thread_);
}

}  // namespace muster::platform
