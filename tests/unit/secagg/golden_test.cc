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
        Golden{0, "626321e76d90785d21bdb24b36326af6fbe3e86190131f32687f2d5767d976e3", 4},
        Golden{1, "76a8721da56fa282d02ade20d56d3163ada2a4e0ce6fe82896c0d2f6f1c3327b", 4},
        Golden{2, "b3440f447f8862d64a8ef44a21de0186429e23eae78654d66ea82a739f26fb17", 4},
        Golden{3, "43b0f5d1d099216bb8c794ef0a35e9748ffdd59169f556cfae32c8eb57538eff", 5},
        Golden{4, "93464f010e7123c701308df4a96ab5e01e2234298424e4c7d0c3c4d8ccf14e25", 5},
        Golden{5, "3a72368fdd69eea1eab7b4082dab6b0f38bf17eed26d3ce2d769ce0986ece383", 5}));
}  // namespace
}  // namespace muster::aggregation::secagg
