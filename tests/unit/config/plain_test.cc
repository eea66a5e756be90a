#include "config/plain.h"

#include <gmock/gmock.h>

#include "config/load.h"
#include "tests/support/status_matchers.h"

namespace muster::config {
namespace {
using muster::testing::Fails;
using muster::testing::IsOk;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

TEST(Plain, IsTheSameTreeWithDecimalsAsText) {
  const auto plain = ParsePlain("a: [1, -2, 0.5, '3', true, x, ]\nb: {c: {}, d: }\n", "f.yaml");
  ASSERT_THAT(plain, IsOk());
  EXPECT_EQ(plain->json.dump(), R"({"a":[1,-2,"0.5","3",true,"x"],"b":{"c":{},"d":null}})");
  EXPECT_TRUE(plain->json["a"][0].is_number_unsigned());
}

TEST(Plain, TellsWhereEachPartStands) {
  const auto plain = ParsePlain("monitors:\n  - name: a\n  - name: b\n    kind: rang\n", "f.yaml");
  ASSERT_THAT(plain, IsOk());
  EXPECT_EQ(plain->source.Where("monitors[1].kind"), "f.yaml:4:11");
  EXPECT_EQ(plain->source.Where("monitors[1].window"), "f.yaml:3:5");
}

TEST(Plain, RefusesKeysThatStandTwiceAndWhatIsNoMap) {
  EXPECT_THAT(ParsePlain("a: 1\na: 2\n", "f"), Fails(kInvalid, Reason::kFIELD_DUPLICATE));
  for (const char* text :
       {"", "[1]", "x", "a: 1\n---\nb: 2\n", "{[1]: 2}", "a: !!int 3", "a: \xff"})
    EXPECT_THAT(ParsePlain(text, "f"), Fails(kInvalid, Reason::kFIELD_INVALID)) << text;
}

TEST(Plain, RefusesAFewLinesThatNameATreeWithoutEnd) {
  std::string text = "a0: &a0 [x, x]\n";
  for (int i = 1; i < 40; ++i) text += fmt::format("a{0}: &a{0} [*a{1}, *a{1}]\n", i, i - 1);
  EXPECT_THAT(ParsePlain(text, "f"), Fails(kInvalid, Reason::kFIELD_INVALID));
}

}  // namespace
}  // namespace muster::config
