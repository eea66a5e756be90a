#include "platform/secure_rng.h"

#include <openssl/rand.h>

#include <algorithm>

#include "platform/openssl_ptr.h"

namespace muster::platform {

void OpenSslRng::Fill(std::span<std::byte> out) {
  constexpr std::size_t kPiece = 1 << 30;  // RAND_bytes counts in int.
  while (!out.empty()) {
    const std::size_t n = std::min(out.size(), kPiece);
    if (RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(n)) != 1)
      OpenSslDie("RAND_bytes");
    out = out.subspan(n);
  }
}

}  // namespace muster::platform
