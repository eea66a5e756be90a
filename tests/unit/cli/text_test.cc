#include "cli/text.h"

#include <gtest/gtest.h>

#include <cmath>

namespace muster::cli {
namespace {

TEST(Text, WidthsCountColumnsNotBytesAndNoEscapes) {
  EXPECT_EQ(DisplayWidth("Größe"), 5);
  EXPECT_EQ(DisplayWidth("温度"), 4);
  EXPECT_EQ(DisplayWidth("\x1b[32mok\x1b[0m"), 2);
  EXPECT_EQ(DisplayWidth("\xff\xfe"), 2);  // Not UTF-8: still finite.
}

TEST(Text, ClippedTextFitsAndClosesItsColour) {
  EXPECT_EQ(Clip("turbofan", 8), "turbofan");
  EXPECT_EQ(Clip("turbofan", 5), "turb…");
  EXPECT_EQ(Clip("\x1b[31mturbofan\x1b[0m", 5), "\x1b[31mturb…\x1b[0m");
  EXPECT_EQ(Clip("温度温度", 4), "温…");
}

TEST(Text, ForeignTextCannotSteerTheTerminal) {
  EXPECT_EQ(Clean("a\x1b[2Jb\nc\td\x7f\xc2\x9b"
                  "e"),
            "a [2Jb c d  e");
  EXPECT_EQ(Clean("Größe"), "Größe");
}

TEST(Text, TimesAreRelative) {
  const Timestamp now = FromUnixMillis(1'700'000'000'000);
  const auto ago = [&](std::int64_t ms) { return Ago(now, UnixMillis(now) - ms); };
  EXPECT_EQ(Ago(now, 0), "never");
  EXPECT_EQ(ago(400), "just now");
  EXPECT_EQ(ago(59'000), "59s ago");
  EXPECT_EQ(ago(3 * 60'000 + 5), "3m ago");
  EXPECT_EQ(ago(47 * 3'600'000), "47h ago");
  EXPECT_EQ(ago(72 * 3'600'000), "3d ago");
  EXPECT_EQ(ago(-3'600'000), "in 1h");
  EXPECT_EQ(ago(-24 * 3'600'000 + 2'000), "in 24h");
  EXPECT_EQ(Span(Duration(62'000)), "1m02s");
  EXPECT_EQ(Span(Duration(3'720'000)), "1h02m");
}

TEST(Text, NumbersReadWell) {
  EXPECT_EQ(ByteText(1023), "1023 B");
  EXPECT_EQ(ByteText(1536), "1.5 KiB");
  EXPECT_EQ(ByteText(1048575), "1.0 MiB");
  EXPECT_EQ(Thousands(999), "999");
  EXPECT_EQ(Thousands(1'234'567), "1,234,567");
  EXPECT_EQ(Real(13.4172), "13.42");
  EXPECT_EQ(ShortDigest(""), "-");
  EXPECT_EQ(ShortDigest("sha256:0123456789abcdef0123"), "sha256:0123456789ab");
}

TEST(Text, ABarIsFullOnlyWhenAllIsThere) {
  EXPECT_EQ(Bar(0, 4, 4), "░░░░");
  EXPECT_EQ(Bar(999, 1000, 4), "███░");
  EXPECT_EQ(Bar(4, 4, 4), "████");
  EXPECT_EQ(Bar(5, 4, 4), "████");
  EXPECT_EQ(Bar(1, 0, 2), "░░");
}

TEST(Text, ASparklineGoesFromLeastToGreatest) {
  EXPECT_EQ(Sparkline({8, 7, 6, 5, 4, 3, 2, 1}, 20), "█▇▆▅▄▃▂▁");
  EXPECT_EQ(Sparkline({9, 9, 1, 2}, 2), "▁█");
  EXPECT_EQ(Sparkline({5, 5}, 9), "▄▄");
  EXPECT_EQ(Sparkline({1, NAN, 2}, 9), "▁?█");
  EXPECT_EQ(Sparkline({}, 9), "");
}

}  // namespace
}  // namespace muster::cli
