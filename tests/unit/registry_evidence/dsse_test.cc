#include "registry/evidence/dsse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/openssl_crypto.h"
#include "tests/support/status_matchers.h"

namespace muster::registry::evidence {
namespace {
using muster::testing::Fails;
using muster::testing::IsOk;

platform::OpenSslSigner Key(int seed) {
  return platform::OpenSslSigner(
      *platform::Ed25519PrivateKey::FromSeed(Secret(Bytes(32, static_cast<std::byte>(seed)))));
}

// The example of the DSSE protocol document.
TEST(Dsse, EncodesWhatIsSignedAsTheProtocolSays) {
  EXPECT_EQ(PreAuthenticationEncoding("http://example.com/HelloWorld", "hello world"),
            "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
}

TEST(Dsse, HoldsForItsKeyAndPayloadAlone) {
  const platform::OpenSslCrypto crypto;
  const auto signer = Key(1);
  const std::string text = *SignEnvelope(kInTotoPayload, "{}", "key", signer);
  auto envelope = ParseEnvelope(text);
  ASSERT_THAT(envelope, IsOk());
  EXPECT_EQ(envelope->payload, "{}");
  EXPECT_EQ(envelope->key_id, "key");
  EXPECT_THAT(Verify(*envelope, signer.public_key(), crypto), IsOk());
  EXPECT_THAT(Verify(*envelope, Key(2).public_key(), crypto),
              muster::testing::HasCode(absl::StatusCode::kUnauthenticated));
  envelope->payload = "[]";
  EXPECT_THAT(Verify(*envelope, signer.public_key(), crypto),
              muster::testing::HasCode(absl::StatusCode::kUnauthenticated));
}

TEST(Dsse, RefusesWhatIsNoEnvelope) {
  for (const char* text :
       {"", "{}", "[]", R"({"payload":"e30=","payloadType":"t","signatures":[]})",
        R"({"payload":"e30=","payloadType":"t","signatures":[{"keyid":"k","sig":"AA=="}]})",
        R"({"payload":"***","payloadType":"t","signatures":[{"keyid":"k","sig":"AA=="}]})"})
    EXPECT_THAT(ParseEnvelope(text),
                Fails(absl::StatusCode::kInvalidArgument, Reason::kNOTE_INVALID))
        << text;
}

TEST(ModelStatement, NamesEachFileWithItsDigest) {
  const Digest digest = *Digest::Parse("sha256:" + std::string(64, 'a'));
  EXPECT_EQ(
      *ModelStatement("wear", 2, {{"params.safetensors", digest}}),
      R"({"_type":"https://in-toto.io/Statement/v1","predicate":{"model":"wear","version":2},)"
      R"("predicateType":"urn:muster:model-version:v1","subject":[{"digest":{"sha256":")" +
          std::string(64, 'a') + R"("},"name":"params.safetensors"}]})");
}

}  // namespace
}  // namespace muster::registry::evidence
