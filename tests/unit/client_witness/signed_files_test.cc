#include "client/witness/signed_files.h"

#include <gtest/gtest.h>

#include "registry/evidence/dsse.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/client_witness/two_histories.h"

namespace muster::testing {
namespace {
namespace evidence = registry::evidence;

class SignedFiles : public ::testing::Test {
 protected:
  static Digest Of(std::string_view text) { return audit::kHasher.Sha256(AsBytes(text)); }
  std::string Envelope(const Signer& signer,
                       std::string_view type = evidence::kInTotoPayload) const {
    const std::string said = *evidence::AssignmentStatement(
        "learn", 3, 1, {{"params.safetensors", Of("params")}, {"module.pt", Of("module")}});
    return *evidence::SignEnvelope(type, said, "log", signer);
  }
  Status Check(std::string_view envelope, const std::vector<Digest>& files) const {
    return client::CheckSignedFiles(envelope, files, log.signer().public_key(), log.crypto);
  }
  static auto IsRefused() {
    return Fails(absl::StatusCode::kUnauthenticated, Reason::kSIGNATURE_INVALID);
  }
  TwoHistories log;
};

TEST_F(SignedFiles, AreThoseThatTheLogsKeyNames) {
  const std::string envelope = Envelope(log.signer());
  EXPECT_THAT(Check(envelope, {Of("params"), Of("module")}), IsOk());
  EXPECT_THAT(Check(envelope, {Of("params")}), IsOk());
  EXPECT_THAT(Check(envelope, {Of("params"), Of("another module")}), IsRefused());
}

TEST_F(SignedFiles, AreNoneWithoutASignatureOrUnderAnothersKey) {
  EXPECT_THAT(Check("", {Of("params")}), IsRefused());
  EXPECT_THAT(Check("{}", {Of("params")}), IsRefused());
  const TwoHistories other(2);
  EXPECT_THAT(Check(Envelope(other.signer()), {Of("params")}), IsRefused());
  EXPECT_THAT(Check(Envelope(log.signer(), "text/plain"), {Of("params")}), IsRefused());
}

TEST_F(SignedFiles, AreNoneWithAnyByteChanged) {
  const std::string envelope = Envelope(log.signer());
  for (std::size_t i = 0; i < envelope.size(); ++i) {
    std::string changed = envelope;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    const Status checked = Check(changed, {Of("params")});
    // The key's name is a hint and is not signed.
    if (checked.ok()) {
      EXPECT_NE(changed.find("\"keyid\""), changed.npos);
      EXPECT_GE(i, envelope.find("\"keyid\"")) << i;
    } else {
      EXPECT_THAT(checked, IsRefused()) << i;
    }
  }
  for (std::size_t size = 0; size < envelope.size(); ++size)
    EXPECT_THAT(Check(envelope.substr(0, size), {Of("params")}), IsRefused()) << size;
}

}  // namespace
}  // namespace muster::testing
