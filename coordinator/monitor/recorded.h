#pragma once
// A fact as it stands in the journal: what believing it needs to know beside the fact.
#include <cstdint>
#include <string>

#include "base/clock.h"

namespace muster::coordinator {

template <typename Fact>
struct Recorded {
  Fact fact;
  std::uint64_t seq = 0;  // In its stream.
  Timestamp at;
  std::string by;  // Caller::Text().
};

}  // namespace muster::coordinator
