#include "client/secure/identity.h"

#include <algorithm>

namespace muster::client {

StatusOr<Signature> IdentitySigner::Sign(ByteView message) const {
  MUSTER_ASSIGN(const Bytes bytes, keys_->Sign(message));
  Signature signature;
  if (bytes.size() != signature.size())
    return Internal("a signature of {} bytes, {} are needed", bytes.size(), signature.size());
  std::ranges::copy(bytes, signature.begin());
  return signature;
}

}  // namespace muster::client
