#include "aggregation/server_state.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "base/safetensors.h"

namespace muster::aggregation {
namespace {
Bytes FileOf(const std::vector<std::pair<TensorSpec, std::vector<float>>>& tensors,
             const std::map<std::string, std::string>& metadata) {
  std::vector<TensorSpec> specs;
  for (const auto& [spec, values] : tensors) specs.push_back(spec);
  const std::string header = SafetensorsHeader(specs, metadata);
  Bytes out(AsBytes(header).begin(), AsBytes(header).end());
  for (const auto& [spec, values] : tensors) {
    const ByteView bytes = std::as_bytes(std::span(values));
    out.insert(out.end(), bytes.begin(), bytes.end());
  }
  return out;
}
TensorSpec Flat(const char* name, std::int64_t n) { return {name, DType::kF32, {n}}; }

void ExpectRefused(ByteView bytes) {
  const auto state = ParseState(bytes);
  ASSERT_FALSE(state.ok());
  EXPECT_EQ(state.status().code(), absl::StatusCode::kInvalidArgument) << state.status();
  EXPECT_EQ(ReasonOf(state.status()), Reason::kARTEFACT_INVALID) << state.status();
}

TEST(ServerState, StatesOfEveryRuleComeBackBitForBit) {
  for (const ServerRule& rule :
       {ServerRule(FedAvg{}), ServerRule(FedAvgM{}), ServerRule(FedAdam{})})
    for (int steps = 0; steps < 3; ++steps) {
      ServerState state;
      std::vector<float> w = {1, 2, 3};
      for (int i = 0; i < steps; ++i)
        ASSERT_TRUE(Step(rule, state, w, std::vector<float>{0.1f, -0.0f, 1e-30f}).ok());
      const auto back = ParseState(SerializeState(state));
      ASSERT_TRUE(back.ok()) << back.status();
      EXPECT_EQ(*back, state);
      EXPECT_EQ(SerializeState(*back), SerializeState(state));
    }
}

// A run that is restored between two steps ends where the undisturbed run ends.
TEST(ServerState, ARestoredStateStepsOnToTheSameBits) {
  std::vector<float> w = {1, 2}, w_restored = w;
  ServerState state, restored;
  for (int i = 0; i < 10; ++i) {
    const std::vector<float> delta = {std::sin(static_cast<float>(i)), 0.3f};
    ASSERT_TRUE(Step(FedAdam{}, state, w, delta).ok());
    restored = *ParseState(SerializeState(restored));
    ASSERT_TRUE(Step(FedAdam{}, restored, w_restored, delta).ok());
  }
  EXPECT_EQ(w_restored, w);
}

TEST(ServerState, WhatSerializeStateNeverWritesIsRefused) {
  const std::map<std::string, std::string> one = {{"steps", "1"}};
  const auto m = std::pair(Flat("first_moment", 2), std::vector<float>{1, 2});
  const auto v = std::pair(Flat("second_moment", 2), std::vector<float>{1, 2});
  ASSERT_TRUE(ParseState(FileOf({m, v}, one)).ok());
  ASSERT_TRUE(ParseState(FileOf({m}, one)).ok());
  ASSERT_TRUE(ParseState(FileOf({}, one)).ok());

  for (const char* steps :
       {"", "-1", "+1", " 1", "1 ", "01", "1.0", "1e3", "x", "0x1", "18446744073709551616"})
    ExpectRefused(FileOf({m, v}, {{"steps", steps}}));
  ExpectRefused(FileOf({m, v}, {}));
  ExpectRefused(FileOf({m, v}, {{"steps", "1"}, {"more", "x"}}));
  ExpectRefused(FileOf({m, v}, {{"step", "1"}}));
  ExpectRefused(FileOf({m, v}, {{"steps", "0"}}));  // Moments before the first step.
  ExpectRefused(FileOf({v}, one));
  ExpectRefused(FileOf({m, {Flat("second_moment", 1), {1}}}, one));
  ExpectRefused(FileOf({m, {Flat("third_moment", 1), {1}}}, one));
  ExpectRefused(FileOf({{Flat("first_moment", 0), {}}}, one));
  ExpectRefused(FileOf({{{"first_moment", DType::kF32, {}}, {1}}}, one));
  ExpectRefused(FileOf({{{"first_moment", DType::kF32, {1, 2}}, {1, 2}}}, one));
  ExpectRefused(FileOf({{{"first_moment", DType::kI32, {2}}, {1, 2}}}, one));
  for (const float bad : {std::nanf(""), INFINITY, -INFINITY}) {
    ExpectRefused(FileOf({{Flat("first_moment", 2), {1, bad}}}, one));
    ExpectRefused(FileOf({m, {Flat("second_moment", 2), {1, bad}}}, one));
  }
  ExpectRefused(FileOf({m, {Flat("second_moment", 2), {1, -1e-30f}}}, one));
}

TEST(ServerState, TruncatedAndForeignBytesAreRefused) {
  const Bytes bytes = SerializeState({{1, 2}, {3, 4}, 9});
  for (std::size_t n = 0; n < bytes.size(); ++n) ExpectRefused(ByteView(bytes).first(n));
  ExpectRefused(AsBytes("not a safetensors file at all"));
}
}  // namespace
}  // namespace muster::aggregation
