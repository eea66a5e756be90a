// What base/blobs.h promises of Blobs, asked of every kind there is.
#include <gtest/gtest.h>

#include <limits>
#include <thread>

#include "platform/file_blobs.h"
#include "tests/conformance/homes.h"
#include "tests/support/memory_blobs.h"
#include "tests/support/status_matchers.h"

namespace muster::testing {
namespace {
using enum absl::StatusCode;

class BlobsConformance : public ::testing::TestWithParam<Backend<Blobs>> {
 protected:
  std::unique_ptr<Home<Blobs>> home = GetParam().make();
  Blobs* blobs = &home->Open();
};

// FIPS 180-4 examples.
constexpr char kDigestOfNothing[] =
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr char kDigestOfAbc[] =
    "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST_P(BlobsConformance, ABlobIsNamedByItsSha256AndComesBackWhole) {
  const auto digest = blobs->Put(AsBytes("abc"));
  ASSERT_THAT(digest, IsOk());
  EXPECT_EQ(digest->ToString(), kDigestOfAbc);
  const auto bytes = blobs->Get(*digest);
  ASSERT_THAT(bytes, IsOk());
  EXPECT_EQ(AsText(*bytes), "abc");
  EXPECT_TRUE(*blobs->Has(*digest));
}

TEST_P(BlobsConformance, AnEmptyBlobIsABlob) {
  const auto digest = blobs->Put({});
  ASSERT_THAT(digest, IsOk());
  EXPECT_EQ(digest->ToString(), kDigestOfNothing);
  EXPECT_EQ((*blobs->Open(*digest))->size(), 0);
}

TEST_P(BlobsConformance, PiecesGiveTheBlobThatTheWholeGives) {
  const auto writer = blobs->Create();
  ASSERT_THAT(writer, IsOk());
  for (const char* piece : {"a", "", "bc"}) ASSERT_THAT((*writer)->Write(AsBytes(piece)), IsOk());
  const auto digest = (*writer)->Commit();
  ASSERT_THAT(digest, IsOk());
  EXPECT_EQ(digest->ToString(), kDigestOfAbc);
  EXPECT_EQ(AsText(*blobs->Get(*digest)), "abc");
}

TEST_P(BlobsConformance, AWriterThatIsDroppedLeavesNothing) {
  const Digest abc = *Digest::Parse(kDigestOfAbc);
  {
    const auto writer = blobs->Create();
    ASSERT_THAT((*writer)->Write(AsBytes("abc")), IsOk());
    EXPECT_FALSE(*blobs->Has(abc)) << "before Commit there is no blob";
  }
  EXPECT_FALSE(*blobs->Has(abc));
  EXPECT_THAT(blobs->Open(abc), Fails(kNotFound, Reason::kBLOB_NOT_FOUND));
  EXPECT_THAT(blobs->Get(abc), Fails(kNotFound, Reason::kBLOB_NOT_FOUND));
}

TEST_P(BlobsConformance, EqualContentIsOneBlobHoweverOftenItIsPut) {
  const auto writer = blobs->Create();
  ASSERT_THAT((*writer)->Write(AsBytes("abc")), IsOk());
  EXPECT_EQ(*(*writer)->Commit(), *blobs->Put(AsBytes("abc")));
  EXPECT_EQ((*writer)->Commit()->ToString(), kDigestOfAbc) << "Commit again";
  EXPECT_THAT((*writer)->Write(AsBytes("d")), HasCode(kFailedPrecondition));
  EXPECT_EQ(AsText(*blobs->Get(*Digest::Parse(kDigestOfAbc))), "abc");
}

TEST_P(BlobsConformance, EightThreadsMayPutTheSameBlob) {
  const Bytes bytes(1 << 18, std::byte{7});
  std::array<Digest, 8> digests;
  {
    std::vector<std::jthread> threads;
    for (Digest& digest : digests)
      threads.emplace_back([&] { digest = blobs->Put(bytes).value_or(Digest()); });
  }
  for (const Digest& digest : digests) EXPECT_EQ(digest, digests[0]);
  EXPECT_EQ(*blobs->Get(digests[0]), bytes);
}

TEST_P(BlobsConformance, ReadsAnyRangeAndRefusesWhatLiesBeyondTheEnd) {
  const auto reader = blobs->Open(*blobs->Put(AsBytes("0123456789")));
  ASSERT_THAT(reader, IsOk());
  EXPECT_EQ((*reader)->size(), 10);
  Bytes out(4);
  EXPECT_THAT((*reader)->Read(3, out), IsOk());
  EXPECT_EQ(AsText(out), "3456");
  EXPECT_THAT((*reader)->Read(6, out), IsOk());
  EXPECT_THAT((*reader)->Read(10, std::span(out).first(0)), IsOk());
  constexpr auto kMax = std::numeric_limits<std::uint64_t>::max();
  for (const std::uint64_t offset : {std::uint64_t{7}, std::uint64_t{11}, kMax - 3, kMax})
    EXPECT_THAT((*reader)->Read(offset, out), HasCode(kOutOfRange)) << offset;
}

TEST_P(BlobsConformance, RemoveForgetsAndIsOkForWhatIsAbsent) {
  const Digest digest = *blobs->Put(AsBytes("abc"));
  const auto reader = blobs->Open(digest);
  EXPECT_THAT(blobs->Remove(digest), IsOk());
  EXPECT_FALSE(*blobs->Has(digest));
  EXPECT_THAT(blobs->Remove(digest), IsOk());
  Bytes out(3);
  EXPECT_THAT((*reader)->Read(0, out), IsOk()) << "who has it open keeps it";
  EXPECT_EQ(AsText(out), "abc");
  EXPECT_THAT(blobs->Put(AsBytes("abc")), IsOk());
  EXPECT_TRUE(*blobs->Has(digest));
}

TEST_P(BlobsConformance, WhatPutAcknowledgedIsThereAfterReopen) {
  const Digest digest = *blobs->Put(AsBytes("abc"));
  blobs = &home->Open();
  EXPECT_EQ(AsText(*blobs->Get(digest)), "abc");
}

TEST_P(BlobsConformance, PutNamesItsReasonOnAFullDisk) {
  const Digest kept = *blobs->Put(AsBytes("kept"));
  const auto writer = blobs->Create();
  ASSERT_THAT((*writer)->Write(AsBytes("ab")), IsOk());
  {
    const auto full = home->FillDisk();
    EXPECT_THAT(blobs->Put(AsBytes("abc")), Fails(kResourceExhausted, Reason::kDISK_FULL));
    EXPECT_THAT((*writer)->Write(AsBytes("c")), Fails(kResourceExhausted, Reason::kDISK_FULL));
    EXPECT_EQ(AsText(*blobs->Get(kept)), "kept");
  }
  EXPECT_THAT((*writer)->Write(AsBytes("c")), Fails(kResourceExhausted, Reason::kDISK_FULL))
      << "a writer that lost bytes stays failed";
  EXPECT_THAT((*writer)->Commit(), Fails(kResourceExhausted, Reason::kDISK_FULL));
  EXPECT_FALSE(*blobs->Has(*Digest::Parse(kDigestOfAbc)));
  EXPECT_THAT(blobs->Put(AsBytes("abc")), IsOk());
}

INSTANTIATE_TEST_SUITE_P(Memory, BlobsConformance,
                         ::testing::Values(InMemory<Blobs, MemoryBlobs>("blob.write")));
INSTANTIATE_TEST_SUITE_P(
    Directory, BlobsConformance,
    ::testing::Values(InDirectory<Blobs>("directory", [](const std::string& path) {
      return platform::FileBlobs::Open(path).value();
    })));

}  // namespace
}  // namespace muster::testing
