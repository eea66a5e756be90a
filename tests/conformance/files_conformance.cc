// What base/blobs.h promises of Files, asked of every kind there is.
#include <absl/synchronization/notification.h>
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

TEST_P(FilesConformance, WhatIsAppendedStandsBehindTheRest) {
  ASSERT_THAT(files->Append("a/log", AsBytes("one ")), IsOk());
  ASSERT_THAT(files->Append("a/log", AsBytes("")), IsOk());
  ASSERT_THAT(files->Append("a/log", AsBytes("two ")), IsOk());
  EXPECT_EQ(Get("a/log"), "one two ");
  ASSERT_THAT(Put("a/log", "anew "), IsOk());
  ASSERT_THAT(files->Append("a/log", AsBytes("three")), IsOk());
  files = &home->Open();
  EXPECT_EQ(Get("a/log"), "anew three");
  EXPECT_THAT(*files->List(""), ElementsAre("a/log"));
  EXPECT_THAT(files->Remove("a/log"), IsOk());
  EXPECT_THAT(files->Get("a/log"), HasCode(kNotFound));
}

TEST_P(FilesConformance, OnAFullDiskNothingIsAppended) {
  ASSERT_THAT(files->Append("log", AsBytes("old ")), IsOk());
  {
    const auto full = home->FillDisk();
    EXPECT_THAT(files->Append("log", AsBytes("lost")),
                Fails(kResourceExhausted, Reason::kDISK_FULL));
    EXPECT_EQ(Get("log"), "old ");
    EXPECT_THAT(files->Append("new", AsBytes("lost")),
                Fails(kResourceExhausted, Reason::kDISK_FULL));
  }
  ASSERT_THAT(files->Append("log", AsBytes("later")), IsOk());
  EXPECT_EQ(Get("log"), "old later");
  ASSERT_THAT(files->Append("new", AsBytes("first")), IsOk());
  EXPECT_EQ(Get("new"), "first");
}

TEST_P(FilesConformance, FilesAreListedByPrefixInOrder) {
  for (const char* name : {"round/b", "round/a/1", "rounds", "other"})
    ASSERT_THAT(Put(name, "x"), IsOk());
  EXPECT_THAT(*files->List("round"), ElementsAre("round/a/1", "round/b", "rounds"));
  EXPECT_THAT(*files->List("round/"), ElementsAre("round/a/1", "round/b"));
  EXPECT_THAT(*files->List(""), ElementsAre("other", "round/a/1", "round/b", "rounds"));
  EXPECT_THAT(*files->List("round/a"), ElementsAre("round/a/1"));
  EXPECT_THAT(*files->List("round/a/"), ElementsAre("round/a/1"));
  for (const char* none : {"nothing", "nothing/", "other/", "round/a/1/", "rounds/x", "./", "/",
                           "round//", "round/a/../", "../"})
    EXPECT_THAT(files->List(none).value(), IsEmpty()) << none;
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
    EXPECT_THAT(files->Append(name, AsBytes("x")), HasCode(kInvalidArgument)) << name;
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

class SpoolConformance : public FilesConformance {
 protected:
  void Reopen() {
    spool.reset();
    files = &home->Open();
    spool = files->OpenSpool("secure/session.spool").value();
  }
  Status Append(std::uint32_t tag, std::string_view text) {
    Status told = Internal("nothing was told");
    absl::Notification done;
    spool->Append(tag, AsBytes(text), [&](Status status) {
      told = std::move(status);
      done.Notify();
    });
    done.WaitForNotification();
    return told;
  }
  std::string Read(std::uint32_t tag, std::uint64_t offset, std::size_t size) {
    Bytes out(size);
    EXPECT_THAT(spool->Read(tag, offset, out), IsOk());
    return std::string(AsText(out));
  }

  std::unique_ptr<Spool> spool = files->OpenSpool("secure/session.spool").value();
};

TEST_P(SpoolConformance, AnyPartOfARecordIsReadByItsTag) {
  ASSERT_THAT(Append(7, "seven"), IsOk());
  ASSERT_THAT(Append(1, "one"), IsOk());
  ASSERT_THAT(Append(3, ""), IsOk());
  EXPECT_EQ(Read(7, 0, 5), "seven");
  EXPECT_EQ(Read(7, 2, 2), "ve");
  EXPECT_EQ(Read(1, 0, 3), "one");
  EXPECT_EQ(*spool->SizeOf(7), 5u);
  EXPECT_EQ(*spool->SizeOf(3), 0u);
  Bytes out(3);
  EXPECT_THAT(spool->Read(7, 3, out), HasCode(kDataLoss));
  EXPECT_THAT(spool->Read(7, 6, out), HasCode(kDataLoss));
  EXPECT_THAT(spool->Read(2, 0, out), HasCode(kNotFound));
  EXPECT_THAT(spool->SizeOf(2), HasCode(kNotFound));
}

TEST_P(SpoolConformance, TheLastRecordOfATagCounts) {
  ASSERT_THAT(Append(7, "first"), IsOk());
  ASSERT_THAT(Append(7, "second"), IsOk());
  EXPECT_EQ(Read(7, 0, 6), "second");
  Reopen();
  EXPECT_EQ(Read(7, 0, 6), "second");
}

TEST_P(SpoolConformance, WhatWasToldDurableIsThereAfterReopenAndMoreCanFollow) {
  ASSERT_THAT(Append(1, "kept"), IsOk());
  Reopen();
  ASSERT_THAT(Append(2, "more"), IsOk());
  Reopen();
  EXPECT_EQ(Read(1, 0, 4), "kept");
  EXPECT_EQ(Read(2, 0, 4), "more");
  EXPECT_THAT(*files->List("secure/"), ElementsAre("secure/session.spool"));
  spool.reset();
  EXPECT_THAT(files->Remove("secure/session.spool"), IsOk());
  EXPECT_THAT(*files->List(""), IsEmpty());
}

TEST_P(SpoolConformance, ManyWritersSideBySideLoseNothing) {
  constexpr std::uint32_t kWriters = 8, kEach = 40;
  std::atomic<std::uint32_t> durable{0};
  {
    std::vector<std::jthread> writers;
    for (std::uint32_t w = 0; w < kWriters; ++w)
      writers.emplace_back([&, w] {
        for (std::uint32_t i = 0; i < kEach; ++i)
          spool->Append(w * kEach + i, AsBytes(std::string(w * 100 + i, 'x')),
                        [&](const Status& status) { durable += status.ok() ? 1 : 0; });
      });
  }
  EXPECT_EQ(durable, kWriters * kEach);  // Whoever syncs has synced for all before it returns.
  Reopen();
  for (std::uint32_t w = 0; w < kWriters; ++w)
    for (std::uint32_t i = 0; i < kEach; ++i)
      EXPECT_EQ(Read(w * kEach + i, 0, w * 100 + i), std::string(w * 100 + i, 'x'));
}

TEST_P(SpoolConformance, OnAFullDiskTheOldRecordsStay) {
  ASSERT_THAT(Append(1, "old"), IsOk());
  {
    const auto full = home->FillDisk();
    EXPECT_THAT(Append(1, "new"), Fails(kResourceExhausted, Reason::kDISK_FULL));
    EXPECT_EQ(Read(1, 0, 3), "old");
  }
  ASSERT_THAT(Append(2, "later"), IsOk());
  Reopen();
  EXPECT_EQ(Read(1, 0, 3), "old");
  EXPECT_EQ(Read(2, 0, 5), "later");
}

INSTANTIATE_TEST_SUITE_P(Memory, SpoolConformance,
                         ::testing::Values(InMemory<Files, MemoryFiles>("file.put")));
INSTANTIATE_TEST_SUITE_P(
    Directory, SpoolConformance,
    ::testing::Values(InDirectory<Files>("directory", [](const std::string& path) {
      return platform::DirFiles::Open(path).value();
    })));
INSTANTIATE_TEST_SUITE_P(Memory, FilesConformance,
                         ::testing::Values(InMemory<Files, MemoryFiles>("file.put")));
INSTANTIATE_TEST_SUITE_P(
    Directory, FilesConformance,
    ::testing::Values(InDirectory<Files>("directory", [](const std::string& path) {
      return platform::DirFiles::Open(path).value();
    })));

}  // namespace
}  // namespace muster::testing
