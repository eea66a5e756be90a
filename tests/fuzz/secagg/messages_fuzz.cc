// Every message of secure aggregation, on foreign bytes: what a parser accepts is written again as
// the same bytes, no other parser accepts it, and a refusal says MALFORMED.
#include "aggregation/secagg/messages.h"

#include <algorithm>
#include <cstdlib>

#include "aggregation/secagg/violation.h"

namespace muster::aggregation::secagg {
namespace {
int readings = 0;

template <typename Message>
void Check(StatusOr<Message> (*parse)(ByteView), ByteView bytes) {
  const auto message = parse(bytes);
  if (!message.ok()) {
    if (ViolationOf(message.status()) != Violation::kMALFORMED) std::abort();
    return;
  }
  const Bytes again = Encode(*message);
  if (!std::equal(again.begin(), again.end(), bytes.begin(), bytes.end())) std::abort();
  ++readings;
}

void CheckAll(ByteView bytes) {
  readings = 0;
  Check(ParseAdvertiseKeys, bytes);
  Check(ParseRoster, bytes);
  Check(ParseShareKeys, bytes);
  Check(ParseInboundShares, bytes);
  Check(ParseMaskedHeader, bytes);
  Check(ParseAgreementRequest, bytes);
  Check(ParseAgreement, bytes);
  Check(ParseUnmaskRequest, bytes);
  Check(ParseUnmaskReply, bytes);
  if (readings > 1) std::abort();
}
}  // namespace
}  // namespace muster::aggregation::secagg

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  muster::aggregation::secagg::CheckAll(std::as_bytes(std::span(data, size)));
  return 0;
}
