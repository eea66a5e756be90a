#include "client/telemetry/segment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/telemetry/event_json.h"
#include "tests/unit/client_telemetry/events.h"

namespace muster::testing {
namespace {
using client::EncodeRecord;
using client::ScanSegment;
using client::SegmentName;
using client::TelemetryClass;

const SegmentName kName{TelemetryClass::kAlarm, 5};

Bytes Records(std::initializer_list<std::uint64_t> sequences) {
  Bytes out;
  for (const std::uint64_t sequence : sequences) {
    const Bytes record =
        EncodeRecord(sequence, *client::EncodeEvent(Alarm(fmt::format("alarm {}", sequence))));
    out.insert(out.end(), record.begin(), record.end());
  }
  return out;
}
std::vector<std::uint64_t> SequencesIn(const client::SegmentScan& scan) {
  std::vector<std::uint64_t> out;
  for (const auto& record : scan.records) out.push_back(record.record.sequence);
  return out;
}

TEST(Segment, IsNamedByItsClassAndItsFirstSequence) {
  EXPECT_EQ(client::FileOf(kName), "alarm-0000000000000005");
  EXPECT_EQ(client::ParseSegmentName("alarm-0000000000000005"), kName);
  for (const char* other :
       {"alarm-5", "alarm-000000000000000x", "alarm-0000000000000000", "siren-0000000000000005",
        "alarm", "spool.json", "alarm-00000000000000051", "alarm-9999999999999999"})
    EXPECT_EQ(client::ParseSegmentName(other), std::nullopt) << other;
}

TEST(Segment, GivesItsRecordsBack) {
  const auto scan = ScanSegment(kName, Records({5, 6, 9}));
  EXPECT_THAT(SequencesIn(scan), ::testing::ElementsAre(5, 6, 9));
  EXPECT_EQ(scan.records[2].record.event, Alarm("alarm 9"));
  EXPECT_EQ(scan.good, Records({5, 6, 9}).size());
  EXPECT_FALSE(scan.torn);
}

TEST(Segment, CutAtAnyByteItHasTheRecordsBeforeAndIsTorn) {
  const Bytes bytes = Records({5, 6, 7});
  const std::size_t two = Records({5, 6}).size();
  for (std::size_t end = two; end < bytes.size(); ++end) {
    const auto scan = ScanSegment(kName, ByteView(bytes).first(end));
    ASSERT_THAT(SequencesIn(scan), ::testing::ElementsAre(5, 6)) << end;
    ASSERT_EQ(scan.torn, end > two) << end;
  }
}

TEST(Segment, OneWrongByteCostsTheRecordAndWhatFollows) {
  const Bytes bytes = Records({5, 6, 7});
  const std::size_t one = Records({5}).size();
  for (std::size_t at = 0; at < one; ++at) {
    Bytes wrong = bytes;
    wrong[one + at] ^= std::byte{0x41};
    ASSERT_THAT(SequencesIn(ScanSegment(kName, wrong)), ::testing::ElementsAre(5)) << at;
  }
}

TEST(Segment, TakesNoSequenceThatDoesNotRiseAndNoOtherClass) {
  EXPECT_THAT(SequencesIn(ScanSegment(kName, Records({5, 5}))), ::testing::ElementsAre(5));
  EXPECT_THAT(SequencesIn(ScanSegment(kName, Records({7, 6}))), ::testing::ElementsAre(7));
  EXPECT_THAT(SequencesIn(ScanSegment(kName, Records({4}))), ::testing::IsEmpty());
  EXPECT_THAT(SequencesIn(ScanSegment({TelemetryClass::kSummary, 5}, Records({5}))),
              ::testing::IsEmpty());
}

}  // namespace
}  // namespace muster::testing
