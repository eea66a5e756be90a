#include "platform/openssl_keystream.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>

#include "platform/openssl_ptr.h"
#include "platform/vaes_keystream.h"

namespace muster::platform {
namespace {
constexpr std::size_t kBlock = 16;
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 63;

// The plaintext whose encryption is the stream. Small enough to stay in the first-level cache.
constexpr std::array<unsigned char, 8192> kZeroes{};

using CipherCtxPtr = OpenSslPtr<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;  // Wipes the key.
using Counter = std::array<unsigned char, kBlock>;

const EVP_CIPHER* Aes128Ctr() {
  static const EVP_CIPHER* const cipher = [] {
    const EVP_CIPHER* fetched = EVP_CIPHER_fetch(nullptr, "AES-128-CTR", nullptr);
    if (fetched == nullptr) OpenSslDie("EVP_CIPHER_fetch");
    return fetched;
  }();
  return cipher;
}

// counter += blocks, as one big-endian number modulo 2^128 (SP 800-38A appendix B.1).
void Advance(Counter& counter, std::uint64_t blocks) {
  unsigned carry = 0;
  for (std::size_t i = 0; i < kBlock; ++i) {
    unsigned char& digit = counter[kBlock - 1 - i];
    const unsigned sum = digit + carry + (i < 8 ? blocks >> 8 * i & 0xff : 0);
    digit = static_cast<unsigned char>(sum);
    carry = sum >> 8;
  }
}

class AesCtrKeystream final : public Keystream {
 public:
  AesCtrKeystream(CipherCtxPtr cipher, const Counter& first)
      : cipher_(std::move(cipher)), first_(first) {}
  ~AesCtrKeystream() override { OPENSSL_cleanse(first_.data(), first_.size()); }

  Status Fill(std::uint64_t offset, std::span<std::byte> out) override {
    if (offset > kMostBytes || out.size() > kMostBytes - offset)
      return InvalidArgument("keystream: {} bytes at {}, it has 2^63", out.size(), offset);
    if (offset != position_) MUSTER_TRY(Seek(offset));
    while (!out.empty()) {
      const std::size_t n = std::min(out.size(), kZeroes.size());
      MUSTER_TRY(Next(reinterpret_cast<unsigned char*>(out.data()), n));
      out = out.subspan(n);
    }
    return Ok();
  }

 private:
  static constexpr std::uint64_t kNowhere = ~std::uint64_t{0};

  Status Seek(std::uint64_t offset) {
    position_ = kNowhere;  // Where a failure would leave the cipher.
    Counter counter = first_;
    Advance(counter, offset / kBlock);
    const int ok = EVP_EncryptInit_ex2(cipher_.get(), nullptr, nullptr, counter.data(), nullptr);
    OPENSSL_cleanse(counter.data(), counter.size());
    if (ok != 1) return OpenSslError("AES-128-CTR seek");
    position_ = offset - offset % kBlock;
    unsigned char skipped[kBlock];
    Status status = Next(skipped, offset % kBlock);
    OPENSSL_cleanse(skipped, sizeof skipped);
    return status;
  }

  // The next n <= kZeroes.size() bytes.
  Status Next(unsigned char* out, std::size_t n) {
    if (n == 0) return Ok();
    int written = 0;
    if (EVP_EncryptUpdate(cipher_.get(), out, &written, kZeroes.data(), static_cast<int>(n)) != 1 ||
        written != static_cast<int>(n)) {
      position_ = kNowhere;
      return OpenSslError("AES-128-CTR");
    }
    position_ += n;
    return Ok();
  }

  CipherCtxPtr cipher_;
  Counter first_;
  std::uint64_t position_ = 0;
};

Status CheckSeed(const Secret& seed) {
  if (seed.Reveal().size() == Crypto::kKeystreamSeedBytes) return Ok();
  return InvalidArgument("keystream seed: {} bytes, not {}", seed.Reveal().size(),
                         Crypto::kKeystreamSeedBytes);
}
}  // namespace

StatusOr<std::unique_ptr<Keystream>> NewAesCtrKeystream(const Secret& seed) {
  const std::optional<VaesWidth> width = WidestVaes();
  if (!width) return NewOpenSslKeystream(seed);
  MUSTER_TRY(CheckSeed(seed));
  return NewVaesKeystream(*width, seed);
}

StatusOr<std::unique_ptr<Keystream>> NewOpenSslKeystream(const Secret& seed) {
  MUSTER_TRY(CheckSeed(seed));
  const auto* const key = reinterpret_cast<const unsigned char*>(seed.Reveal().data());
  CipherCtxPtr cipher(EVP_CIPHER_CTX_new());
  if (!cipher || EVP_EncryptInit_ex2(cipher.get(), Aes128Ctr(), key, key + kBlock, nullptr) != 1)
    return OpenSslError("AES-128-CTR");
  Counter first;
  std::copy_n(key + kBlock, kBlock, first.begin());
  std::unique_ptr<Keystream> stream = std::make_unique<AesCtrKeystream>(std::move(cipher), first);
  OPENSSL_cleanse(first.data(), first.size());
  return stream;
}

}  // namespace muster::platform
