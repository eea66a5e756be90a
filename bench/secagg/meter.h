#pragma once
// Seconds that a thread really worked: other programs on the machine do not show in them.
#include <ctime>
#include <utility>

namespace muster::bench {

inline double ThreadCpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// Adds up the processor time of what it runs.
class Meter {
 public:
  template <typename Work>
  decltype(auto) Run(Work&& work) {
    const Running running(seconds_);
    return std::forward<Work>(work)();
  }
  double seconds() const { return seconds_; }

 private:
  class Running {
   public:
    explicit Running(double& sum) : sum_(sum), start_(ThreadCpuSeconds()) {}
    ~Running() { sum_ += ThreadCpuSeconds() - start_; }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

   private:
    double& sum_;
    const double start_;
  };
  double seconds_ = 0;
};  // Used from one thread at a time.

}  // namespace muster::bench
