// Five devices over real cryptography, one more that vanishes before each step in turn: every byte
// of every message is pinned, so that two builds that disagree are found here and not in a fleet.
#include <gtest/gtest.h>

#include <ostream>

#include "platform/openssl_crypto.h"
#include "tests/unit/secagg/room.h"

namespace muster::aggregation::secagg {
namespace {

std::unique_ptr<Signer> RealSigner(std::uint64_t seed) {
  Bytes raw(32);
  ::muster::testing::SeededSecureRng(seed).Fill(raw);
  return std::make_unique<platform::OpenSslSigner>(
      platform::Ed25519PrivateKey::FromSeed(Secret(std::move(raw))).value());
}

struct Golden {
  int step;
  const char* transcript;  // SHA-256 over the hashes of all messages and vectors.
  std::uint32_t survivors;
};
void PrintTo(const Golden& golden, std::ostream* out) { *out << "step " << golden.step; }
class GoldenTranscript : public ::testing::TestWithParam<Golden> {};

TEST_P(GoldenTranscript, IsTheSameByteForByte) {
  RoomOptions options{.devices = 5};
  options.rule.dropout_ppm = 200'000;
  options.segments = {{"update", 3, LaneBits::k16, 100},
                      {"wide", 2, LaneBits::k24, 1000},
                      {"weight", 1, LaneBits::k32, 9}};
  Room room(options, std::make_unique<platform::OpenSslCrypto>(), RealSigner);
  const int step = GetParam().step;
  const auto before = [&](int at) {
    return [step, at](std::size_t device) { return device != 2 || step > at; };
  };
  room.Advertise(before(0));
  room.Deal(before(1));
  room.SendVectors(before(2));
  room.Agree(before(3));
  const auto sums = room.Unmask(before(4));
  ASSERT_TRUE(sums.has_value());
  ASSERT_TRUE(room.refusals.empty());
  EXPECT_EQ(room.In<Summed>()->survivors.size(), GetParam().survivors);
  EXPECT_EQ(*sums, room.PlainSum(room.In<Summed>()->survivors));
  Bytes hashes;
  const auto add = [&](const Bytes& message) {
    const Digest hash = room.crypto->Sha256(message);
    hashes.insert(hashes.end(), hash.bytes().begin(), hash.bytes().end());
  };
  for (const Bytes& message : room.transcript) add(message);
  for (const auto& [member, vector] : room.vectors) add(vector);
  EXPECT_EQ(room.crypto->Sha256(hashes).Hex(), GetParam().transcript);
}
INSTANTIATE_TEST_SUITE_P(
    OneVanishesBefore, GoldenTranscript,
    ::testing::Values(
        Golden{0, "8207b7704991dcb410720381c3d1ed200b4a06ec809153ac9479e5dec1ca3989", 4},
        Golden{1, "f4f8de3764c12d20d9b3b513bc75909913e67a5fe3a52b5c56c7d4c8351fd8a2", 4},
        Golden{2, "7e87514e0b89258ae49fe751ec921bfa01781fbefedfea78889b12d2797f3640", 4},
        Golden{3, "a0dd7344a6e8a59e65f9022b9805f32da33bb4eb1e61ad846c1189164c7aeea6", 5},
        Golden{4, "a7559c0873e30af96d7ad78a23553107091354bc332a8ab9bac4822e33c8920b", 5},
        Golden{5, "eeefe191a3aab5358139b44b6b0a8fe1921388f9697b8be734e976e0163b00ba", 5}));
}  // namespace
}  // namespace muster::aggregation::secagg
