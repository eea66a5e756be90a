// What base/blobs.h promises of Files, asked of every kind there is.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "platform/dir_files.h"
#include "tests/conformance/homes.h"
#include "tests/support/memory_blobs.h"
#include "tests/support/status_matchers.h"

namespace muster::testing {
namespace {
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using enum absl::StatusCode;

class FilesConformance : public ::testing::TestWithParam<Backend<Files>> {
 protected:
  Status Put(std::string_view name, std::string_view text) {
    const ByteView part = AsBytes(text);
    return files->Put(name, std::span(&part, 1));
  }
  std::string Get(std::string_view name) {
    const auto bytes = files->Get(name);
    EXPECT_THAT(bytes, IsOk());
    return bytes.ok() ? std::string(AsText(*bytes)) : "";
  }

  std::unique_ptr<Home<Files>> home = GetParam().make();
  Files* files = &home->Open();
};

TEST_P(FilesConformance, PartsAreOneFileAndAPutReplacesTheWhole) {
  const std::array parts = {AsBytes("one "), AsBytes(""), AsBytes("two")};
  ASSERT_THAT(files->Put("state", parts), IsOk());
  EXPECT_EQ(Get("state"), "one two");
  ASSERT_THAT(Put("state", "3"), IsOk());
  EXPECT_EQ(Get("state"), "3");
  ASSERT_THAT(files->Put("state", {}), IsOk());
  EXPECT_EQ(Get("state"), "");
}

TEST_P(FilesConformance, FilesAreListedByPrefixInOrder) {
  for (const char* name : {"round/b", "round/a/1", "rounds", "other"})
    ASSERT_THAT(Put(name, "x"), IsOk());
  EXPECT_THAT(*files->List("round"), ElementsAre("round/a/1", "round/b", "rounds"));
  EXPECT_THAT(*files->List("round/"), ElementsAre("round/a/1", "round/b"));
  EXPECT_THAT(*files->List(""), ElementsAre("other", "round/a/1", "round/b", "rounds"));
  EXPECT_THAT(*files->List("nothing"), IsEmpty());
}

TEST_P(FilesConformance, RemoveForgetsAndIsOkForWhatIsAbsent) {
  ASSERT_THAT(Put("a/b", "x"), IsOk());
  EXPECT_THAT(files->Remove("a/b"), IsOk());
  EXPECT_THAT(files->Remove("a/b"), IsOk());
  EXPECT_THAT(files->Remove("never/was"), IsOk());
  EXPECT_THAT(files->Get("a/b"), HasCode(kNotFound));
  EXPECT_THAT(*files->List(""), IsEmpty());
}

TEST_P(FilesConformance, NamesThatCouldLeaveTheDirectoryAreRefused) {
  const std::string long_name(256, 'a');
  for (const std::string_view name :
       {"", "/etc/passwd", "..", "../x", "a/../b", "a/..", ".hidden", "a/.tmp", "a//b", "a/", "a b",
        "a\nb", "\xc3\xa4", "a\\b", long_name.c_str()}) {
    EXPECT_THAT(Put(name, "x"), HasCode(kInvalidArgument)) << name;
    EXPECT_THAT(files->Get(name), HasCode(kInvalidArgument)) << name;
    EXPECT_THAT(files->Remove(name), HasCode(kInvalidArgument)) << name;
  }
  EXPECT_THAT(*files->List(""), IsEmpty());
  EXPECT_THAT(Put("A-z_0.9/x..y", "x"), IsOk());
}

TEST_P(FilesConformance, AReaderSeesTheOldBytesOrTheNew) {
  const std::string old_bytes(100'000, 'o');
  const std::string new_bytes(50'000, 'n');
  ASSERT_THAT(Put("state", old_bytes), IsOk());
  std::atomic<bool> done{false};
  std::jthread writer([&] {
    for (int i = 0; i < 50; ++i) EXPECT_THAT(Put("state", i % 2 ? old_bytes : new_bytes), IsOk());
    done = true;
  });
  while (!done) {
    const std::string seen = Get("state");
    EXPECT_TRUE(seen == old_bytes || seen == new_bytes) << seen.size() << " bytes";
  }
}

TEST_P(FilesConformance, WhatPutAcknowledgedIsThereAfterReopen) {
  ASSERT_THAT(Put("a/b/c", "kept"), IsOk());
  files = &home->Open();
  EXPECT_EQ(Get("a/b/c"), "kept");
}

TEST_P(FilesConformance, OnAFullDiskTheOldBytesStay) {
  ASSERT_THAT(Put("state", "old"), IsOk());
  {
    const auto full = home->FillDisk();
    EXPECT_THAT(Put("state", "new"), Fails(kResourceExhausted, Reason::kDISK_FULL));
    EXPECT_EQ(Get("state"), "old");
  }
  EXPECT_THAT(*files->List(""), ElementsAre("state"));
  ASSERT_THAT(Put("state", "new"), IsOk());
  EXPECT_EQ(Get("state"), "new");
}

INSTANTIATE_TEST_SUITE_P(Memory, FilesConformance,
                         ::testing::Values(InMemory<Files, MemoryFiles>("file.put")));
INSTANTIATE_TEST_SUITE_P(
    Directory, FilesConformance,
    ::testing::Values(InDirectory<Files>("directory", [](const std::string& path) {
      return platform::DirFiles::Open(path).value();
    })));

}  // namespace
}  // namespace muster::testing
