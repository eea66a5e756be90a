#include "base/canonical_json.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "base/seeded.h"

namespace muster {
namespace {
std::string Canonical(std::string_view text) {
  const auto json = ParseJson(text);
  if (!json.ok()) return json.status().ToString();
  const auto out = CanonicalJson(*json);
  return out.ok() ? *out : out.status().ToString();
}

void ExpectNotJson(std::string_view text) {
  EXPECT_EQ(ParseJson(text).status().code(), absl::StatusCode::kInvalidArgument)
      << text.substr(0, 100);
}

// RFC 8785 section 3.2.3: keys sort by UTF-16 code units, so U+1F600 (a surrogate pair, D83D DE00)
// comes before U+FB33, which code points and UTF-8 bytes would put first.
TEST(CanonicalJson, SortsKeysAsRfc8785Does) {
  EXPECT_EQ(Canonical(R"({
    "\u20ac": "Euro Sign",
    "\r": "Carriage Return",
    "\ufb33": "Hebrew Letter Dalet With Dagesh",
    "1": "One",
    "\ud83d\ude00": "Emoji: Grinning Face",
    "\u0080": "Control",
    "\u00f6": "Latin Small Letter O With Diaeresis"
  })"),
            "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xc2\x80\":\"Control\","
            "\"ö\":\"Latin Small Letter O With Diaeresis\",\"€\":\"Euro Sign\","
            "\"😀\":\"Emoji: Grinning Face\",\"\xef\xac\xb3\":\"Hebrew Letter Dalet With Dagesh\"}");
}

// RFC 8785 section 3.2.2.2, on the RFC's own sample string and on every control character.
TEST(CanonicalJson, EscapesAsRfc8785Does) {
  EXPECT_EQ(Canonical(R"({"string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/"})"),
            R"({"string":"€$\u000f\nA'B\"\\\\\"/"})");
  const std::string shorts[] = {R"(\b)", R"(\t)", R"(\n)", R"(\f)", R"(\r)"};
  const char codes[] = {8, 9, 10, 12, 13};
  for (char c = 0; c < 32; ++c) {
    std::string expected = fmt::format("\\u{:04x}", static_cast<int>(c));
    for (std::size_t i = 0; i < 5; ++i)
      if (codes[i] == c) expected = shorts[i];
    EXPECT_EQ(*CanonicalJson(Json(std::string(1, c))), "\"" + expected + "\"");
  }
  EXPECT_EQ(*CanonicalJson(Json("\x7f\u2028")), "\"\x7f\u2028\"");
}

TEST(CanonicalJson, WritesLiteralsListsAndNestingWithoutSpace) {
  EXPECT_EQ(Canonical(R"( { "b" : [ null , true , false , [ ] , { } ] , "a" : -0 } )"),
            R"({"a":0,"b":[null,true,false,[],{}]})");
  EXPECT_EQ(Canonical("{\"\":1,\"a\":{\"z\":1,\"y\":[2,1]}}"), R"({"":1,"a":{"y":[2,1],"z":1}})");
}

TEST(CanonicalJson, NumbersAreIntegersBelow2To53) {
  EXPECT_EQ(Canonical("[0,9007199254740991,-9007199254740991]"),
            "[0,9007199254740991,-9007199254740991]");
  for (const std::string_view text :
       {"9007199254740992", "-9007199254740992", "18446744073709551615", "-9223372036854775808",
        "18446744073709551616", "1.5", "1.0", "1e3", "-0.0"})
    EXPECT_EQ(CanonicalJson(*ParseJson(text)).status().code(), absl::StatusCode::kInvalidArgument)
        << text;
  EXPECT_FALSE(CanonicalJson(Json{{"deep", {1, Json::array({0.5})}}}).ok());
}

TEST(CanonicalJson, TextThatIsNotUtf8IsRefused) {
  for (const std::string text : {"\xff", "\xc3", "\xed\xa0\x80", "\xc0\x80", "a\x80"}) {
    EXPECT_EQ(CanonicalJson(Json(text)).status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(CanonicalJson(Json{{text, 1}}).status().code(), absl::StatusCode::kInvalidArgument);
  }
}

Json RandomJson(SeededRng& rng, int depth) {
  switch (rng.Below(depth > 0 ? 6 : 4)) {
    case 0: return nullptr;
    case 1: return rng.Below(2) == 1;
    case 2: return static_cast<std::int64_t>(rng.Below(1ULL << 53)) * (rng.Below(2) ? 1 : -1);
    case 3: {
      constexpr std::string_view kPieces[] = {"a", "\"", "\\", "\n", "ö", "€", "😀", "\x01", "/"};
      std::string text;
      for (std::uint64_t n = rng.Below(6); n > 0; --n) text += kPieces[rng.Below(9)];
      return text;
    }
    case 4: {
      Json list = Json::array();
      for (std::uint64_t n = rng.Below(4); n > 0; --n) list.push_back(RandomJson(rng, depth - 1));
      return list;
    }
    default: {
      Json object = Json::object();
      for (std::uint64_t n = rng.Below(4); n > 0; --n)
        object[fmt::format("{}ö", rng.Below(50))] = RandomJson(rng, depth - 1);
      return object;
    }
  }
}

TEST(CanonicalJson, ReadsBackAsTheSameValueAndTheSameText) {
  SeededRng rng(31);
  for (int i = 0; i < 500; ++i) {
    SCOPED_TRACE(testing::Message() << "seed=31 case=" << i);
    const Json json = RandomJson(rng, 4);
    const std::string text = *CanonicalJson(json);
    const auto back = ParseJson(text);
    ASSERT_TRUE(back.ok()) << text;
    EXPECT_EQ(*back, json);
    EXPECT_EQ(*CanonicalJson(*back), text);
  }
}

TEST(ParseJson, RefusesWhatIsNotOneJsonValue) {
  for (const std::string_view text : {"",
                                      " ",
                                      "{",
                                      "}",
                                      "[1,]",
                                      "{\"a\":1,}",
                                      "{a:1}",
                                      "{'a':1}",
                                      "01",
                                      "+1",
                                      ".5",
                                      "1.",
                                      "NaN",
                                      "Infinity",
                                      "nul",
                                      "1 2",
                                      "{} {}",
                                      "// c\n1",
                                      "/*c*/1",
                                      "\"\n\"",
                                      "\"\\x41\"",
                                      "\"\\ud800\"",
                                      "\"\\udc00\\ud800\"",
                                      "\"\xff\"",
                                      "1e999"})
    ExpectNotJson(text);
}

TEST(ParseJson, RefusesBytesThatTwoReadersCouldReadDifferently) {
  ExpectNotJson("\xef\xbb\xbf{}");
  ExpectNotJson(std::string_view("{}\0", 3));
  ExpectNotJson(std::string_view("{}\0{\"a\":1}", 10));
  ExpectNotJson(std::string_view("\0{}", 3));
}

TEST(ParseJson, RefusesAKeyThatStandsTwiceInOneObject) {
  ExpectNotJson(R"({"a":1,"a":1})");
  ExpectNotJson(R"({"x":{"a":1,"b":2,"a":3}})");
  ExpectNotJson(R"([{"a":{},"a":[]}])");
  ExpectNotJson(R"({"a":1,"\u0061":2})");  // The same key, spelled in another way.
  EXPECT_TRUE(ParseJson(R"({"a":{"a":1},"b":{"a":[{"a":2},{"a":3}]}})").ok());
}

TEST(ParseJson, RefusesNestingBeyondItsDepth) {
  const auto nested = [](std::size_t n) { return std::string(n, '[') + std::string(n, ']'); };
  EXPECT_TRUE(ParseJson(nested(32)).ok());
  ExpectNotJson(nested(33));
  ExpectNotJson(std::string(1'000'000, '['));
  EXPECT_TRUE(ParseJson(R"({"a":[{"b":1}]})", 3).ok());
  EXPECT_FALSE(ParseJson(R"({"a":[{"b":1}]})", 2).ok());
  EXPECT_TRUE(ParseJson("[[],[],{}]", 2).ok());  // Depth, not count.
}

TEST(Decimal, IsTheShortestTextThatReadsBack) {
  const std::pair<double, std::string_view> cases[] = {
      {0.05, "0.05"},    {1, "1"}, {-0.0, "-0"}, {1e300, "1e+300"}, {1.0 / 3, "0.3333333333333333"},
      {5e-324, "5e-324"}};
  for (const auto& [value, text] : cases) {
    EXPECT_EQ(DecimalText(value), text);
    EXPECT_EQ(std::signbit(*ParseDecimal(text)), std::signbit(value));
    EXPECT_EQ(*ParseDecimal(text), value);
  }
  SeededRng rng(32);
  for (int i = 0; i < 2000; ++i) {
    const double value = std::bit_cast<double>(rng.Next());
    if (std::isfinite(value)) {
      EXPECT_EQ(*ParseDecimal(DecimalText(value)), value);
    }
  }
}

TEST(Decimal, AnythingButOneFiniteNumberIsRefused) {
  for (const std::string_view text :
       {"", " 1", "1 ", "+1", "1,5", "0x10", "nan", "inf", "-inf", "1e999", "one", "1e", "--1"})
    EXPECT_EQ(ParseDecimal(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  EXPECT_FALSE(ParseDecimal(DecimalText(std::numeric_limits<double>::infinity())).ok());
}

TEST(JsonReader, ReadsEveryKindOfMember) {
  const Json json =
      *ParseJson(R"({"t":"x","u":7,"i":-7,"d":"0.25","b":true,"o":{"k":1},"l":["a","b"]})");
  JsonReader reader(json);
  EXPECT_EQ(reader.Text("t"), "x");
  EXPECT_EQ(reader.Unsigned("u"), 7u);
  EXPECT_EQ(reader.Integer("i"), -7);
  EXPECT_EQ(reader.Integer("u"), 7);
  EXPECT_EQ(reader.Decimal("d"), 0.25);
  EXPECT_TRUE(reader.Bool("b"));
  EXPECT_EQ(reader.At("o").at("k"), 1);
  EXPECT_EQ(reader.Texts("l"), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(reader.Has("t"));
  EXPECT_FALSE(reader.Has("absent"));
  EXPECT_TRUE(reader.status().ok()) << reader.status();
}

TEST(JsonReader, TheFirstFailureSticksAndNamesItsField) {
  const Json json = *ParseJson(R"({"t":"x","n":-1,"l":["a",1],"d":"abc"})");
  const auto failure = [&](const auto& read) {
    JsonReader reader(json);
    read(reader);
    reader.Text("later");
    return std::string(MessageOf(reader.status()));
  };
  EXPECT_NE(failure([](JsonReader& r) { r.Text("absent"); }).find("'absent'"), std::string::npos);
  EXPECT_NE(failure([](JsonReader& r) { r.Unsigned("n"); }).find("'n'"), std::string::npos);
  EXPECT_NE(failure([](JsonReader& r) { r.Integer("t"); }).find("'t'"), std::string::npos);
  EXPECT_NE(failure([](JsonReader& r) { r.Bool("t"); }).find("'t'"), std::string::npos);
  EXPECT_NE(failure([](JsonReader& r) { r.Texts("l"); }).find("'l'"), std::string::npos);
  EXPECT_NE(failure([](JsonReader& r) { r.Texts("t"); }).find("'t'"), std::string::npos);
  EXPECT_NE(failure([](JsonReader& r) { r.Decimal("d"); }).find("d: "), std::string::npos);
  EXPECT_NE(failure([](JsonReader& r) { r.At("absent"); }).find("'absent'"), std::string::npos);
}

TEST(JsonReader, SomethingOtherThanAnObjectFailsOnce) {
  const Json json = Json::array({1});
  JsonReader reader(json);
  EXPECT_EQ(reader.Text("t"), "");
  EXPECT_EQ(reader.Decimal("d"), 0);
  EXPECT_TRUE(reader.At("o").is_null());
  EXPECT_EQ(reader.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(MessageOf(reader.status()), "not a JSON object");
}
}  // namespace
}  // namespace muster
