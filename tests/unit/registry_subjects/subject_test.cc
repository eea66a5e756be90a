// What becomes of a subject: pure decisions, and facts that survive the journal.
#include "registry/subject.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/seeded.h"
#include "platform/sha256.h"
#include "registry/subject_globals.h"
#include "tests/support/status_matchers.h"

namespace muster::registry {
namespace {
using absl::StatusCode;
using testing::Fails;
using testing::IsOk;

constexpr std::int64_t kNow = 1'790'000'000'000;

Digest DigestOf(std::string_view text) { return platform::OpenSslHasher().Sha256(AsBytes(text)); }

RegisterVersion Registration(std::string_view text, std::uint64_t id) {
  RegisterVersion event;
  event.id = SchemaId(id);
  event.content = DigestOf(text);
  event.by = "operator/ann";
  return event;
}
RegisterVersion Importation(std::string_view text, std::uint64_t id, std::uint64_t version) {
  RegisterVersion event = Registration(text, id);
  event.id_wanted = true;
  event.wanted = VersionNumber(version);
  event.in_force = SubjectMode::kImport;
  return event;
}
DeleteVersions Deletion(std::optional<std::uint64_t> version, bool permanent = false) {
  DeleteVersions event;
  if (version) event.version = VersionNumber(*version);
  event.permanent = permanent;
  event.by = "operator/ann";
  return event;
}

class SubjectTest : public ::testing::Test {
 protected:
  // Decides, sends the facts through the journal's text, and believes them.
  Status Do(const SubjectEvent& event) {
    MUSTER_ASSIGN(const SubjectFacts facts, Decide(state_, event, FromUnixMillis(kNow)));
    facts_ = facts.size();
    for (const SubjectFact& fact : facts) {
      MUSTER_ASSIGN(const std::string row, EncodeFact(fact));
      MUSTER_ASSIGN(const SubjectFact read, DecodeSubjectFact(row));
      Apply(state_, read);
    }
    return Ok();
  }
  const SubjectVersion& At(std::uint64_t version) { return *state_.Find(VersionNumber(version)); }

  SubjectState state_;
  std::size_t facts_ = 0;
};

TEST_F(SubjectTest, VersionsAreNumberedFromOneInOrder) {
  ASSERT_THAT(Do(Registration("a", 7)), IsOk());
  ASSERT_THAT(Do(Registration("b", 3)), IsOk());
  EXPECT_EQ(At(1).id, SchemaId(7));
  EXPECT_EQ(At(1).created_by, "operator/ann");
  EXPECT_EQ(At(1).created_at, FromUnixMillis(kNow));
  EXPECT_EQ(At(2).content, DigestOf("b"));
  EXPECT_EQ(state_.Latest(), &At(2));
  EXPECT_EQ(state_.changes, 2u);
}

TEST_F(SubjectTest, ALiveVersionIsNotRegisteredAgainWhateverTheMode) {
  ASSERT_THAT(Do(Registration("a", 1)), IsOk());
  for (const SubjectMode mode : {SubjectMode::kReadWrite, SubjectMode::kReadOnly,
                                 SubjectMode::kReadOnlyOverride, SubjectMode::kImport}) {
    RegisterVersion again = Registration("a", 0);
    again.existing = VersionNumber(1);
    again.in_force = mode;
    ASSERT_THAT(Do(again), IsOk());
    EXPECT_EQ(facts_, 0u);
  }
}

TEST_F(SubjectTest, ADeletedSchemaGetsANewNumberWhenItIsRegisteredAgain) {
  ASSERT_THAT(Do(Registration("a", 1)), IsOk());
  ASSERT_THAT(Do(Deletion(1)), IsOk());
  EXPECT_TRUE(At(1).deleted);
  EXPECT_FALSE(state_.live());
  ASSERT_THAT(Do(Registration("a", 1)), IsOk());
  EXPECT_FALSE(At(2).deleted);
  EXPECT_TRUE(At(1).deleted);
}

TEST_F(SubjectTest, ANumberIsNeverGivenAgainNotEvenAfterErasure) {
  ASSERT_THAT(Do(Registration("a", 1)), IsOk());
  ASSERT_THAT(Do(Registration("b", 2)), IsOk());
  ASSERT_THAT(Do(Deletion(2)), IsOk());
  ASSERT_THAT(Do(Deletion(2, true)), IsOk());
  EXPECT_EQ(state_.Find(VersionNumber(2)), nullptr);
  ASSERT_THAT(Do(Registration("c", 3)), IsOk());
  EXPECT_EQ(At(3).id, SchemaId(3));
}

TEST_F(SubjectTest, OnlyWhatWasDeletedCanBeErased) {
  ASSERT_THAT(Do(Registration("a", 1)), IsOk());
  EXPECT_THAT(Do(Deletion(1, true)),
              Fails(StatusCode::kFailedPrecondition, Reason::kSUBJECT_VERSION_NOT_DELETED));
  EXPECT_THAT(Do(Deletion(std::nullopt, true)),
              Fails(StatusCode::kFailedPrecondition, Reason::kSUBJECT_NOT_DELETED));
  ASSERT_THAT(Do(Deletion(std::nullopt)), IsOk());
  EXPECT_THAT(Do(Deletion(1)),
              Fails(StatusCode::kFailedPrecondition, Reason::kSUBJECT_VERSION_DELETED));
  EXPECT_THAT(Do(Deletion(std::nullopt)),
              Fails(StatusCode::kFailedPrecondition, Reason::kSUBJECT_DELETED));
  ASSERT_THAT(Do(Deletion(std::nullopt, true)), IsOk());
  EXPECT_THAT(Do(Deletion(std::nullopt, true)),
              Fails(StatusCode::kNotFound, Reason::kSUBJECT_NOT_FOUND));
}

TEST_F(SubjectTest, WhatIsNotThereCannotBeDeleted) {
  EXPECT_THAT(Do(Deletion(1)), Fails(StatusCode::kNotFound, Reason::kSUBJECT_NOT_FOUND));
  ASSERT_THAT(Do(Registration("a", 1)), IsOk());
  EXPECT_THAT(Do(Deletion(2)), Fails(StatusCode::kNotFound, Reason::kSUBJECT_VERSION_NOT_FOUND));
  ASSERT_THAT(Do(Deletion(0)), IsOk());
  EXPECT_THAT(Do(Deletion(0)), Fails(StatusCode::kNotFound, Reason::kSUBJECT_VERSION_NOT_FOUND));
}

TEST_F(SubjectTest, AReferencedVersionIsNotDeleted) {
  ASSERT_THAT(Do(Registration("a", 1)), IsOk());
  ASSERT_THAT(Do(Registration("b", 2)), IsOk());
  DeleteVersions all = Deletion(std::nullopt);
  all.referenced = {VersionNumber(1)};
  EXPECT_THAT(Do(all), Fails(StatusCode::kFailedPrecondition, Reason::kSUBJECT_REFERENCED));
  DeleteVersions one = Deletion(2);
  one.referenced = {VersionNumber(1)};
  EXPECT_THAT(Do(one), IsOk());
}

TEST_F(SubjectTest, AReadOnlySubjectTakesNoChange) {
  ASSERT_THAT(Do(Registration("a", 1)), IsOk());
  for (const SubjectMode mode : {SubjectMode::kReadOnly, SubjectMode::kReadOnlyOverride}) {
    RegisterVersion registration = Registration("b", 2);
    registration.in_force = mode;
    EXPECT_THAT(Do(registration), Fails(StatusCode::kFailedPrecondition, Reason::kMODE_FORBIDS));
    DeleteVersions deletion = Deletion(1);
    deletion.in_force = mode;
    EXPECT_THAT(Do(deletion), Fails(StatusCode::kFailedPrecondition, Reason::kMODE_FORBIDS));
    EXPECT_THAT(Do(ConfigureSubject{{CompatibilityLevel::kFull, {}, {}}, mode, ""}),
                Fails(StatusCode::kFailedPrecondition, Reason::kMODE_FORBIDS));
  }
  EXPECT_THAT(Do(SetSubjectMode{SubjectMode::kReadWrite, false, ""}), IsOk());
}

TEST_F(SubjectTest, AnIdIsChosenInImportsOnlyAndMustBeThen) {
  RegisterVersion chosen = Importation("a", 5, 1);
  chosen.in_force = SubjectMode::kReadWrite;
  EXPECT_THAT(Do(chosen), Fails(StatusCode::kFailedPrecondition, Reason::kMODE_FORBIDS));
  RegisterVersion unchosen = Registration("a", 0);
  unchosen.in_force = SubjectMode::kImport;
  EXPECT_THAT(Do(unchosen), Fails(StatusCode::kFailedPrecondition, Reason::kMODE_FORBIDS));
  EXPECT_THAT(Do(Importation("a", 5, 9)), IsOk());
  EXPECT_EQ(At(9).id, SchemaId(5));
  EXPECT_THAT(Do(Importation("b", 6, 0)), IsOk());
  EXPECT_EQ(At(10).id, SchemaId(6)) << "no number: the next one";
}

TEST_F(SubjectTest, AKnownSchemaUnderAnotherIdIsRefusedOutsideOfImports) {
  ASSERT_THAT(Do(Registration("a", 5)), IsOk());
  RegisterVersion other = Importation("a", 6, 0);
  other.in_force = SubjectMode::kReadWrite;
  other.existing = VersionNumber(1);
  EXPECT_THAT(Do(other), Fails(StatusCode::kFailedPrecondition, Reason::kSCHEMA_ID_TAKEN));
  other.id = SchemaId(5);
  EXPECT_THAT(Do(other), IsOk());
  other.id = SchemaId(6);
  other.in_force = SubjectMode::kImport;
  EXPECT_THAT(Do(other), IsOk());
  EXPECT_EQ(At(2).id, SchemaId(6));
}

TEST_F(SubjectTest, AWantedNumberIsTheNextOneOutsideOfImports) {
  RegisterVersion registration = Registration("a", 1);
  registration.wanted = VersionNumber(2);
  EXPECT_THAT(Do(registration), Fails(StatusCode::kInvalidArgument, Reason::kSCHEMA_INVALID));
  registration.wanted = VersionNumber(1);
  EXPECT_THAT(Do(registration), IsOk());
}

TEST_F(SubjectTest, AnImportBringsBackOnlyTheContentThatANumberHad) {
  ASSERT_THAT(Do(Registration("a", 1)), IsOk());
  EXPECT_THAT(Do(Importation("b", 2, 1)),
              Fails(StatusCode::kFailedPrecondition, Reason::kMODE_FORBIDS));
  EXPECT_THAT(Do(Importation("a", 1, 1)), IsOk());
  EXPECT_EQ(facts_, 0u) << "it is there already";
  EXPECT_THAT(Do(Importation("a", 2, 1)),
              Fails(StatusCode::kFailedPrecondition, Reason::kMODE_FORBIDS))
      << "a live version keeps its id";
  ASSERT_THAT(Do(Deletion(1)), IsOk());
  EXPECT_THAT(Do(Importation("b", 2, 1)),
              Fails(StatusCode::kFailedPrecondition, Reason::kMODE_FORBIDS));
  ASSERT_THAT(Do(Importation("a", 2, 1)), IsOk());
  EXPECT_FALSE(At(1).deleted);
  EXPECT_EQ(state_.retired, std::set{SchemaId(1)});
  ASSERT_THAT(Do(Deletion(1)), IsOk());
  ASSERT_THAT(Do(Deletion(1, true)), IsOk());
  EXPECT_THAT(Do(Importation("b", 3, 1)),
              Fails(StatusCode::kFailedPrecondition, Reason::kMODE_FORBIDS));
  ASSERT_THAT(Do(Importation("a", 2, 1)), IsOk());
  EXPECT_TRUE(state_.erased.empty());
}

TEST_F(SubjectTest, IncompatibilitiesRefuseARegistrationButNoImport) {
  RegisterVersion registration = Registration("a", 1);
  registration.incompatibilities = {{VersionNumber(1), true, {"CODE", "/x", false, "why"}}};
  EXPECT_THAT(Do(registration),
              Fails(StatusCode::kFailedPrecondition, Reason::kSCHEMA_INCOMPATIBLE));
  RegisterVersion import = Importation("a", 1, 1);
  import.incompatibilities = registration.incompatibilities;
  EXPECT_THAT(Do(import), IsOk());
}

TEST_F(SubjectTest, NumbersEndWhereClientsEnd) {
  ASSERT_THAT(Do(Importation("a", 1, kMostNumber)), IsOk());
  EXPECT_EQ(Do(Registration("b", 2)).code(), StatusCode::kResourceExhausted);
}

TEST_F(SubjectTest, SettingsAndModeGoWithTheLastLiveVersion) {
  ASSERT_THAT(Do(Registration("a", 1)), IsOk());
  ASSERT_THAT(Do(Registration("b", 2)), IsOk());
  const SubjectConfig config{CompatibilityLevel::kFull, true, "major"};
  ASSERT_THAT(Do(ConfigureSubject{config, SubjectMode::kReadWrite, "operator/ann"}), IsOk());
  ASSERT_THAT(Do(SetSubjectMode{SubjectMode::kReadWrite, false, "operator/ann"}), IsOk());
  ASSERT_THAT(Do(Deletion(1)), IsOk());
  EXPECT_EQ(state_.config, config);
  ASSERT_THAT(Do(Deletion(2)), IsOk());
  EXPECT_TRUE(state_.config.empty());
  EXPECT_FALSE(state_.mode);
}

TEST_F(SubjectTest, AnImportIntoASubjectWithVersionsHasToBeForced) {
  ASSERT_THAT(Do(Registration("a", 1)), IsOk());
  EXPECT_THAT(Do(SetSubjectMode{SubjectMode::kImport, false, ""}),
              Fails(StatusCode::kFailedPrecondition, Reason::kMODE_FORBIDS));
  EXPECT_THAT(Do(SetSubjectMode{SubjectMode::kImport, true, ""}), IsOk());
  EXPECT_THAT(Do(SetSubjectMode{SubjectMode::kImport, false, ""}), IsOk()) << "it is so already";
  EXPECT_THAT(Do(SetSubjectMode{std::nullopt, false, ""}), IsOk());
  ASSERT_THAT(Do(Deletion(1)), IsOk());
  EXPECT_THAT(Do(SetSubjectMode{SubjectMode::kImport, false, ""}), IsOk());
}

TEST_F(SubjectTest, SettingsThatSayNothingNewAreNoFact) {
  const SubjectConfig config{CompatibilityLevel::kFull, {}, {}};
  ASSERT_THAT(Do(ConfigureSubject{config, SubjectMode::kReadWrite, ""}), IsOk());
  ASSERT_THAT(Do(ConfigureSubject{config, SubjectMode::kReadWrite, ""}), IsOk());
  EXPECT_EQ(facts_, 0u);
  EXPECT_THAT(Do(ConfigureSubject{{{}, {}, ""}, SubjectMode::kReadWrite, ""}),
              Fails(StatusCode::kInvalidArgument, Reason::kFIELD_INVALID));
}

TEST(SubjectConfigTest, TheSubjectsOwnSettingsComeBeforeTheRegistrys) {
  const SubjectConfig own{CompatibilityLevel::kFull, {}, {}};
  const SubjectConfig outer{CompatibilityLevel::kNone, true, "major"};
  EXPECT_EQ(own.Over(outer), (SubjectConfig{CompatibilityLevel::kFull, true, "major"}));
  EXPECT_EQ(SubjectConfig().Over(outer), outer);
}

TEST(SubjectModeTest, AnOverrideOfTheRegistryComesBeforeTheSubjectsModeAndThatBeforeTheRegistrys) {
  using enum SubjectMode;
  EXPECT_EQ(ModeInForce({}, {}), kReadWrite);
  EXPECT_EQ(ModeInForce(kReadOnly, {}), kReadOnly);
  EXPECT_EQ(ModeInForce(kReadOnly, kReadWrite), kReadWrite);
  EXPECT_EQ(ModeInForce(kReadOnlyOverride, kReadWrite), kReadOnlyOverride);
  EXPECT_EQ(ModeInForce({}, kImport), kImport);
}

TEST(SubjectFactsTest, ARowThatIsNoFactOfASubjectIsDataLoss) {
  const std::string head = R"("at":1,"by":"system",)";
  for (const std::string& row : std::vector<std::string>{
           "", "{}", "[]", R"({"at":1,"by":"system","type":"ModelApplied"})",
           "{" + head + R"("type":"SubjectVersionRegistered","version":1,"id":1})",
           "{" + head + R"("type":"SubjectVersionRegistered","version":0,"id":1,"digest":"x"})",
           "{" + head + R"("type":"SubjectVersionsDeleted","versions":[-1]})",
           "{" + head + R"("type":"SubjectVersionsErased","versions":{}})",
           "{" + head + R"("type":"SubjectConfigured","compatibility":"SOME"})",
           "{" + head + R"("type":"SubjectConfigured","normalize":"yes"})",
           "{" + head + R"("type":"SubjectModeSet","mode":"FORWARD"})"})
    EXPECT_EQ(DecodeSubjectFact(row).status().code(), StatusCode::kDataLoss) << row;
}

// However events fall: numbers only grow, a number keeps its content, what was erased stays so but
// for an import of the same, and the facts alone rebuild the state.
TEST(SubjectProperty, ANumberKeepsItsContentForEver) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    SeededRng rng(seed);
    SubjectState state;
    SubjectState replayed;
    std::map<VersionNumber, Digest> meant;
    for (int i = 0; i < 120; ++i) {
      const std::string text(1, static_cast<char>('a' + rng.Below(4)));
      const std::uint64_t number = rng.Below(8);
      SubjectEvent event = Registration(text, rng.Below(5) + 1);
      if (rng.Below(3) == 0) event = Importation(text, rng.Below(5) + 1, number);
      if (rng.Below(3) == 0) event = Deletion(number, rng.Below(2) == 0);
      if (rng.Below(12) == 0) event = Deletion(std::nullopt, rng.Below(2) == 0);
      const auto facts = Decide(state, event, FromUnixMillis(i));
      if (!facts.ok()) continue;
      for (const SubjectFact& fact : *facts) {
        const VersionNumber before = state.newest;
        Apply(state, fact);
        Apply(replayed, *DecodeSubjectFact(*EncodeFact(fact)));
        EXPECT_GE(state.newest, before);
      }
      for (const auto& [version, known] : state.versions)
        EXPECT_EQ(meant.emplace(version, known.content).first->second, known.content);
      for (const auto& [version, known] : state.erased) {
        EXPECT_EQ(meant.at(version), known.content);
        EXPECT_FALSE(state.versions.contains(version));
      }
      EXPECT_EQ(meant.size(), state.versions.size() + state.erased.size());
    }
    EXPECT_EQ(state, replayed);
  }
}

TEST(RegistrySettingsTest, TheyAreDecidedAndReadBack) {
  RegistryState state;
  const auto change = [&](const RegistryEvent& event) -> Status {
    MUSTER_ASSIGN(const RegistryFacts facts, Decide(state, event, FromUnixMillis(kNow)));
    for (const RegistryFact& fact : facts) Apply(state, *DecodeRegistryFact(*EncodeFact(fact)));
    return Ok();
  };
  const SubjectConfig config{CompatibilityLevel::kForward, false, "major"};
  ASSERT_THAT(change(ConfigureRegistry{config, "operator/ann"}), IsOk());
  EXPECT_EQ(state.config, config);
  EXPECT_THAT(change(SetRegistryMode{SubjectMode::kImport, true, false, ""}),
              Fails(StatusCode::kFailedPrecondition, Reason::kMODE_FORBIDS));
  EXPECT_THAT(change(SetRegistryMode{SubjectMode::kImport, true, true, ""}), IsOk());
  ASSERT_THAT(change(SetRegistryMode{SubjectMode::kReadOnly, true, false, ""}), IsOk());
  EXPECT_THAT(change(ConfigureRegistry{{}, ""}),
              Fails(StatusCode::kFailedPrecondition, Reason::kMODE_FORBIDS));
  ASSERT_THAT(change(SetRegistryMode{std::nullopt, true, false, ""}), IsOk());
  ASSERT_THAT(change(ConfigureRegistry{{}, ""}), IsOk());
  EXPECT_EQ(state, RegistryState());
  EXPECT_EQ(DecodeRegistryFact(R"({"at":1,"by":"x","type":"SubjectModeSet"})").status().code(),
            StatusCode::kDataLoss);
}

}  // namespace
}  // namespace muster::registry
