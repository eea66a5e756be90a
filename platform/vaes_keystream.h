#pragma once
// AES-128-CTR by the vector AES instructions (VAES on 512-bit registers), four blocks at a time:
// the same stream as openssl_keystream.h gives, and it adds its words in place. Constant time, as
// the instructions are. For processors that have them only; the rest of the program needs no flags.
#include <memory>

#include "base/crypto.h"

namespace muster::platform {

// Whether this processor, and the system on it, can.
bool HasVaes();

// `seed` as for NewAesCtrKeystream, 32 bytes. Only where HasVaes(). Cost: 20 GB/s a core, adding
// included; 0.1 us to make one, nothing to seek.
std::unique_ptr<Keystream> NewVaesKeystream(const Secret& seed);

}  // namespace muster::platform
