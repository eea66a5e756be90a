#pragma once
// How long work takes.
#include <algorithm>
#include <chrono>
#include <vector>

namespace muster::bench {

template <typename Work>
double Seconds(const Work& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

template <typename Work>
double MedianSeconds(const Work& work, int times = 11) {
  std::vector<double> all;
  for (int i = 0; i < times; ++i) all.push_back(Seconds(work));
  std::ranges::sort(all);
  return all[all.size() / 2];
}

// Of `work(i)` for i in [0, times), in milliseconds.
template <typename Work>
double P99Millis(int times, const Work& work) {
  std::vector<double> took;
  for (int i = 0; i < times; ++i) took.push_back(1e3 * Seconds([&] { work(i); }));
  std::ranges::sort(took);
  return took[took.size() * 99 / 100];
}

}  // namespace muster::bench
