#include "registry/audit/note.h"

#include "base/seeded.h"
#include "platform/openssl_crypto.h"
#include "registry/audit/checkpoint.h"
#include "tests/support/symbolic_crypto.h"
#include "tests/unit/registry_audit/testing.h"

namespace muster::registry::audit {
namespace {
using muster::testing::Fails;
using muster::testing::IsOk;
using muster::testing::SymbolicCrypto;
using muster::testing::SymbolicSigner;
using ::testing::ElementsAre;
using enum absl::StatusCode;

auto IsNoNote() { return Fails(kInvalidArgument, Reason::kNOTE_INVALID); }
auto IsNotSigned() { return Fails(kUnauthenticated, Reason::kNOTE_INVALID); }

const SymbolicCrypto kCrypto(kHasher);

// Somebody who signs under a name.
struct Person {
  explicit Person(std::string called, std::uint64_t seed = 1)
      : name(std::move(called)), signer(kCrypto, seed) {}
  NoteKey key() const { return *NoteKey::Make(name, signer.public_key(), kHasher); }
  NoteSignature Sign(std::string_view text) const { return *SignText(text, name, signer, kHasher); }
  std::string name;
  SymbolicSigner signer;
};

std::string NoteOf(std::string text, std::vector<NoteSignature> signatures) {
  return *EncodeNote({std::move(text), std::move(signatures)});
}

TEST(Note, IsTextAnEmptyLineAndLinesOfSignatures) {
  const Note note{"one\n\ntwo\n", {{"example.org/log", 0x01020304, {std::byte{5}, std::byte{6}}}}};
  const std::string encoded = *EncodeNote(note);
  EXPECT_EQ(encoded, "one\n\ntwo\n\n\xe2\x80\x94 example.org/log AQIDBAUG\n");
  EXPECT_EQ(*ParseNote(encoded), note);
}

TEST(Note, TextOfNewlinesAndNamesBeyondAsciiComeBack) {
  for (const std::string& text : {std::string("\n"), std::string("\n\n\n"), std::string("a\n\n"),
                                  std::string("\xe2\x80\x94 not a signature\n")})
    for (const std::string& name : {std::string("n"), std::string("\xc3\xa4/\xf0\x9f\x92\xa1")}) {
      const Note note{text, {{name, 7, Bytes(64)}, {name, 7, Bytes(1)}}};
      const auto encoded = EncodeNote(note);
      ASSERT_THAT(encoded, IsOk());
      EXPECT_EQ(*ParseNote(*encoded), note);
    }
}

TEST(Note, AnythingElseIsRefused) {
  const std::string good = "text\n\n\xe2\x80\x94 n AQIDBAU=\n";
  ASSERT_THAT(ParseNote(good), IsOk());
  for (const std::string& bad : {
           std::string(),
           std::string("\n"),
           std::string("\n\n"),
           std::string("text\n"),
           std::string("text\n\n"),
           std::string("text\n\n\n"),
           std::string("\xe2\x80\x94 n AQIDBAU=\n"),        // No text.
           std::string("text\n\xe2\x80\x94 n AQIDBAU=\n"),  // No empty line.
           good.substr(0, good.size() - 1),                 // No last newline.
           good + "\n",
           good + "more\n",
           good + " ",
           std::string("text\n\n- n AQIDBAU=\n"),             // A hyphen.
           std::string("text\n\n\xe2\x80\x93 n AQIDBAU=\n"),  // An en dash.
           std::string("text\n\n\xe2\x80\x94n AQIDBAU=\n"),
           std::string("text\n\n\xe2\x80\x94  AQIDBAU=\n"),  // No name.
           std::string("text\n\n\xe2\x80\x94 n\n"),          // No signature.
           std::string("text\n\n\xe2\x80\x94 n \n"),
           std::string("text\n\n\xe2\x80\x94 n  AQIDBAU=\n"),  // Two spaces.
           std::string("text\n\n\xe2\x80\x94 n AQIDBAU= \n"),
           std::string("text\n\n\xe2\x80\x94 n AQIDBAU\n"),   // No padding.
           std::string("text\n\n\xe2\x80\x94 n AQIDBAV=\n"),  // Stray bits.
           std::string("text\n\n\xe2\x80\x94 n AQIDBA==\n"),  // An id and nothing else.
           std::string("text\n\n\xe2\x80\x94 n AQID\n"),
           std::string("text\n\n\xe2\x80\x94 n AQID-_U=\n"),  // The other alphabet.
           std::string("text\n\n\xe2\x80\x94 a+b AQIDBAU=\n"),
           std::string("text\n\n\xe2\x80\x94 a\xc2\xa0 AQIDBAU=\n"),       // No-break space.
           std::string("text\n\n\xe2\x80\x94 a\xe2\x80\x83z AQIDBAU=\n"),  // Em space.
           std::string("text\n\n\xe2\x80\x94 a\xe3\x80\x80z AQIDBAU=\n"),  // Ideographic space.
           std::string("te\txt\n\n\xe2\x80\x94 n AQIDBAU=\n"),
           std::string("text\r\n\n\xe2\x80\x94 n AQIDBAU=\r\n"),
           std::string("te\0xt\n\n\xe2\x80\x94 n AQIDBAU=\n", 22),
           std::string("te\xffxt\n\n\xe2\x80\x94 n AQIDBAU=\n"),
           std::string("text\n\n\xe2\x80\x94 n\xed\xa0\x80 AQIDBAU=\n"),
       })
    EXPECT_THAT(ParseNote(bad), IsNoNote()) << bad;
}

TEST(Note, TooLongOrWithTooManySignaturesIsRefused) {
  const NoteSignature one{"n", 1, Bytes(64)};
  const Note most{"text\n", std::vector<NoteSignature>(kMostNoteSignatures, one)};
  EXPECT_THAT(EncodeNote(most), IsOk());
  EXPECT_THAT(EncodeNote({"text\n", std::vector<NoteSignature>(kMostNoteSignatures + 1, one)}),
              IsNoNote());
  EXPECT_THAT(EncodeNote({std::string(kMostNoteBytes, 'a') + "\n", {one}}), IsNoNote());
  // Sixteen signatures of 5 kB, as of keys against quantum computers, are to be taken.
  EXPECT_THAT(EncodeNote({"text\n", std::vector<NoteSignature>(16, {"n", 1, Bytes(5000)})}),
              IsOk());
}

TEST(Note, WhatANoteCannotHoldIsNotEncoded) {
  const NoteSignature good{"n", 1, Bytes(64)};
  for (const Note& bad :
       {Note{"no newline", {good}}, Note{"", {good}}, Note{"text\n", {}}, Note{"t\x01\n", {good}},
        Note{"text\n", {{"", 1, Bytes(64)}}}, Note{"text\n", {{"a b", 1, Bytes(64)}}},
        Note{"text\n", {{"a\n\nb", 1, Bytes(64)}}}, Note{"text\n", {{"n", 1, {}}}}})
    EXPECT_THAT(EncodeNote(bad), IsNoNote());
}

TEST(Note, AnyBytesAreRefusedOrComeBackAsTheyWere) {
  SeededRng rng(77);
  const std::string good = NoteOf("text\n\nmore\n", {Person("n").Sign("text\n\nmore\n")});
  int taken = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text = good;
    for (std::uint64_t edits = 1 + rng.Below(3); edits > 0; --edits) {
      const std::size_t at = rng.Below(text.size());
      if (rng.Below(2) == 0)
        text[at] = static_cast<char>(rng.Next());
      else
        text.erase(at, 1 + rng.Below(4));
    }
    const auto note = ParseNote(text);
    if (!note.ok()) continue;
    ++taken;
    ASSERT_EQ(*EncodeNote(*note), text);
  }
  EXPECT_GT(taken, 100);
}

TEST(NoteKey, ItsTextIsNameIdAndTypedKeyInBase64) {
  SigningPublic bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i);
  const NoteKey key = *NoteKey::Make("example.org/log", bytes, kHasher);
  std::string hashed = "example.org/log\n\x01";
  hashed += AsText(bytes);
  const std::string id = kHasher.Sha256(AsBytes(hashed)).Hex().substr(0, 8);
  EXPECT_EQ(key.ToString(),
            "example.org/log+" + id + "+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f");
  EXPECT_EQ(fmt::format("{:08x}", key.id()), id);
  EXPECT_EQ(*NoteKey::Parse(key.ToString(), kHasher), key);
}

TEST(NoteKey, AnyOtherTextIsRefused) {
  const std::string good = Person("n").key().ToString();
  const std::string id = good.substr(2, 8);
  const std::string base64 = good.substr(11);
  ASSERT_THAT(NoteKey::Parse(good, kHasher), IsOk());
  const std::string other_id = id == "00000000" ? "00000001" : "00000000";
  const std::vector<std::string> others = {"",
                                           "n",
                                           "n+",
                                           "+" + id + "+" + base64,
                                           "m" + good.substr(1),
                                           "n+" + other_id + "+" + base64,
                                           "n+" + id,
                                           "n+" + id + "+",
                                           "n+" + id + "+" + base64.substr(4),
                                           "n+" + id + " " + base64,
                                           "n n+" + id + "+" + base64,
                                           good + "A",
                                           good + "\n",
                                           "n+" + id + "+B" + base64.substr(1),
                                           "n++" + id + "+" + base64,
                                           "n+" + id.substr(1) + "+" + base64,
                                           "n+0" + id + "+" + base64};
  for (const std::string& bad : others)
    EXPECT_THAT(NoteKey::Parse(bad, kHasher), IsNoNote()) << bad;
  for (const std::string name : {"", "a b", "a+b", "a\n", "\xff"})
    EXPECT_THAT(NoteKey::Make(name, SigningPublic{}, kHasher), IsNoNote()) << name;
}

TEST(OpenNote, KeepsTheSignaturesOfKnownKeysOnly) {
  const Person log("log", 1), witness("witness", 2), stranger("stranger", 3);
  const std::string text = "text\n";
  const std::string note = NoteOf(text, {stranger.Sign(text), log.Sign(text), witness.Sign(text)});
  const std::vector<NoteKey> both = {witness.key(), log.key()};
  EXPECT_EQ(OpenNote(note, both, kCrypto)->text, text);
  EXPECT_THAT(OpenNote(note, both, kCrypto)->signatures,
              ElementsAre(log.Sign(text), witness.Sign(text)));
  const std::vector<NoteKey> one = {log.key()};
  EXPECT_THAT(OpenNote(note, one, kCrypto)->signatures, ElementsAre(log.Sign(text)));
  const std::vector<NoteKey> other = {Person("log", 9).key(), Person("log2", 1).key()};
  EXPECT_THAT(OpenNote(note, other, kCrypto), IsNotSigned());
  EXPECT_THAT(OpenNote(note, {}, kCrypto), IsNotSigned());
}

TEST(OpenNote, ASignatureOfAKnownKeyThatDoesNotHoldSpoilsTheNote) {
  const Person log("log", 1), witness("witness", 2);
  const std::string text = "text\n";
  const std::vector<NoteKey> both = {log.key(), witness.key()};
  NoteSignature broken = witness.Sign(text);
  broken.signature[10] ^= std::byte{1};
  NoteSignature cut = witness.Sign(text);
  cut.signature.pop_back();
  NoteSignature longer = witness.Sign(text);
  longer.signature.push_back(std::byte{0});
  for (const NoteSignature& bad : {broken, cut, longer, witness.Sign("text\n\n")}) {
    EXPECT_THAT(OpenNote(NoteOf(text, {log.Sign(text), bad}), both, kCrypto), IsNotSigned());
    EXPECT_THAT(OpenNote(NoteOf(text, {bad, log.Sign(text)}), both, kCrypto), IsNotSigned());
    EXPECT_THAT(OpenNote(NoteOf(text, {witness.Sign(text), bad}), both, kCrypto), IsNotSigned())
        << "a second one counts as much as the first";
    const std::vector<NoteKey> log_only = {log.key()};
    EXPECT_THAT(OpenNote(NoteOf(text, {log.Sign(text), bad}), log_only, kCrypto), IsOk());
  }
}

TEST(OpenNote, ASignatureThatStandsTwiceIsOne) {
  const Person log("log", 1);
  const std::vector<NoteKey> keys = {log.key()};
  const std::string note = NoteOf("text\n", {log.Sign("text\n"), log.Sign("text\n")});
  EXPECT_THAT(OpenNote(note, keys, kCrypto)->signatures, ElementsAre(log.Sign("text\n")));
}

TEST(OpenNote, SharingANameOrAnIdWithAKnownKeyIsNotBeingKnown) {
  const Person log("log", 1);
  const std::vector<NoteKey> keys = {log.key()};
  NoteSignature same_id = Person("other", 1).Sign("text\n");
  same_id.key_id = log.key().id();
  NoteSignature same_name = Person("log", 2).Sign("text\n");
  EXPECT_THAT(OpenNote(NoteOf("text\n", {same_id, same_name}), keys, kCrypto), IsNotSigned());
  EXPECT_THAT(OpenNote(NoteOf("text\n", {same_id, log.Sign("text\n"), same_name}), keys, kCrypto)
                  ->signatures,
              ElementsAre(log.Sign("text\n")));
  const std::vector<NoteKey> twice = {log.key(), log.key()};
  EXPECT_THAT(OpenNote(NoteOf("text\n", {log.Sign("text\n")}), twice, kCrypto), IsNoNote());
}

Checkpoint Example() { return {"example.org/log", {70'000, NumberedLeaf(1)}, {}}; }

TEST(Checkpoint, IsOriginSizeRootAndExtensionsByLines) {
  Checkpoint checkpoint = Example();
  const std::string root = ToBase64(NumberedLeaf(1).bytes());
  EXPECT_EQ(*EncodeCheckpoint(checkpoint), "example.org/log\n70000\n" + root + "\n");
  checkpoint.extensions = {"one", "two three"};
  const std::string text = "example.org/log\n70000\n" + root + "\none\ntwo three\n";
  EXPECT_EQ(*EncodeCheckpoint(checkpoint), text);
  EXPECT_EQ(*ParseCheckpoint(text), checkpoint);
  EXPECT_EQ(ParseCheckpoint("o\n0\n" + root + "\n")->tree.size, 0u);
  EXPECT_EQ(ParseCheckpoint("o p+q\n18446744073709551615\n" + root + "\n")->tree.size, ~0ull);
}

TEST(Checkpoint, AnythingElseIsRefused) {
  const std::string root = ToBase64(NumberedLeaf(1).bytes());
  const std::vector<std::string> others = {"",
                                           "\n",
                                           "o\n1\n",
                                           "o\n1\n" + root,
                                           "\n1\n" + root + "\n",
                                           "o\n\n" + root + "\n",
                                           "o\n1\n\n",
                                           "o\n1\n" + root + "\n\n",
                                           "o\n1\n" + root + "\next",
                                           "o\n1\n" + root + "\n\next\n",
                                           "o\n01\n" + root + "\n",
                                           "o\n00\n" + root + "\n",
                                           "o\n-1\n" + root + "\n",
                                           "o\n+1\n" + root + "\n",
                                           "o\n1 \n" + root + "\n",
                                           "o\n18446744073709551616\n" + root + "\n",
                                           "o\n1\n" + root + " \n",
                                           "o\n1\n" + root.substr(4) + "\n",
                                           "o\n1\nAAAA" + root + "\n",
                                           "o\n1\n" + root.substr(0, 43) + "\n",
                                           "o\r\n1\r\n" + root + "\r\n",
                                           "o\t\n1\n" + root + "\n",
                                           "\xff\n1\n" + root + "\n",
                                           "o\n1\n" + ToHex(NumberedLeaf(1).bytes()) + "\n",
                                           "o\n1\n" + std::string(kMostNoteBytes, 'a') + "\n"};
  for (const std::string& bad : others)
    EXPECT_THAT(ParseCheckpoint(bad), IsNoNote()) << bad.substr(0, 100);
  for (Checkpoint bad :
       {Checkpoint{"", Example().tree, {}}, Checkpoint{"a\nb", Example().tree, {}},
        Checkpoint{"o", Example().tree, {""}}, Checkpoint{"o", Example().tree, {"a\n"}}})
    EXPECT_THAT(EncodeCheckpoint(bad), IsNoNote());
}

TEST(Checkpoint, IsBelievedWhenTheKeyOfItsOwnNameSignedIt) {
  const Person log("example.org/log", 1), other("example.org/other", 2);
  const std::vector<NoteKey> keys = {log.key(), other.key()};
  const std::string note = *SignCheckpoint(Example(), log.signer, kHasher);
  EXPECT_EQ(*OpenCheckpoint(note, keys, kCrypto), Example());
  EXPECT_THAT(OpenCheckpoint(note, std::span(keys).subspan(1), kCrypto), IsNotSigned());

  const std::string text = *EncodeCheckpoint(Example());
  EXPECT_THAT(OpenCheckpoint(NoteOf(text, {other.Sign(text)}), keys, kCrypto), IsNotSigned());
  EXPECT_EQ(*OpenCheckpoint(NoteOf(text, {other.Sign(text), log.Sign(text)}), keys, kCrypto),
            Example());
  EXPECT_THAT(OpenCheckpoint(NoteOf("hello\n", {log.Sign("hello\n")}), keys, kCrypto), IsNoNote());
}

TEST(Checkpoint, SignedWithARealKeyIsVerifiedByItAndByNoOther) {
  const platform::OpenSslCrypto crypto;
  muster::testing::SeededSecureRng rng(3);
  const platform::OpenSslSigner signer(*platform::Ed25519PrivateKey::Generate(rng));
  const platform::OpenSslSigner other(*platform::Ed25519PrivateKey::Generate(rng));
  const std::string note = *SignCheckpoint(Example(), signer, crypto);
  const NoteKey key = *NoteKey::Make("example.org/log", signer.public_key(), crypto);
  const NoteKey wrong = *NoteKey::Make("example.org/log", other.public_key(), crypto);
  EXPECT_EQ(*OpenCheckpoint(note, std::span(&key, 1), crypto), Example());
  EXPECT_THAT(OpenCheckpoint(note, std::span(&wrong, 1), crypto), IsNotSigned());
  for (std::size_t i = 0; i < note.size(); ++i) {
    std::string touched = note;
    touched[i] ^= 1;
    EXPECT_FALSE(OpenCheckpoint(touched, std::span(&key, 1), crypto).ok()) << i;
  }
}

}  // namespace
}  // namespace muster::registry::audit
