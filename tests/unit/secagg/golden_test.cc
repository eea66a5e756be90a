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
        Golden{0, "324b8d0ff7bd33b838e096d9422e254635b573c30c3eb7d07b788768cacd02b5", 4},
        Golden{1, "7ed23980ee6a0302ebb476b6347ab218f2bd6a649633a52321daf463f468e44d", 4},
        Golden{2, "c6962dfc6e1842aa14b65057dad0ad3eec1e7f53c04a272080f27085bbec576c", 4},
        Golden{3, "0fda47ce56aff036f460e3bc97ddd717068e9b71ee240d6d13413d13096d198e", 5},
        Golden{4, "d92cdd227d23f38279bb53ee76283ccd6825f4f1303a1c56d3681ba359bba6c2", 5},
        Golden{5, "e660701aef8530e58339af8cecf472baaa8c22c5559a9cd73a870d4d2e1ebc09", 5}));
}  // namespace
}  // namespace muster::aggregation::secagg
