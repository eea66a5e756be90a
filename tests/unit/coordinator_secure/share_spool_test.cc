#include "coordinator/secure/share_spool.h"

#include <gtest/gtest.h>

#include "tests/support/memory_blobs.h"
#include "tests/support/status_matchers.h"

namespace muster::coordinator {
namespace {

constexpr std::size_t kHolders = 12, kHead = 5, kPart = 7;

Bytes Dealt(std::size_t dealer) {
  Bytes out(kHead + kHolders * kPart);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::byte>(31 * dealer + i);
  return out;
}

// Whatever the memory and the order, everybody reads what was dealt.
TEST(ShareSpool, GivesBackWhatWasDealtWithAnyMemory) {
  for (const std::size_t memory : {0u, 1u, 100u, 300u, 2'000u, 1'000'000u}) {
    SCOPED_TRACE(memory);
    testing::MemoryFiles files;
    ShareSpool spool(files, "secure/c/1-1.", memory);
    for (unsigned dealer = 0; dealer < kHolders; ++dealer)
      ASSERT_THAT(spool.Put(dealer, Dealt(dealer)), testing::IsOk());
    for (std::size_t turn = 0; turn < 2 * kHolders; ++turn) {
      const std::size_t holder = turn < kHolders ? turn : (turn * 5) % kHolders;
      const std::size_t offset = kHead + holder * kPart;
      for (unsigned dealer = 0; dealer < kHolders; ++dealer) {
        const auto part = spool.Read(dealer, offset, kPart);
        ASSERT_THAT(part, testing::IsOk());
        const Bytes whole = Dealt(dealer);
        EXPECT_TRUE(std::equal(part->begin(), part->end(),
                               whole.begin() + static_cast<std::ptrdiff_t>(offset)));
      }
    }
  }
}

TEST(ShareSpool, SaysThatAFileIsGoneOrCutShort) {
  for (const std::size_t memory : {0u, 1'000'000u}) {
    testing::MemoryFiles files;
    ShareSpool spool(files, "secure/c/1-1.", memory);
    EXPECT_THAT(spool.Read(0, kHead, kPart), testing::HasCode(absl::StatusCode::kNotFound));
    ASSERT_THAT(spool.Put(1, Bytes(kHead + kPart - 1)), testing::IsOk());
    EXPECT_THAT(spool.Read(1, kHead, kPart), testing::HasCode(absl::StatusCode::kDataLoss));
    EXPECT_THAT(spool.Read(1, 1'000, kPart), testing::HasCode(absl::StatusCode::kDataLoss));
  }
}

}  // namespace
}  // namespace muster::coordinator
