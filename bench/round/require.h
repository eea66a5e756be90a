#pragma once
// A bench without its subject has nothing to say: the first error ends the program.
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "base/status.h"

namespace muster::bench {

inline void Require(const Status& status) {
  if (status.ok()) return;
  fmt::print(stderr, "round_bench: {}\n", MessageOf(status));
  std::exit(1);
}
template <typename T>
T Require(StatusOr<T> value) {
  Require(value.status());
  return *std::move(value);
}

}  // namespace muster::bench
