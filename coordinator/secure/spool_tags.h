#pragma once
// Where a session's spool has what a member sent: two records at most.
#include "aggregation/secagg/members.h"

namespace muster::coordinator {

inline std::uint32_t SharesTag(aggregation::secagg::Member member) { return 2 * member; }
inline std::uint32_t VectorTag(aggregation::secagg::Member member) { return 2 * member + 1; }

}  // namespace muster::coordinator
