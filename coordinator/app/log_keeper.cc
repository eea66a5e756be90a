#include "coordinator/app/log_keeper.h"

namespace muster::coordinator {

LogKeeper::LogKeeper(const Ports& ports)
    : ports_(ports),
      self_(std::make_shared<LogKeeper*>(this)),
      subscription_(ports.journal.Subscribe([this](std::uint64_t) { Grow(); })) {
  Post(&LogKeeper::Work);
}

LogKeeper::~LogKeeper() {
  subscription_.reset();
  self_.reset();
  if (!status().ok()) return;
  const Status caught_up = CatchUp();
  if (!caught_up.ok()) ports_.logger.Error("log_stopped", {{"error", MessageOf(caught_up)}});
}

Status LogKeeper::status() const {
  absl::MutexLock lock(&mu_);
  return status_;
}

void LogKeeper::Post(void (LogKeeper::*step)()) {
  ports_.executor.Post([step, self = std::weak_ptr(self_)] {
    if (const auto keeper = self.lock()) ((**keeper).*step)();
  });
}

void LogKeeper::Grow() {
  {
    absl::MutexLock lock(&mu_);
    grown_ = true;
    // A clock that was set back would make the rest a long one.
    const bool over = phase_ == Phase::kResting && ports_.clock.Now() < rest_from_;
    if (phase_ != Phase::kIdle && !over) return;
    phase_ = Phase::kWorking;
  }
  Post(&LogKeeper::Work);
}

void LogKeeper::Work() {
  {
    absl::MutexLock lock(&mu_);
    grown_ = false;
  }
  const Status caught_up = CatchUp();
  const Timestamp now = ports_.clock.Now();
  {
    absl::MutexLock lock(&mu_);
    phase_ = caught_up.ok() ? Phase::kResting : Phase::kEnded;
    status_ = caught_up;
    rest_from_ = now;
  }
  if (!caught_up.ok()) return ports_.logger.Error("log_stopped", {{"error", MessageOf(caught_up)}});
  ports_.executor.PostAt(now + kRest, [self = std::weak_ptr(self_)] {
    if (const auto keeper = self.lock()) (*keeper)->EndRest();
  });
}

void LogKeeper::EndRest() {
  {
    absl::MutexLock lock(&mu_);
    if (phase_ != Phase::kResting) return;
    phase_ = grown_ ? Phase::kWorking : Phase::kIdle;
    if (!grown_) return;
  }
  Work();
}

Status LogKeeper::CatchUp() {
  for (;;) {
    MUSTER_ASSIGN(const auto advanced, ports_.log.Advance());
    if (advanced.at_end) break;
  }
  return ports_.log.Publish().status();
}

}  // namespace muster::coordinator
