#include "registry/formats/json/value.h"

#include <utility>
#include <vector>

#include "registry/formats/json/decimal.h"
#include "registry/formats/json/uri.h"
#include "tests/unit/registry_json/invalid_at.h"

namespace muster::registry::formats::json {
namespace {

std::string Respelled(std::string_view text, Spelling spelling) {
  const auto value = ParseValue(text, 10);
  EXPECT_TRUE(value.ok()) << value.status();
  return value.ok() ? Spell(*value, spelling) : "";
}

TEST(JsonValue, KeepsOrderAndSpellingButNotSpace) {
  EXPECT_EQ(Respelled(" { \"b\" : [ 1.50 , -0.1e+3, null ] ,\n \"a\":{} } ", Spelling::kAsWritten),
            R"({"b":[1.50,-0.1e+3,null],"a":{}})");
  EXPECT_EQ(Respelled(R"("\u0041\u00e9\/\"\\\n\u0001")", Spelling::kAsWritten),
            "\"A\xc3\xa9/\\\"\\\\\\n\\u0001\"");
  EXPECT_EQ(Respelled("123456789012345678901234567890", Spelling::kAsWritten),
            "123456789012345678901234567890");
}

TEST(JsonValue, SortsKeysByUtf16Units) {
  // U+1F600 is a surrogate pair, and so comes before U+FFFD.
  EXPECT_EQ(Respelled("{\"\xef\xbf\xbd\":1,\"\xf0\x9f\x98\x80\":2,\"b\":{\"d\":3,\"c\":4}}",
                      Spelling::kSorted),
            "{\"b\":{\"c\":4,\"d\":3},\"\xf0\x9f\x98\x80\":2,\"\xef\xbf\xbd\":1}");
}

TEST(JsonValue, MeansTheSameHoweverNumbersAreSpelled) {
  EXPECT_EQ(Respelled("[1.0,10e-1,100e-2,0.0,-0,1e3]", Spelling::kMeaning), "[1,1,1,0,0,1000]");
  EXPECT_EQ(Respelled(R"({"b":1.50,"a":"1.50"})", Spelling::kMeaning), R"({"a":"1.50","b":15e-1})");
}

TEST(JsonValue, RefusesWhatIsNoJson) {
  for (const std::string& text :
       {std::string(), std::string("{"), std::string("{} {}"), std::string("{'a':1}"),
        std::string("[1,]"), std::string("nul"), std::string("NaN"), std::string("1e999"),
        std::string("\xef\xbb\xbf{}"), std::string("{}\0", 3), std::string("\"\xff\""),
        std::string(R"("\ud800")"), std::string(R"({"a":1,"a":1})"), std::string("// no\n{}")}) {
    SCOPED_TRACE(text);
    EXPECT_THAT(ParseValue(text, 10), IsInvalidAt("#"));
  }
  EXPECT_THAT(ParseValue(std::string(10, '[') + std::string(10, ']'), 10), testing::IsOk());
  EXPECT_THAT(ParseValue(std::string(11, '[') + std::string(11, ']'), 10), IsInvalidAt("#"));
}

TEST(JsonValue, ShowsABoundedPieceWithoutControls) {
  EXPECT_EQ(Shown("a\nb", 10), "a?b");
  EXPECT_EQ(Shown("aaaa\xc3\xa9", 5), "aaaa...");
}

TEST(Decimal, ComparesExactly) {
  const std::vector<std::string> ascending = {"-1e300",
                                              "-10",
                                              "-9.5",
                                              "-9.49",
                                              "-1e-300",
                                              "0",
                                              "1e-300",
                                              "0.1",
                                              "0.10000000000000000001",
                                              "1",
                                              "9007199254740993",
                                              "9007199254740993.5",
                                              "123456789012345678901234567890",
                                              "1e300"};
  for (std::size_t i = 0; i < ascending.size(); ++i)
    for (std::size_t j = 0; j < ascending.size(); ++j)
      EXPECT_EQ(Decimal::Of(ascending[i]) <=> Decimal::Of(ascending[j]), i <=> j)
          << ascending[i] << " " << ascending[j];
}

TEST(Decimal, KnowsWhatIsTheSameNumber) {
  for (const auto& [a, b] : {std::pair("1.0", "1"), std::pair("1e2", "100.00"),
                             std::pair("-0.0", "0"), std::pair("0.001E+3", "1")})
    EXPECT_EQ(Decimal::Of(a), Decimal::Of(b)) << a << " " << b;
  EXPECT_TRUE(Decimal::Of("3.00").integer());
  EXPECT_TRUE(Decimal::Of("1e99").integer());
  EXPECT_FALSE(Decimal::Of("3.01").integer());
  EXPECT_EQ(Decimal::Of("1e-99999999999999999999").Text(), "1e-1000000000000");
}

TEST(Decimal, Divides) {
  EXPECT_EQ(Decimal::Of("0.1").Divides(Decimal::Of("0.3")), true);
  EXPECT_EQ(Decimal::Of("2.5").Divides(Decimal::Of("10")), true);
  EXPECT_EQ(Decimal::Of("3").Divides(Decimal::Of("10")), false);
  EXPECT_EQ(Decimal::Of("3").Divides(Decimal::Of("1e30")), std::nullopt);
}

TEST(Uri, ResolvesAsRfc3986Does) {
  const std::string base = "http://a/b/c/d?q";
  for (const auto& [reference, target] :
       std::vector<std::pair<std::string, std::string>>{{"g", "http://a/b/c/g"},
                                                        {"./g", "http://a/b/c/g"},
                                                        {"g/", "http://a/b/c/g/"},
                                                        {"/g", "http://a/g"},
                                                        {"//g", "http://g"},
                                                        {"?y", "http://a/b/c/d?y"},
                                                        {"#s", "http://a/b/c/d?q#s"},
                                                        {"", "http://a/b/c/d?q"},
                                                        {".", "http://a/b/c/"},
                                                        {"..", "http://a/b/"},
                                                        {"../g", "http://a/b/g"},
                                                        {"../../../g", "http://a/g"},
                                                        {"g;x=1/../y", "http://a/b/c/y"},
                                                        {"urn:x:y", "urn:x:y"}})
    EXPECT_EQ(ResolveUri(base, reference), target) << reference;
  EXPECT_EQ(ResolveUri("", "./g.json"), "g.json");
  EXPECT_EQ(ResolveUri("urn:uuid:1", "#x"), "urn:uuid:1#x");
  EXPECT_EQ(ResolveUri("http://a", "g"), "http://a/g");
  EXPECT_EQ(PercentDecoded("a%20b%2"), "a b%2");
}

}  // namespace
}  // namespace muster::registry::formats::json
