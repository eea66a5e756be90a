#pragma once
// How the judges of gates (gate_judge.h) write their verdicts.
#include <string>

#include "registry/gate.h"
#include "registry/version.h"

namespace muster::registry {

template <typename... Args>
Verdict Passed(const char* gate, fmt::format_string<Args...> f, Args&&... args) {
  return {gate, true, fmt::format(f, std::forward<Args>(args)...)};
}
template <typename... Args>
Verdict Refused(const char* gate, fmt::format_string<Args...> f, Args&&... args) {
  return {gate, false, fmt::format(f, std::forward<Args>(args)...)};
}

inline std::uint64_t NumberOf(const ModelVersion& version) { return version.version.value(); }

}  // namespace muster::registry
