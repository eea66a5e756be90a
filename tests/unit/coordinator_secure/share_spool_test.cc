#include "coordinator/secure/share_spool.h"

#include <gtest/gtest.h>

#include <algorithm>

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
    const std::unique_ptr<Spool> file = files.OpenSpool("secure/c/1-1.spool").value();
    ShareSpool spool(*file, memory);
    for (unsigned dealer = 0; dealer < kHolders; ++dealer)
      spool.Put(dealer, Dealt(dealer), [](Status status) { ASSERT_THAT(status, testing::IsOk()); });
    for (std::size_t turn = 0; turn < 2 * kHolders; ++turn) {
      const std::size_t holder = turn < kHolders ? turn : (turn * 5) % kHolders;
      const std::size_t offset = kHead + holder * kPart;
      for (unsigned dealer = 0; dealer < kHolders; ++dealer) {
        Bytes part(kPart);
        ASSERT_THAT(spool.Read(dealer, offset, part), testing::IsOk());
        EXPECT_TRUE(std::ranges::equal(part, ByteView(Dealt(dealer)).subspan(offset, kPart)));
      }
    }
    // And dealer by dealer.
    Bytes all(kHolders * kPart);
    for (unsigned dealer = 0; dealer < kHolders; ++dealer) {
      ASSERT_THAT(spool.Read(dealer, kHead, all), testing::IsOk());
      EXPECT_TRUE(std::ranges::equal(all, ByteView(Dealt(dealer)).subspan(kHead)));
    }
  }
}

TEST(ShareSpool, SaysThatARecordIsGoneOrCutShort) {
  for (const std::size_t memory : {0u, 1'000'000u}) {
    testing::MemoryFiles files;
    const std::unique_ptr<Spool> file = files.OpenSpool("secure/c/1-1.spool").value();
    ShareSpool spool(*file, memory);
    Bytes out(kPart);
    EXPECT_THAT(spool.Read(0, kHead, out), testing::HasCode(absl::StatusCode::kNotFound));
    spool.Put(1, Bytes(kHead + kPart - 1),
              [](Status status) { ASSERT_THAT(status, testing::IsOk()); });
    EXPECT_THAT(spool.Read(1, kHead, out), testing::HasCode(absl::StatusCode::kDataLoss));
    EXPECT_THAT(spool.Read(1, 1'000, out), testing::HasCode(absl::StatusCode::kDataLoss));
  }
}

}  // namespace
}  // namespace muster::coordinator
