#pragma once
// A bench without its subject has nothing to say: the first error ends the program.
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "base/status.h"

namespace muster::bench {

inline void Require(const Status& status) {
  if (status.ok()) return;
  fmt::print(stderr, "bench: {}\n", MessageOf(status));
  std::exit(1);
}
inline void Require(bool holds, std::string_view what) {
  if (!holds) Require(Internal("not so: {}", what));
}
template <typename T>
T Require(StatusOr<T> value) {
  Require(value.status());
  return *std::move(value);
}

}  // namespace muster::bench
