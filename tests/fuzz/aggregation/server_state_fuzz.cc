// ParseState on foreign bytes: what it accepts survives being written and read again.
#include <cstdlib>

#include "aggregation/server_state.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster;
  const auto state = aggregation::ParseState(std::as_bytes(std::span(data, size)));
  if (!state.ok()) {
    if (ReasonOf(state.status()) != Reason::kARTEFACT_INVALID) std::abort();
    return 0;
  }
  const auto again = aggregation::ParseState(aggregation::SerializeState(*state));
  if (!again.ok() || *again != *state) std::abort();
  return 0;
}
