#include "registry/evidence/verify.h"

#include <gmock/gmock.h>

#include "registry/evidence/dsse.h"
#include "tests/unit/registry_evidence/fixture.h"

namespace muster::registry::evidence {
namespace {
using ::testing::HasSubstr;

TEST(Evidence, OfAVersionHasTheFactsOfItsModelContractCampaignAndRoundsAndNoOthers) {
  History history;
  const auto bundle = history.Export();
  ASSERT_THAT(bundle, IsOk());
  const auto verified = Verify(*bundle, history.key(), history.crypto());
  ASSERT_THAT(verified, IsOk());
  std::set<std::string> streams;
  for (const LeafFact& fact : verified->facts) streams.insert(fact.stream);
  EXPECT_THAT(streams,
              ::testing::ElementsAre("campaign/wear-1", "contract/plant", "model/wear",
                                     "round/wear-1/1/1", "round/wear-1/2/1", "round/wear-1/3/1"));
  EXPECT_EQ(verified->streams, 6u);
  EXPECT_EQ(verified->checkpoint.origin, "muster/test");
}

TEST(Evidence, OfAnUnknownVersionIsNotFound) {
  History history;
  EXPECT_THAT(history.Export(3), Fails(absl::StatusCode::kNotFound, Reason::kRESOURCE_NOT_FOUND));
}

TEST(Evidence, IsAsOfTheLastCheckpoint) {
  History history;
  history.Write("model/wear", 4, R"({"alias":"champion","from":2,"version":1})", "AliasMoved");
  const auto before = history.Export();
  ASSERT_THAT(before, IsOk());
  ASSERT_THAT(history.log().Advance(), IsOk());
  ASSERT_THAT(history.log().Publish(), IsOk());
  const auto after = history.Export();
  ASSERT_THAT(after, IsOk());
  EXPECT_EQ(after->leaves.size(), before->leaves.size() + 1);
}

// The promise to an auditor: whatever byte of the file is changed, verification says no.
TEST(Evidence, WithAnyByteFlippedIsRefused) {
  History history;
  const auto bundle = history.Export();
  ASSERT_THAT(bundle, IsOk());
  const std::string text = *EncodeBundle(*bundle);
  ASSERT_THAT(ParseBundle(text), IsOk());
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string changed = text;
    changed[at] = static_cast<char>(changed[at] ^ (1 << at % 7));
    const auto parsed = ParseBundle(changed);
    if (!parsed.ok()) continue;
    const auto verified = Verify(*parsed, history.key(), history.crypto());
    ASSERT_FALSE(verified.ok() && CardOf(parsed->model, parsed->version, verified->facts).ok())
        << "byte " << at << " of " << text.size() << ": "
        << changed.substr(at > 20 ? at - 20 : 0, 40);
  }
}

TEST(Evidence, CutShortSaysSo) {
  History history;
  const std::string text = *EncodeBundle(*history.Export());
  for (const std::size_t size : {text.size() - 1, text.size() / 2, std::size_t{1}}) {
    const auto parsed = ParseBundle(text.substr(0, size));
    EXPECT_THAT(parsed, Fails(absl::StatusCode::kInvalidArgument, Reason::kARTEFACT_INVALID));
    EXPECT_THAT(std::string(MessageOf(parsed.status())), HasSubstr("cut short"));
  }
}

TEST(Evidence, ThatLeavesAFactOutNamesIt) {
  History history;
  Bundle bundle = *history.Export();
  std::erase_if(bundle.leaves, [](const Leaf& leaf) {
    return leaf.text.find("\"seq\":2,\"stream\":\"campaign/wear-1\"") != std::string::npos;
  });
  const auto verified = Verify(bundle, std::nullopt, history.crypto());
  EXPECT_THAT(verified, Fails(absl::StatusCode::kInvalidArgument, Reason::kARTEFACT_INVALID));
  EXPECT_THAT(std::string(MessageOf(verified.status())),
              HasSubstr("fact 2 of 'campaign/wear-1' is left out"));
}

TEST(Evidence, WithAFactThatTheLogNeverHadNamesItsLeaf) {
  History history;
  Bundle bundle = *history.Export();
  Leaf& leaf = bundle.leaves.back();
  leaf.text.replace(leaf.text.find("champion"), 8, "champions");
  const auto verified = Verify(bundle, std::nullopt, history.crypto());
  EXPECT_THAT(verified, Fails(absl::StatusCode::kInvalidArgument, Reason::kPROOF_INVALID));
  EXPECT_THAT(std::string(MessageOf(verified.status())),
              HasSubstr(fmt::format("leaf {}", leaf.index)));
}

TEST(Evidence, SignedByAnotherKeyThanTheAuditorHasIsRefused) {
  History history;
  const Bundle bundle = *history.Export();
  const platform::OpenSslSigner other(
      *platform::Ed25519PrivateKey::FromSeed(Secret(Bytes(32, std::byte{8}))));
  const std::string key =
      audit::NoteKey::Make("muster/test", other.public_key(), history.crypto())->ToString();
  EXPECT_THAT(Verify(bundle, key, history.crypto()),
              Fails(absl::StatusCode::kUnauthenticated, Reason::kNOTE_INVALID));
  // Nor does it help to write that key into the bundle.
  Bundle changed = bundle;
  changed.key = key;
  EXPECT_THAT(Verify(changed, key, history.crypto()),
              Fails(absl::StatusCode::kUnauthenticated, Reason::kNOTE_INVALID));
}

TEST(Evidence, WhoseStatementNamesOtherFilesIsRefused) {
  History history;
  Bundle bundle = *history.Export();
  bundle.statement = history.Export(1)->statement;  // Well signed, and about version 1.
  EXPECT_THAT(Verify(bundle, std::nullopt, history.crypto()),
              Fails(absl::StatusCode::kInvalidArgument, Reason::kARTEFACT_INVALID));
}

}  // namespace
}  // namespace muster::registry::evidence
