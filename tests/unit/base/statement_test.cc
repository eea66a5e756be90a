#include "base/statement.h"

#include <gtest/gtest.h>

#include "tests/support/symbolic_crypto.h"

namespace muster {
namespace {

// Enough of a hash for the form; the real one is checked where it lives.
class FoldingHasher final : public Hasher {
 public:
  Digest Sha256(ByteView bytes) const override {
    std::array<std::byte, 32> out{};
    for (std::size_t i = 0; i < bytes.size(); ++i) out[i % 32] ^= bytes[i];
    return Digest(out);
  }
};

const FoldingHasher kHasher;

Statement Example() {
  Statement s;
  s.identity_key.fill(std::byte{0xab});
  s.device_id = DeviceIdOf(s.identity_key, kHasher);
  s.device_name = DeviceName("engine-017");
  s.labels = {{"site", "north"}, {"role", "train"}};
  s.not_after = FromUnixMillis(1'800'000'000'000);
  return s;
}

std::string Text() { return EncodeStatement(Example()).value(); }

void ExpectInvalid(const std::string& text) {
  const auto parsed = ParseStatement(text, kHasher);
  ASSERT_FALSE(parsed.ok()) << text;
  EXPECT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(parsed.status()), Reason::kSTATEMENT_INVALID) << text;
}

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Statement, IsCanonicalJsonThatReadsBack) {
  EXPECT_EQ(Text(),
            R"({"device_id":"abababababababababababababababab","device_name":"engine-017",)"
            R"("identity_key":"abababababababababababababababababababababababababababababababab",)"
            R"("labels":{"role":"train","site":"north"},"not_after":1800000000000})");
  EXPECT_EQ(ParseStatement(Text(), kHasher).value(), Example());
}

TEST(Statement, HasExactlyOneSpelling) {
  ExpectInvalid(Text() + " ");
  ExpectInvalid(Replaced(Text(), "{", "{ "));
  ExpectInvalid(Replaced(Text(), "engine", "\\u0065ngine"));
  ExpectInvalid(
      Replaced(Text(), R"("role":"train","site":"north")", R"("site":"north","role":"train")"));
  ExpectInvalid(Replaced(Text(), R"("role":"train")", R"("role":"train","role":"train")"));
  ExpectInvalid(Replaced(Text(), "1800000000000", "1.8e12"));
}

TEST(Statement, IsRefusedWithAMemberMissingAddedOrOfAnotherType) {
  ExpectInvalid("");
  ExpectInvalid("[]");
  ExpectInvalid("null");
  ExpectInvalid(Replaced(Text(), R"("labels":{"role":"train","site":"north"},)", ""));
  ExpectInvalid(Replaced(Text(), R"("labels")", R"("extra":1,"labels")"));
  ExpectInvalid(Replaced(Text(), R"("train")", "1"));
  ExpectInvalid(Replaced(Text(), R"({"role":"train","site":"north"})", "[]"));
  ExpectInvalid(Replaced(Text(), "1800000000000", "\"1800000000000\""));
  ExpectInvalid(std::string(20'000, '{'));
}

TEST(Statement, IsRefusedWhenTheIdIsNotTheKeys) {
  ExpectInvalid(Replaced(Text(), R"("device_id":"ab)", R"("device_id":"ac)"));
  ExpectInvalid(Replaced(Text(), R"("identity_key":"ab)", R"("identity_key":"ac)"));
  ExpectInvalid(Replaced(Text(), R"("identity_key":"ab)", R"("identity_key":")"));
}

TEST(Statement, CarriesOnlyNamesAndLabelsThatAreWellFormed) {
  for (const std::string name : {"", "-a", "A", "a b", "a/b", "\xc3\xa9"}) {
    EXPECT_EQ(ReasonOf(CheckDeviceName(name)), Reason::kNAME_INVALID) << name;
    Statement s = Example();
    s.device_name = DeviceName(name);
    EXPECT_EQ(ReasonOf(EncodeStatement(s).status()), Reason::kNAME_INVALID) << name;
  }
  EXPECT_TRUE(CheckDeviceName(std::string(63, 'a')).ok());
  EXPECT_FALSE(CheckDeviceName(std::string(64, 'a')).ok());
  EXPECT_EQ(FieldOf(CheckLabels({{"Bad", "x"}})), "labels");
  EXPECT_FALSE(CheckLabels({{"k", std::string(129, 'v')}}).ok());
  EXPECT_FALSE(CheckLabels({{"k", "line\nbreak"}}).ok());
  std::map<std::string, std::string> many;
  for (int i = 0; i < 33; ++i) many[fmt::format("k{}", i)] = "v";
  EXPECT_FALSE(CheckLabels(many).ok());
}

TEST(Statement, IsSignedUnderADomainOfItsOwn) {
  EXPECT_EQ(StatementBytesToSign("{}"), "muster/statement/1\n{}");
  EXPECT_EQ(AttestBytesToSign("id", "name"), "muster/attest/1idname");
}

TEST(Statement, AVoucherHasThePseudonymAlone) {
  const Statement voucher = Voucher(Example());
  EXPECT_TRUE(IsVoucher(voucher));
  EXPECT_FALSE(IsVoucher(Example()));
  EXPECT_EQ(voucher.device_id, Example().device_id);
  EXPECT_EQ(voucher.identity_key, Example().identity_key);
  const std::string text = EncodeStatement(voucher).value();
  EXPECT_EQ(ParseStatement(text, kHasher).value(), voucher);
  EXPECT_EQ(text.find(Example().device_name.value()), std::string::npos);
  for (const auto& [label, value] : Example().labels) EXPECT_EQ(text.find(value), text.npos);
}

class PackedStatement : public ::testing::Test {
 protected:
  static std::string VouchedText() { return EncodeStatement(Voucher(Example())).value(); }
  Bytes Packed(const std::string& text, const SigningPublic& by) const {
    return PackStatement(text, crypto.SignatureOf(by, AsBytes(StatementBytesToSign(text))));
  }
  std::optional<Reason> Refusal(const IdentityKey& identity, ByteView bytes) const {
    return ReasonOf(PinnedAuthority(authority, crypto, clock)(identity, bytes));
  }

  const testing::SymbolicCrypto crypto{kHasher};
  const SigningPublic authority{std::byte{7}};
  ManualClock clock{FromUnixMillis(1'700'000'000'000)};
  const Bytes packed = Packed(VouchedText(), authority);
};

TEST_F(PackedStatement, ReadsBackAndNothingElseDoes) {
  const auto parsed = ParsePackedStatement(packed);
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->statement, VouchedText());
  for (std::size_t size = 0; size < packed.size(); ++size)
    EXPECT_EQ(ReasonOf(ParsePackedStatement(ByteView(packed).first(size)).status()),
              Reason::kSTATEMENT_INVALID)
        << size;
  Bytes longer = packed;
  longer.push_back(std::byte{0});
  EXPECT_EQ(ReasonOf(ParsePackedStatement(longer).status()), Reason::kSTATEMENT_INVALID);
}

TEST_F(PackedStatement, IsBelievedOfThePinnedAuthorityAboutThisKeyWhileItLasts) {
  const IdentityKey identity = Example().identity_key;
  EXPECT_EQ(Refusal(identity, packed), std::nullopt);
  EXPECT_EQ(Refusal(identity, Packed(VouchedText(), SigningPublic{std::byte{8}})),
            Reason::kSTATEMENT_INVALID);
  EXPECT_EQ(Refusal(IdentityKey{}, packed), Reason::kSTATEMENT_INVALID);
  EXPECT_EQ(Refusal(identity, Packed("{}", authority)), Reason::kSTATEMENT_INVALID);
  for (std::size_t i = 0; i < packed.size(); ++i) {
    Bytes altered = packed;
    altered[i] ^= std::byte{1};
    EXPECT_EQ(Refusal(identity, altered), Reason::kSTATEMENT_INVALID) << i;
  }
  // What names the device is not for others to read.
  EXPECT_EQ(Refusal(identity, Packed(Text(), authority)), Reason::kSTATEMENT_INVALID);
  clock.Advance(Example().not_after - clock.Now());
  EXPECT_EQ(Refusal(identity, packed), Reason::kSTATEMENT_EXPIRED);
}

}  // namespace
}  // namespace muster
