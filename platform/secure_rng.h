#pragma once
// The process's cryptographic generator: OpenSSL's, seeded by the kernel.
#include "base/rng.h"

namespace muster::platform {

// Ends the process when there is no randomness: no caller can go on without. Safe from any thread.
class OpenSslRng final : public SecureRng {
 public:
  void Fill(std::span<std::byte> out) override;
};

}  // namespace muster::platform
