// Share::Parse on foreign bytes: what it accepts is written back unchanged; and whatever shares
// come in, reconstruction gives 32 bytes or refuses with its reason.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "aggregation/secagg/shamir.h"

namespace muster::aggregation::secagg {
namespace {
void Require(bool holds) {
  if (!holds) std::abort();
}

void CheckOne(ByteView bytes, std::vector<Share>& shares) {
  auto share = Share::Parse(bytes);
  if (!share.ok()) return Require(ReasonOf(share.status()) == Reason::kARTEFACT_INVALID);
  std::array<std::byte, Share::kBytes> written;
  share->Write(written);
  Require(std::memcmp(written.data(), bytes.data(), bytes.size()) == 0);
  shares.push_back(*std::move(share));
}

void Check(ByteView bytes) {
  std::vector<Share> shares;
  while (!bytes.empty() && shares.size() < 8) {
    const std::size_t size = std::min(bytes.size(), Share::kBytes);
    CheckOne(bytes.first(size), shares);
    bytes = bytes.subspan(size);
  }
  if (shares.empty()) return;
  std::vector<std::uint32_t> holders;
  for (std::size_t i = 0; i < shares.size(); ++i)
    holders.push_back(static_cast<std::uint32_t>(1 + i * i));
  const auto secret = Interpolator::Make(holders)->Reconstruct(shares);
  if (!secret.ok()) return Require(ReasonOf(secret.status()) == Reason::kARTEFACT_INVALID);
  Require(secret->Reveal().size() == kSharedSecretBytes);
}
}  // namespace
}  // namespace muster::aggregation::secagg

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  muster::aggregation::secagg::Check(std::as_bytes(std::span(data, size)));
  return 0;
}
