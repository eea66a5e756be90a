#include "base/time_text.h"

#include <gtest/gtest.h>

namespace muster {
namespace {
TEST(TimeText, TimesAreRfc3339InUtcWithMilliseconds) {
  EXPECT_EQ(FormatTime(FromUnixMillis(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(FormatTime(FromUnixMillis(1'795'162'530'250)), "2026-11-20T08:15:30.250Z");
  EXPECT_EQ(FormatTime(FromUnixMillis(951'782'400'000)), "2000-02-29T00:00:00.000Z");
  EXPECT_EQ(FormatTime(FromUnixMillis(-1)), "1969-12-31T23:59:59.999Z");
}

TEST(TimeText, TimesAreReadBackAndMayLeaveOutTheirEnd) {
  for (const std::int64_t ms : {0LL, 1'795'162'530'250LL, 951'782'400'000LL, 253'402'300'799'999LL})
    EXPECT_EQ(UnixMillis(ParseTime(FormatTime(FromUnixMillis(ms))).value()), ms);
  for (const std::string_view text :
       {"2026-05-03", "2026-05-03T00:00Z", "2026-05-03T00:00:00Z", "2026-05-03T00:00:00.000Z"})
    EXPECT_EQ(UnixMillis(ParseTime(text).value()), 1'777'766'400'000) << text;
}

TEST(TimeText, OtherTimesAreRefused) {
  for (const std::string_view text : {"",
                                      "2026",
                                      "2026-05",
                                      "2026-5-3",
                                      "2026-13-01",
                                      "2026-02-29",
                                      "2026-00-10",
                                      "2026-05-00",
                                      "1969-12-31",
                                      "2026-05-03T",
                                      "2026-05-03T12",
                                      "2026-05-03T12Z",
                                      "2026-05-03T24:00Z",
                                      "2026-05-03T12:60Z",
                                      "2026-05-03T12:00",
                                      "2026-05-03T12:00:60Z",
                                      "2026-05-03T12:00:00.1Z",
                                      "2026-05-03T12:00+02:00",
                                      "2026-05-03 12:00Z",
                                      "2026-05-03Z",
                                      " 2026-05-03",
                                      "2026-05-03T12:00Zx",
                                      "+026-05-03",
                                      "2026/05/03",
                                      "26-05-03",
                                      "12026-05-03"})
    EXPECT_EQ(ParseTime(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
}

TEST(TimeText, DurationsAreANumberAndAUnit) {
  using std::chrono::milliseconds;
  const std::pair<std::string_view, std::int64_t> cases[] = {{"250ms", 250},
                                                             {"0s", 0},
                                                             {"30s", 30'000},
                                                             {"5m", 300'000},
                                                             {"2h", 7'200'000},
                                                             {"7d", 604'800'000},
                                                             {"3650d", 315'360'000'000},
                                                             {"1500ms", 1500}};
  for (const auto& [text, ms] : cases) {
    const auto duration = ParseDuration(text);
    ASSERT_TRUE(duration.ok()) << text;
    EXPECT_EQ(duration->count(), ms) << text;
  }
}

TEST(TimeText, OtherDurationsAreRefused) {
  for (const std::string_view text :
       {"", "5", "s", "-5s", "+5s", " 5s", "5 s", "5S", "1.5h", "5sec", "3651d", "1e3s", "0x5s",
        "99999999999999999999s", "9223372036854775807ms", "9223372036854775807d", "5s5s"})
    EXPECT_EQ(ParseDuration(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
}

TEST(TimeText, DurationsAreWrittenInTheLargestExactUnitAndReadBack) {
  const std::pair<std::int64_t, std::string_view> cases[] = {
      {0, "0s"}, {1, "1ms"}, {90'000, "90s"}, {60'000, "1m"}, {86'400'000, "1d"}, {1001, "1001ms"}};
  for (const auto& [ms, text] : cases) {
    EXPECT_EQ(FormatDuration(Duration(ms)), text);
    EXPECT_EQ(ParseDuration(text)->count(), ms);
  }
}
}  // namespace
}  // namespace muster
