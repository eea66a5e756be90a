#include "platform/file_blobs.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "platform/dir_files.h"
#include "tests/support/full_disk.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace muster::platform {
namespace {
namespace fs = std::filesystem;
using muster::testing::Fails;
using muster::testing::FullDisk;
using muster::testing::HasCode;
using muster::testing::IsOk;
using muster::testing::TempDir;
using enum absl::StatusCode;

constexpr char kAbcPath[] = "ba/7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(FileBlobs, ABlobIsAFileUnderItsHexDigestReadableByItsOwnerAlone) {
  const TempDir dir;
  const auto blobs = FileBlobs::Open(dir / "blobs");
  ASSERT_THAT((*blobs)->Put(AsBytes("abc")), IsOk());
  const fs::path file = fs::path(dir / "blobs") / kAbcPath;
  EXPECT_EQ(fs::file_size(file), 3);
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_TRUE(fs::is_empty(dir / "blobs/tmp"));
}

TEST(FileBlobs, WhatACrashLeftHalfWrittenIsSweptAtOpen) {
  const TempDir dir;
  ASSERT_THAT(FileBlobs::Open(dir.path()), IsOk());
  std::ofstream(dir / "tmp/4711-0") << "half";
  const auto blobs = FileBlobs::Open(dir.path());
  ASSERT_THAT(blobs, IsOk());
  EXPECT_TRUE(fs::is_empty(dir / "tmp"));
}

TEST(FileBlobs, ADroppedOrFailedWriterLeavesNoFile) {
  const TempDir dir;
  const auto blobs = FileBlobs::Open(dir.path());
  {
    const auto writer = (*blobs)->Create();
    ASSERT_THAT((*writer)->Write(AsBytes("abc")), IsOk());
    EXPECT_FALSE(fs::is_empty(dir / "tmp"));
  }
  EXPECT_TRUE(fs::is_empty(dir / "tmp"));
  const FullDisk full;
  EXPECT_THAT((*blobs)->Put(AsBytes("abc")), Fails(kResourceExhausted, Reason::kDISK_FULL));
  EXPECT_TRUE(fs::is_empty(dir / "tmp"));
}

TEST(FileBlobs, ABlobThatBecameShorterIsDataLoss) {
  const TempDir dir;
  const auto blobs = FileBlobs::Open(dir.path());
  const auto reader = (*blobs)->Open(*(*blobs)->Put(AsBytes("abc")));
  fs::resize_file(dir / kAbcPath, 2);
  Bytes out(3);
  EXPECT_THAT((*reader)->Read(0, out), HasCode(kDataLoss));
}

TEST(FileBlobs, PuttingASpoiltBlobAgainMendsIt) {
  const TempDir dir;
  const auto blobs = FileBlobs::Open(dir.path());
  const Digest digest = *(*blobs)->Put(AsBytes("abc"));
  std::ofstream(dir / kAbcPath) << "abX";
  ASSERT_THAT((*blobs)->Put(AsBytes("abc")), IsOk());
  EXPECT_EQ(AsText(*(*blobs)->Get(digest)), "abc");
}

TEST(DirFiles, OfAnAppendThatTheDiskTookAPartOfNothingStays) {
  const TempDir dir;
  const auto files = DirFiles::Open(dir.path());
  ASSERT_THAT((*files)->Append("log", AsBytes("0123456789")), IsOk());
  {
    const FullDisk full(15);
    EXPECT_THAT((*files)->Append("log", AsBytes("ABCDEFGHIJ")),
                Fails(absl::StatusCode::kResourceExhausted, Reason::kDISK_FULL));
    EXPECT_EQ(fs::file_size(dir / "log"), 10U);
    EXPECT_THAT((*files)->Append("log", AsBytes("abcde")), IsOk());
  }
  EXPECT_EQ(AsText(*(*files)->Get("log")), "0123456789abcde");
}

TEST(DirFiles, WhatACrashLeftHalfWrittenIsSweptAtOpenAndNeverListed) {
  const TempDir dir;
  ASSERT_THAT(DirFiles::Open(dir.path()), IsOk());
  std::ofstream(dir / ".tmp/4711-0") << "half";
  const auto files = DirFiles::Open(dir.path() + "/");
  const ByteView part = AsBytes("x");
  ASSERT_THAT((*files)->Put("a/b", std::span(&part, 1)), IsOk());
  EXPECT_TRUE(fs::is_empty(dir / ".tmp"));
  std::ofstream(dir / ".tmp/4711-1") << "half";
  EXPECT_EQ(*(*files)->List(""), std::vector<std::string>{"a/b"});
}

}  // namespace
}  // namespace muster::platform
