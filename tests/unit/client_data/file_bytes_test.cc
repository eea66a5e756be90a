#include "client/pipeline/file_bytes.h"

#include <unistd.h>

#include <gmock/gmock.h>

#include <sys/stat.h>

#include <array>

#include "client/pipeline/one_line.h"

namespace muster::client {
namespace {
namespace fs = std::filesystem;

class FileBytes : public testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(dir_);
    fs::create_directories(dir_);
  }
  const fs::path dir_ = fmt::format("{}file_bytes_test.{}", testing::TempDir(), ::getpid());
};

TEST_F(FileBytes, WritesPartsOneAfterAnotherAndLeavesNothingBeside) {
  const std::array parts = {AsBytes("ab"), AsBytes(""), AsBytes("cd")};
  ASSERT_TRUE(WriteFileBytes(dir_ / "f", parts).ok());
  const auto back = ReadFileBytes(dir_ / "f", 4);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(AsText(*back), "abcd");
  EXPECT_EQ(std::distance(fs::directory_iterator(dir_), {}), 1);
}

TEST_F(FileBytes, ReadsNoFileThatIsTooLongALinkAPipeOrAFolder) {
  const std::array parts = {AsBytes("abcde")};
  ASSERT_TRUE(WriteFileBytes(dir_ / "f", parts).ok());
  EXPECT_EQ(ReadFileBytes(dir_ / "f", 4).status().code(), absl::StatusCode::kResourceExhausted);
  fs::create_symlink(dir_ / "f", dir_ / "link");
  EXPECT_EQ(ReadFileBytes(dir_ / "link", 9).status().code(), absl::StatusCode::kInvalidArgument);
  ASSERT_EQ(mkfifo((dir_ / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(ReadFileBytes(dir_ / "pipe", 9).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReadFileBytes(dir_, 9).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReadFileBytes(dir_ / "none", 9).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(FileBytes, SaysThatTheDiskIsFull) {
  const std::array parts = {AsBytes("x")};
  EXPECT_EQ(WriteFileBytes(dir_ / "none" / "f", parts).code(), absl::StatusCode::kUnavailable);
  if (!fs::exists("/dev/full")) return;
  fs::create_symlink("/dev/full", dir_ / "g.tmp");
  EXPECT_EQ(ReasonOf(WriteFileBytes(dir_ / "g", parts)), Reason::kDISK_FULL);
  EXPECT_FALSE(fs::exists(dir_ / "g"));
}

TEST_F(FileBytes, GivesTheTail) {
  const std::array parts = {AsBytes("line one\nline two\n")};
  ASSERT_TRUE(WriteFileBytes(dir_ / "f", parts).ok());
  EXPECT_EQ(ReadFileTail(dir_ / "f", 9), "line two\n");
  EXPECT_EQ(ReadFileTail(dir_ / "f", 100), "line one\nline two\n");
  EXPECT_EQ(ReadFileTail(dir_ / "none", 9), "");
}

TEST(OneLine, MakesForeignTextFitForALog) {
  EXPECT_EQ(OneLine("  a\n\tb\x1b[31mc\r\n"), "a b [31mc");
  EXPECT_EQ(OneLine("\xc3\xa9t\xc3\xa9"), "t");
  EXPECT_EQ(OneLine("abcdef", 3), "abc...");
  EXPECT_EQ(OneLine("abc", 3), "abc");
}

}  // namespace
}  // namespace muster::client
