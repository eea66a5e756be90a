#include "base/bytes.h"

#include <gtest/gtest.h>

#include "base/seeded.h"

namespace muster {
namespace {
TEST(Bytes, HexIsLowerCaseAndComesBack) {
  const Bytes bytes = {std::byte{0x00}, std::byte{0x7f}, std::byte{0xff}, std::byte{0xa5}};
  EXPECT_EQ(ToHex(bytes), "007fffa5");
  EXPECT_EQ(*FromHex("007fffa5"), bytes);
  EXPECT_EQ(*FromHex(""), Bytes{});
}

TEST(Bytes, HexOfOddLengthOrForeignCharactersIsRefused) {
  for (const std::string_view text : {"0", "abc", "0g", "g0", "AB", " 0", "0x12", "é"})
    EXPECT_EQ(FromHex(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  EXPECT_FALSE(FromHex(std::string_view("0\0", 2)).ok());
}

// RFC 4648 section 10, in the alphabet of section 5 and without padding.
TEST(Bytes, Base64UrlGivesTheVectorsOfRfc4648) {
  const std::pair<std::string_view, std::string_view> vectors[] = {
      {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
      {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff", "-_8"}};
  for (const auto& [plain, text] : vectors) {
    EXPECT_EQ(ToBase64Url(AsBytes(plain)), text);
    const auto back = FromBase64Url(text);
    ASSERT_TRUE(back.ok()) << text;
    EXPECT_EQ(AsText(*back), plain);
  }
}

TEST(Bytes, Base64UrlHasOneTextForEachValue) {
  // Padding, the other alphabet, white space, a lone digit, and bits that say nothing.
  for (const std::string_view text : {"Zg==", "+/8", "Zm 9", "Z", "Zm9vY", "Zh", "Zm9", "-_9"})
    EXPECT_EQ(FromBase64Url(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
}

// RFC 4648 section 10.
TEST(Bytes, Base64GivesTheVectorsOfRfc4648) {
  const std::pair<std::string_view, std::string_view> vectors[] = {{"", ""},
                                                                   {"f", "Zg=="},
                                                                   {"fo", "Zm8="},
                                                                   {"foo", "Zm9v"},
                                                                   {"foob", "Zm9vYg=="},
                                                                   {"fooba", "Zm9vYmE="},
                                                                   {"foobar", "Zm9vYmFy"},
                                                                   {"\xfb\xff", "+/8="}};
  for (const auto& [plain, text] : vectors) {
    EXPECT_EQ(ToBase64(AsBytes(plain)), text);
    const auto back = FromBase64(text);
    ASSERT_TRUE(back.ok()) << text;
    EXPECT_EQ(AsText(*back), plain);
  }
}

TEST(Bytes, Base64HasOneTextForEachValue) {
  for (const std::string_view text :
       {"Zg", "Zg=", "Zg===", "Z===", "====", "=", "Zh==", "Zm9=", "-_8=", "Zg==Zg==", "Zm8=\n",
        "Zm9v====", "Z=g=", "Zm 9v==", "Zm9vYg==="})
    EXPECT_EQ(FromBase64(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
}

TEST(Bytes, RandomBytesComeBackFromTheirTexts) {
  SeededRng rng(21);
  for (int i = 0; i < 300; ++i) {
    Bytes bytes(rng.Below(70));
    for (std::byte& b : bytes) b = static_cast<std::byte>(rng.Next());
    EXPECT_EQ(*FromHex(ToHex(bytes)), bytes);
    EXPECT_EQ(*FromBase64Url(ToBase64Url(bytes)), bytes);
    EXPECT_EQ(*FromBase64(ToBase64(bytes)), bytes);
  }
}

TEST(Digest, TextComesBack) {
  std::array<std::byte, 32> raw{};
  for (std::size_t i = 0; i < raw.size(); ++i) raw[i] = static_cast<std::byte>(i * 7);
  const Digest digest(raw);
  EXPECT_EQ(digest.ToString(), "sha256:" + digest.Hex());
  EXPECT_EQ(digest.Hex().size(), 64u);
  EXPECT_EQ(*Digest::Parse(digest.ToString()), digest);
  EXPECT_LT(Digest(), digest);
}

TEST(Digest, AnyOtherTextIsRefused) {
  const std::string hex(64, 'a');
  EXPECT_TRUE(Digest::Parse("sha256:" + hex).ok());
  for (const std::string& text :
       {hex, "sha256:" + hex + "a", "sha256:" + hex.substr(2), "SHA256:" + hex, "sha512:" + hex,
        "sha256:" + std::string(64, 'A'), "sha256:" + std::string(64, 'x'), std::string(),
        " sha256:" + hex})
    EXPECT_EQ(Digest::Parse(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
}
}  // namespace
}  // namespace muster
