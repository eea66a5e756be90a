// No key seals twice and no mask is used but by its pair, within a session and over several: a
// keystream used again would give away the difference of two vectors.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "platform/sha256.h"
#include "tests/unit/secagg/room.h"

namespace muster::aggregation::secagg {
namespace {

const platform::OpenSslHasher kHasher;

// Keeps a register of the keys that sealed.
class RegisteringCrypto final : public ::muster::testing::SymbolicCrypto {
 public:
  explicit RegisteringCrypto(std::set<Bytes>& seal_keys)
      : SymbolicCrypto(kHasher), seal_keys_(seal_keys) {}
  StatusOr<Bytes> Seal(const Secret& key, ByteView nonce, ByteView aad,
                       ByteView plain) const override {
    const ByteView raw = key.Reveal();
    EXPECT_TRUE(seal_keys_.insert(Bytes(raw.begin(), raw.end())).second) << "a key sealed twice";
    return SymbolicCrypto::Seal(key, nonce, aad, plain);
  }

 private:
  std::set<Bytes>& seal_keys_;
};

TEST(Keys, SealOnceAndMasksBelongToOnePairInOneSession) {
  const ::muster::testing::SymbolicCrypto signing(kHasher);
  std::set<Bytes> seal_keys;
  std::map<Bytes, std::vector<Sign>> masks;
  for (std::uint64_t session = 1; session <= 4; ++session) {
    RoomOptions options{.devices = 6};
    options.seed = session;
    Room room(options, std::make_unique<RegisteringCrypto>(seal_keys), [&](std::uint64_t seed) {
      return std::make_unique<::muster::testing::SymbolicSigner>(signing, seed);
    });
    room.Advertise();
    room.Deal();
    room.SendVectors();
    room.Agree();
    ASSERT_TRUE(room.Unmask().has_value());
    for (const TestDevice& device : room.devices)
      for (const TestDevice::UsedMask& mask : device.masks) masks[mask.seed].push_back(mask.sign);
  }
  EXPECT_EQ(seal_keys.size(), 4u * 6 * 6);
  EXPECT_EQ(masks.size(), 4u * (6 + 15));
  for (const auto& [seed, signs] : masks)
    if (signs.size() > 1) {
      ASSERT_EQ(signs.size(), 2u);
      EXPECT_NE(signs[0], signs[1]);
    }
}
}  // namespace
}  // namespace muster::aggregation::secagg
