// ParseTask and DecodeServerFact on foreign bytes: what they accept is written again as the same.
#include "aggregation/secagg/task.h"

#include <algorithm>
#include <cstdlib>

#include "aggregation/secagg/server_facts.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster;
  using namespace muster::aggregation::secagg;
  const ByteView bytes = std::as_bytes(std::span(data, size));
  if (const auto task = ParseTask(bytes); task.ok()) {
    const Bytes again = EncodeTask(*task);
    if (!std::equal(again.begin(), again.end(), bytes.begin(), bytes.end())) std::abort();
  }
  if (const auto fact = DecodeServerFact(AsText(bytes)); fact.ok()) {
    const auto row = EncodeServerFact(*fact, "fuzz", Timestamp());
    if (!row.ok() || !DecodeServerFact(*row).ok()) std::abort();
  }
  return 0;
}
