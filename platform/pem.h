#pragma once
// The bound on every PEM text that comes from outside (keys, requests, certificates).
#include <cstddef>

namespace muster::platform {

inline constexpr std::size_t kMaxPemBytes = 16 * 1024;

}  // namespace muster::platform
