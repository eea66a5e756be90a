// ParseJoinToken on foreign text, raw and wrapped as the token it might be: what it accepts is
// written again in the same bytes.
#include <cstdlib>
#include <string>

#include "base/bytes.h"
#include "base/join_token.h"

namespace muster {
namespace {

void Check(std::string_view text) {
  const auto token = ParseJoinToken(text);
  if (!token.ok()) {
    if (ReasonOf(token.status()) != Reason::kTOKEN_UNKNOWN) std::abort();
    return;
  }
  const auto again = EncodeJoinToken(*token);
  if (!again.ok() || text.find(AsText(again->Reveal())) == text.npos) std::abort();
}

}  // namespace
}  // namespace muster

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  muster::Check(text);
  muster::Check("muster-join-1." + muster::ToBase64Url(muster::AsBytes(text)));
  return 0;
}
