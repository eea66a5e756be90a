#pragma once
// A small history: a model with two versions, the second out of a campaign of three rounds, among
// facts that are none of its business; and the log over it.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/canonical_json.h"
#include "platform/openssl_crypto.h"
#include "registry/audit/merkle_log.h"
#include "registry/evidence/card.h"
#include "registry/evidence/collect.h"
#include "registry/evidence/verify.h"
#include "tests/support/memory_blobs.h"
#include "tests/support/memory_journal.h"
#include "tests/support/status_matchers.h"

namespace muster::registry::evidence {

using muster::testing::Fails;
using muster::testing::IsOk;

class History {
 public:
  History() {
    Write("contract/plant", 0,
          R"({"description":"One row an hour.","fields":[)"
          R"({"max":"90","min":"10","name":"heat","type":"FLOAT","unit":"Cel"}]})",
          "ContractVersionCreated");
    Write("device/ab", 0, "{}", "DeviceEnrolled");
    Write("model/wear", 0,
          R"({"contract":"plant","contract_version":1,"description":"Wear of )"
          R"(<seals> & \"gaskets\"","features":["heat"],"label":{"field":"rul"},)"
          R"("rows":3})",
          "ModelApplied");
    Write("model/wear", 1, Version(1, "11", ""), "ModelVersionCreated");
    Write("campaign/wear-1", 0, R"({"spec":{"aggregation":{"fedavgm":{}},"plan":{"rounds":3}}})",
          "CampaignApplied");
    for (int round = 1; round <= 3; ++round) {
      Write(fmt::format("round/wear-1/{}/1", round), 0, R"({"devices":["aa","bb","cc"]})",
            "UpdatesCounted");
      Write(fmt::format("round/wear-1/{}/1", round), 1, "{}", "ModelPublished");
      Write("campaign/wear-1", round,
            fmt::format(R"({{"attempt":1,"counted":3,"params":"sha256:{}","round":{}}})",
                        std::string(64, static_cast<char>('0' + round)), round),
            "RoundSucceeded");
    }
    Write("round/other/1/1", 0, R"({"devices":["zz"]})", "UpdatesCounted");
    Write("model/wear", 2,
          Version(2, "22",
                  R"(,"campaign":"wear-1",)"
                  R"("energy":{"kwh":"0.05","source":"15 W a device times 12000 s"},)"
                  R"("parent":1,"round":3)"),
          "ModelVersionCreated");
    Write("model/wear", 3, R"({"alias":"champion","from":0,"version":2})", "AliasMoved");
    EXPECT_THAT(log_->Advance(), IsOk());
    EXPECT_THAT(log_->Publish(), IsOk());
  }

  static constexpr Timestamp kThen{Duration(1'700'000'000'000)};

  void Write(const std::string& stream, std::uint64_t seq, const std::string& body,
             const std::string& type, Timestamp at = kThen) {
    const auto fact = EncodeFact({type, "operator/alice", at}, *ParseJson(body));
    ASSERT_THAT(fact, IsOk());
    ASSERT_THAT(journal_.Append(stream, seq, {{*fact}}), IsOk());
  }
  static std::string Version(int number, const std::string& digit, const std::string& more) {
    std::string digest;
    for (int i = 0; i < 32; ++i) digest += digit;
    return fmt::format(
        R"({{"contract":"plant","contract_version":1,"metrics":{{"rmse":"13.7"}},)"
        R"("module":"sha256:{0}","parameters":7,"params":"sha256:{0}","version":{1}{2}}})",
        digest, number, more);
  }

  StatusOr<Bundle> Export(std::uint64_t version = 2,
                          const std::optional<Asked>& asked = std::nullopt) {
    return Collect({journal_, *log_, signer_, crypto_, key_}, "wear", version, asked);
  }
  const Signer& signer() const { return signer_; }
  audit::MerkleLog& log() { return *log_; }
  const Crypto& crypto() const { return crypto_; }
  const std::string& key() const { return key_; }

 private:
  static platform::OpenSslSigner Key() {
    return platform::OpenSslSigner(
        *platform::Ed25519PrivateKey::FromSeed(Secret(Bytes(32, std::byte{7}))));
  }

  muster::testing::MemoryJournal journal_;
  std::shared_ptr<muster::testing::MemoryFiles::Disk> disk_ =
      muster::testing::MemoryFiles::NewDisk();
  muster::testing::MemoryFiles files_{disk_};
  platform::OpenSslCrypto crypto_;
  platform::OpenSslSigner signer_ = Key();
  std::string key_ = audit::NoteKey::Make("muster/test", signer_.public_key(), crypto_)->ToString();
  std::unique_ptr<audit::MerkleLog> log_ =
      *audit::MerkleLog::Open({journal_, files_, crypto_, signer_, "muster/test"});
};

}  // namespace muster::registry::evidence
