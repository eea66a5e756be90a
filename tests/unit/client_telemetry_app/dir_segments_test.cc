#include "client/app/dir_segments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "client/telemetry/spool.h"
#include "platform/secure_rng.h"
#include "tests/support/full_disk.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/client_telemetry/events.h"

namespace muster::testing {
namespace {
using client::DirSegments;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class DirSegmentsTest : public ::testing::Test {
 protected:
  TempDir dir_;
  const std::string folder_ = dir_ / "nodes/n/telemetry";
};

TEST_F(DirSegmentsTest, FilesGrowAreCutReplacedAndRemoved) {
  DirSegments folder(folder_);
  EXPECT_THAT(*folder.List(), IsEmpty()) << "the folder is not there yet";
  EXPECT_THAT(folder.Read("a"), HasCode(absl::StatusCode::kNotFound));
  ASSERT_THAT(folder.Append("a", 0, AsBytes("one")), IsOk());
  ASSERT_THAT(folder.Append("a", 3, AsBytes("two")), IsOk());
  ASSERT_THAT(folder.Replace("b", AsBytes("x")), IsOk());
  ASSERT_THAT(folder.Replace("b", AsBytes("yz")), IsOk());
  EXPECT_THAT(*folder.List(), ElementsAre("a", "b"));
  EXPECT_EQ(AsText(*DirSegments(folder_).Read("a")), "onetwo");
  EXPECT_EQ(AsText(*folder.Read("b")), "yz");
  ASSERT_THAT(folder.Cut("a", 4), IsOk());
  EXPECT_EQ(AsText(*folder.Read("a")), "onet");
  ASSERT_THAT(folder.Remove("a"), IsOk());
  ASSERT_THAT(folder.Remove("a"), IsOk());
  EXPECT_THAT(*folder.List(), ElementsAre("b"));
  ASSERT_THAT(folder.Append("a", 0, AsBytes("new")), IsOk());
  EXPECT_EQ(AsText(*folder.Read("a")), "new");
}

TEST_F(DirSegmentsTest, OnlyTheOwnerReadsThem) {
  DirSegments folder(folder_);
  ASSERT_THAT(folder.Append("a", 0, AsBytes("one")), IsOk());
  ASSERT_THAT(folder.Replace("b", AsBytes("x")), IsOk());
  using std::filesystem::perms;
  for (const char* file : {"a", "b"})
    EXPECT_EQ(std::filesystem::status(folder_ + "/" + file).permissions() &
                  (perms::group_all | perms::others_all),
              perms::none);
}

TEST_F(DirSegmentsTest, AFullDiskSaysSo) {
  DirSegments folder(folder_);
  ASSERT_THAT(folder.Append("a", 0, AsBytes("one")), IsOk());
  const FullDisk full;
  EXPECT_THAT(folder.Append("a", 3, AsBytes("two")),
              Fails(absl::StatusCode::kResourceExhausted, Reason::kDISK_FULL));
  EXPECT_THAT(folder.Replace("b", AsBytes("x")),
              Fails(absl::StatusCode::kResourceExhausted, Reason::kDISK_FULL));
}

TEST_F(DirSegmentsTest, ASpoolOnARealDiskKeepsWhatItAcknowledged) {
  platform::OpenSslRng rng;
  NullLogger log;
  const auto open = [&] {
    return *client::TelemetrySpool::Open("n", std::make_unique<DirSegments>(folder_), {}, rng, log);
  };
  ASSERT_THAT(open()->Add(Alarm()), IsOk());
  {
    const auto spool = open();
    ASSERT_THAT(spool->Add(Summary()), IsOk());
    const FullDisk full;
    EXPECT_THAT(spool->Add(Alarm()), HasCode(absl::StatusCode::kResourceExhausted));
  }
  const auto batch = *open()->Next();
  ASSERT_EQ(batch.records.size(), 2U);
  EXPECT_EQ(batch.records[0].event, Alarm());
  EXPECT_EQ(batch.records[1].event, Summary());
}

}  // namespace
}  // namespace muster::testing
