#include "client/mqtt/row_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace muster::client {
namespace {
using ::muster::testing::IsOk;
using ::muster::testing::TempDir;

std::string ReadAll(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}
std::unique_ptr<RowFile> Open(const TempDir& dir, std::uint64_t keep = 100,
                              std::vector<std::string> columns = {"time", "t"}) {
  auto file = RowFile::Open(dir / "rows.csv", std::move(columns), keep);
  EXPECT_THAT(file, IsOk());
  return *std::move(file);
}
bool Add(RowFile& file, const std::string& time, const std::string& t) {
  const auto added = file.Append(std::vector<std::string>{time, t});
  EXPECT_THAT(added, IsOk());
  return added.value_or(false);
}

TEST(RowFile, RowsStandUnderTheirHeaderAndSurviveARestart) {
  const TempDir dir;
  {
    const auto file = Open(dir);
    EXPECT_TRUE(Add(*file, "1", "a"));
    EXPECT_TRUE(Add(*file, "2", "b, \"c\""));
  }
  const auto file = Open(dir);
  EXPECT_EQ(file->rows(), 2U);
  EXPECT_TRUE(Add(*file, "3", ""));
  EXPECT_EQ(ReadAll(dir / "rows.csv"), "time,t\n1,a\n2,\"b, \"\"c\"\"\"\n3,\n");
}

TEST(RowFile, TheSameRowAgainIsLeftOutAlsoAfterARestart) {
  const TempDir dir;
  {
    const auto file = Open(dir);
    EXPECT_TRUE(Add(*file, "1", "a"));
    EXPECT_FALSE(Add(*file, "1", "a"));
  }
  const auto file = Open(dir);
  EXPECT_FALSE(Add(*file, "1", "a"));
  EXPECT_TRUE(Add(*file, "1", "b"));
  EXPECT_EQ(file->rows(), 2U);
}

TEST(RowFile, TheNewestStayAndAtMostAQuarterMore) {
  const TempDir dir;
  const auto file = Open(dir, 8);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(Add(*file, std::to_string(i), "x"));
    const std::string text = ReadAll(dir / "rows.csv");
    const auto lines = static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
    ASSERT_EQ(lines, file->rows() + 1);
    ASSERT_LE(file->rows(), 10U);
    ASSERT_GE(file->rows(), std::min(i + 1, 8));
    ASSERT_TRUE(text.starts_with("time,t\n"));
    ASSERT_TRUE(text.ends_with("\n" + std::to_string(i) + ",x\n"));
  }
}

TEST(RowFile, WhatACrashCutShortIsGone) {
  const TempDir dir;
  std::ofstream(dir / "rows.csv") << "time,t\n1,a\n2,";
  const auto file = Open(dir);
  EXPECT_EQ(file->rows(), 1U);
  EXPECT_TRUE(Add(*file, "2", "b"));
  EXPECT_EQ(ReadAll(dir / "rows.csv"), "time,t\n1,a\n2,b\n");
}

TEST(RowFile, AFileWithOtherColumnsIsPutAside) {
  const TempDir dir;
  for (const char* before : {"time,u\n1,a\n", "time,t", "rubbish"}) {
    std::ofstream(dir / "rows.csv") << before;
    const auto file = Open(dir);
    EXPECT_EQ(file->rows(), 0U);
    EXPECT_EQ(ReadAll(dir / "rows.csv"), "time,t\n");
    EXPECT_EQ(ReadAll(dir / "rows.csv.old"), before);
    std::filesystem::remove(dir / "rows.csv");
  }
}

}  // namespace
}  // namespace muster::client
