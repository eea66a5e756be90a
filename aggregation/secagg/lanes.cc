#include "aggregation/secagg/lanes.h"

namespace muster::aggregation::secagg {

StatusOr<LaneBits> ParseLaneBits(std::uint64_t bits) {
  if (bits == 16 || bits == 24 || bits == 32) return static_cast<LaneBits>(bits);
  return InvalidArgument("{} bits per element; 16, 24 and 32 are allowed", bits);
}

}  // namespace muster::aggregation::secagg
