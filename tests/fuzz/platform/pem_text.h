#pragma once
// The fuzzer mutates DER; base64 around it would hide the structure from it.
#include <openssl/evp.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace muster::platform {

// Odd sizes go in as they are, so that the PEM reader gets its share.
inline std::string PemText(std::string_view label, const std::uint8_t* data, std::size_t size) {
  if (size % 2 != 0) return {reinterpret_cast<const char*>(data), size};
  std::string body((size + 2) / 3 * 4 + 1, '\0');
  const int n =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(body.data()), data, static_cast<int>(size));
  body.resize(static_cast<std::size_t>(n));
  std::string out = "-----BEGIN " + std::string(label) + "-----\n";
  for (std::size_t at = 0; at < body.size(); at += 64) out += body.substr(at, 64) + "\n";
  return out + "-----END " + std::string(label) + "-----\n";
}

}  // namespace muster::platform
