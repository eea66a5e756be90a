#include "platform/file_spool.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace muster::platform {
namespace {
using testing::IsOk;

class FileSpoolTest : public ::testing::Test {
 protected:
  static void Append(FileSpool& spool, std::uint32_t tag, std::string_view text) {
    Status told = Internal("nothing was told");
    spool.Append(tag, AsBytes(text), [&](Status status) { told = std::move(status); });
    ASSERT_THAT(told, IsOk());
  }
  static std::string Read(const FileSpool& spool, std::uint32_t tag) {
    const auto size = spool.SizeOf(tag);
    if (!size.ok()) return "nothing";
    Bytes out(*size);
    EXPECT_THAT(spool.Read(tag, 0, out), IsOk());
    return std::string(AsText(out));
  }

  testing::TempDir dir;
  const std::string path = dir / "spool";
};

TEST_F(FileSpoolTest, WhatACrashCutShortIsGoneAndWhatCameBeforeItStays) {
  {
    const auto spool = FileSpool::Open(path).value();
    Append(*spool, 1, "one");
    Append(*spool, 2, "two");
  }
  const std::uint64_t whole = std::filesystem::file_size(path);
  const std::uint64_t record = SpoolFile::kBlock;
  for (std::uint64_t size = whole; size-- > record;) {
    SCOPED_TRACE(size);
    std::filesystem::resize_file(path, size);
    const auto spool = FileSpool::Open(path).value();
    EXPECT_EQ(Read(*spool, 1), "one");
    EXPECT_EQ(Read(*spool, 2), "nothing");
    EXPECT_EQ(std::filesystem::file_size(path), record);
    Append(*spool, 2, "two");
    EXPECT_EQ(std::filesystem::file_size(path), whole);
  }
}

// A device sends a record that holds records of others, and the crash comes in the middle.
TEST_F(FileSpoolTest, BytesOfACutRecordAreNeverTakenForRecords) {
  {
    const auto spool = FileSpool::Open(dir / "other").value();
    Append(*spool, 'F', "forged");
  }
  std::ifstream other(dir / "other", std::ios::binary);
  const std::string forged(std::istreambuf_iterator<char>(other), {});
  {
    const auto spool = FileSpool::Open(path).value();
    // Where the record after a short one would begin.
    Append(*spool, 1, std::string(SpoolFile::kBlock - (forged.size() - 6), 'x') + forged);
  }
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
  {
    const auto spool = FileSpool::Open(path).value();
    Append(*spool, 2, "y");
  }
  const auto spool = FileSpool::Open(path).value();
  EXPECT_EQ(Read(*spool, 2), "y");
  EXPECT_EQ(Read(*spool, 'F'), "nothing");
}

TEST_F(FileSpoolTest, LongRecordsComeBackInAnyPiecesAndBesideShortOnes) {
  const auto text = [](std::size_t size) {
    std::string out(size, '\0');
    for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<char>(i * 31 >> 3);
    return out;
  };
  const std::vector<std::size_t> sizes = {
      SpoolFile::kLong, 1,         SpoolFile::kLong - 1, SpoolFile::kLong + 4080,
      (1 << 20) - 16,   4'000'003, SpoolFile::kBlock,    2 * (1 << 20) + 4096 - 16};
  for (const bool reopened : {false, true}) {
    const auto spool = FileSpool::Open(path).value();
    for (std::uint32_t tag = 0; tag < sizes.size(); ++tag) {
      if (!reopened) Append(*spool, tag, text(sizes[tag]));
      EXPECT_EQ(Read(*spool, tag), text(sizes[tag])) << sizes[tag];
    }
    Bytes part(SpoolFile::kLong + 77);
    ASSERT_THAT(spool->Read(5, 1'234'567, part), IsOk());
    EXPECT_EQ(AsText(part), std::string_view(text(sizes[5])).substr(1'234'567, part.size()));
  }
}

TEST_F(FileSpoolTest, AFileOfSomethingElseHasNoRecords) {
  std::ofstream(path) << std::string(1000, 'z');
  const auto spool = FileSpool::Open(path).value();
  EXPECT_EQ(std::filesystem::file_size(path), 0U);
  Append(*spool, 1, "one");
  EXPECT_EQ(Read(*spool, 1), "one");
}

TEST_F(FileSpoolTest, AFolderThatIsMissingIsToldByName) {
  const auto spool = FileSpool::Open(dir / "no/such");
  EXPECT_THAT(spool, testing::HasCode(absl::StatusCode::kNotFound));
}

}  // namespace
}  // namespace muster::platform
