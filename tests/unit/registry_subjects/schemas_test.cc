// The registry as its users see it: ids, lookups, deletes, references, settings, restarts, races.
#include "registry/schemas.h"

#include <gmock/gmock.h>

#include <thread>

#include "tests/unit/registry_subjects/fixture.h"

namespace muster::registry {
namespace {
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

SchemaReference To(std::string name, std::string subject, std::uint64_t version) {
  return {std::move(name), SubjectName(std::move(subject)), V(version)};
}
Status StatusOf(const Status& status) { return status; }
template <typename T>
Status StatusOf(const StatusOr<T>& result) {
  return result.status();
}
#define EXPECT_FORBIDDEN(expr) \
  EXPECT_THAT(StatusOf(expr), Fails(StatusCode::kFailedPrecondition, Reason::kMODE_FORBIDS))
#define EXPECT_MISSING(expr, reason) \
  EXPECT_THAT(StatusOf(expr), Fails(StatusCode::kNotFound, Reason::reason))

// --- Ids ---

TEST_F(SchemasTest, TheSameSchemaHasOneIdUnderEverySubject) {
  EXPECT_THAT(Made(Register("a", "f:int")), Pair(1, 1));
  EXPECT_THAT(Made(Register("b", "f:int")), Pair(1, 1));
  EXPECT_THAT(Made(Register("b", "f:long")), Pair(2, 2));
  EXPECT_THAT(Made(Register("a", "f:long")), Pair(2, 2));
}

TEST_F(SchemasTest, RegisteringAgainGivesTheVersionThatIsThereAndRecordsNothing) {
  ASSERT_THAT(Register("a", "f:int"), IsOk());
  ASSERT_THAT(Register("a", "f:long"), IsOk());
  const std::size_t rows = Rows();
  EXPECT_THAT(Made(Register("a", "f:int")), Pair(1, 1));
  EXPECT_THAT(Made(Register("a", "  f:int ")), Pair(1, 1)) << "insignificant space is none";
  EXPECT_EQ(Rows(), rows);
}

TEST_F(SchemasTest, TypeReferencesMetadataAndRulesMakeAnotherSchema) {
  ASSERT_THAT(Level("a", CompatibilityLevel::kNone), IsOk());
  RegisterRequest request{SubjectName("a"), Draft("f:int"), false, {}, {}};
  EXPECT_THAT(Made(schemas_->Register(request, ann_)), Pair(1, 1));
  request.schema.type = SchemaType::kJson;
  EXPECT_THAT(Made(schemas_->Register(request, ann_)), Pair(2, 2));
  request.schema.metadata = Properties({{"owner", "ann"}});
  EXPECT_THAT(Made(schemas_->Register(request, ann_)), Pair(3, 3));
  request.schema.rules = R"({"domainRules":[]})";
  EXPECT_THAT(Made(schemas_->Register(request, ann_)), Pair(4, 4));
  EXPECT_THAT(Made(schemas_->Register(request, ann_)), Pair(4, 4));
}

TEST_F(SchemasTest, WithoutMetadataAndRulesTheNewestVersionsAreKept) {
  RegisterRequest request{SubjectName("a"), Draft("f:int"), false, {}, {}};
  request.schema.metadata = Properties({{"owner", "ann"}});
  request.schema.rules = R"({"domainRules":[]})";
  ASSERT_THAT(schemas_->Register(request, ann_), IsOk());
  EXPECT_THAT(Made(Register("a", "f:int")), Pair(1, 1)) << "it is that version";
  const auto next = Register("a", "f:long");
  ASSERT_THAT(next, IsOk());
  EXPECT_EQ(next->schema->content.metadata, request.schema.metadata);
  EXPECT_EQ(next->schema->content.rules, *request.schema.rules);
  request.schema.rules = "not JSON";
  EXPECT_THAT(schemas_->Register(request, ann_),
              Fails(StatusCode::kInvalidArgument, Reason::kSCHEMA_INVALID));
}

TEST_F(SchemasTest, WhatIsNoSchemaOrNoSubjectIsRefusedAndRecordsNothing) {
  EXPECT_THAT(Register("a", "f:strange"),
              Fails(StatusCode::kInvalidArgument, Reason::kSCHEMA_INVALID));
  EXPECT_THAT(Register("", "f:int"), Fails(StatusCode::kInvalidArgument, Reason::kSUBJECT_INVALID));
  EXPECT_THAT(Register("a", std::string(SchemaParser::kMostBytes + 1, ' ')),
              Fails(StatusCode::kInvalidArgument, Reason::kSCHEMA_TOO_LARGE));
  EXPECT_THAT(Register("a", "&x", {To("x", "nowhere", 1)}),
              Fails(StatusCode::kInvalidArgument, Reason::kSCHEMA_INVALID));
  EXPECT_EQ(Rows(), 0u);
  EXPECT_THAT(schemas_->ListSubjects("", Shown::kAll, {}), IsEmpty());
}

TEST_F(SchemasTest, AnIncompatibleSchemaIsRefusedAndTakesNoId) {
  ASSERT_THAT(Register("a", "f:int"), IsOk());
  EXPECT_THAT(Register("a", "f:int g:int"),
              Fails(StatusCode::kFailedPrecondition, Reason::kSCHEMA_INCOMPATIBLE));
  EXPECT_EQ(schemas_->newest_id(), SchemaId(1));
  ASSERT_THAT(Level("a", CompatibilityLevel::kNone), IsOk());
  EXPECT_THAT(Made(Register("a", "f:int g:int")), Pair(2, 2));
}

// --- Deletes ---

TEST_F(SchemasTest, ADeletedVersionIsHiddenButItsIdStillFound) {
  ASSERT_THAT(Register("a", "f:int"), IsOk());
  ASSERT_THAT(Register("a", "f:long"), IsOk());
  ASSERT_THAT(Delete("a", 2), IsOk());
  EXPECT_EQ(Versions("a"), Numbers({1}));
  EXPECT_EQ(Versions("a", Shown::kAll), Numbers({1, 2}));
  EXPECT_EQ(Versions("a", Shown::kDeletedOnly), Numbers({2}));
  EXPECT_MISSING(schemas_->GetVersion(SubjectName("a"), V(2), false), kSUBJECT_VERSION_NOT_FOUND);
  EXPECT_TRUE(schemas_->GetVersion(SubjectName("a"), V(2), true)->deleted);
  EXPECT_MISSING(schemas_->Lookup(SubjectName("a"), Draft("f:long"), {}), kSCHEMA_NOT_FOUND);
  EXPECT_EQ(schemas_->Lookup(SubjectName("a"), Draft("f:long"), {false, true})->version, V(2));
  EXPECT_THAT(schemas_->GetById(SchemaId(2)), IsOk());
  EXPECT_EQ(schemas_->GetVersion(SubjectName("a"), V(0), false)->version, V(1));
}

TEST_F(SchemasTest, ADeletedSchemaComesBackWithItsIdUnderANewNumber) {
  ASSERT_THAT(Register("a", "f:int"), IsOk());
  ASSERT_THAT(DeleteAll("a"), IsOk());
  EXPECT_THAT(schemas_->ListSubjects("", Shown::kLive, {}), IsEmpty());
  EXPECT_THAT(schemas_->ListSubjects("", Shown::kDeletedOnly, {}), SizeIs(1));
  EXPECT_THAT(Made(Register("a", "f:int")), Pair(2, 1));
}

TEST_F(SchemasTest, WhatWasErasedStaysDeadAlsoAfterARestart) {
  ASSERT_THAT(Register("a", "f:int"), IsOk());
  ASSERT_THAT(DeleteAll("a"), IsOk());
  ASSERT_THAT(DeleteAll("a", true), IsOk());
  for (int restarts = 0; restarts < 2; ++restarts) {
    EXPECT_MISSING(schemas_->GetById(SchemaId(1)), kSCHEMA_NOT_FOUND);
    EXPECT_MISSING(schemas_->GetVersion(SubjectName("a"), V(1), true), kSUBJECT_NOT_FOUND);
    EXPECT_THAT(schemas_->ListSubjects("", Shown::kAll, {}), IsEmpty());
    EXPECT_EQ(schemas_->newest_id(), SchemaId(1));
    Restart();
  }
  EXPECT_THAT(Made(Register("a", "f:int")), Pair(2, 2)) << "a new number and a new id";
  EXPECT_MISSING(schemas_->GetById(SchemaId(1)), kSCHEMA_NOT_FOUND);
  Restart();
  EXPECT_THAT(Made(Register("b", "f:int")), Pair(1, 2)) << "the dead id is not given again";
}

TEST_F(SchemasTest, AnIdLivesAsLongAsAnySubjectHasIt) {
  ASSERT_THAT(Register("a", "f:int"), IsOk());
  ASSERT_THAT(Register("b", "f:int"), IsOk());
  ASSERT_THAT(DeleteAll("a"), IsOk());
  ASSERT_THAT(DeleteAll("a", true), IsOk());
  EXPECT_THAT(schemas_->GetById(SchemaId(1)), IsOk());
  EXPECT_THAT(Made(Register("c", "f:int")), Pair(1, 1));
}

TEST_F(SchemasTest, DeletesSayWhichVersionsTheyTook) {
  for (const char* text : {"f:int", "f:long", "f:double"}) ASSERT_THAT(Register("a", text), IsOk());
  EXPECT_EQ(*schemas_->DeleteVersion(SubjectName("a"), V(0), false, ann_), V(3));
  EXPECT_EQ(*schemas_->DeleteSubject(SubjectName("a"), false, ann_), Numbers({1, 2}));
  EXPECT_EQ(*schemas_->DeleteVersion(SubjectName("a"), V(2), true, ann_), V(2));
  EXPECT_EQ(*schemas_->DeleteSubject(SubjectName("a"), true, ann_), Numbers({1, 3}));
}

TEST_F(SchemasTest, DeletedVersionsAreNotCompared) {
  ASSERT_THAT(Register("a", "f:text"), IsOk());
  EXPECT_THAT(Register("a", "f:int"),
              Fails(StatusCode::kFailedPrecondition, Reason::kSCHEMA_INCOMPATIBLE));
  ASSERT_THAT(Delete("a", 1), IsOk());
  EXPECT_THAT(Made(Register("a", "f:int")), Pair(2, 2));
}

// --- References ---

TEST_F(SchemasTest, AReferencedVersionCannotBeDeletedWhileItsReferrerLives) {
  ASSERT_THAT(Register("unit", "u:int"), IsOk());
  EXPECT_THAT(Made(Register("top", "f:int &unit", {To("unit", "unit", 1)})), Pair(1, 2));
  EXPECT_THAT(*schemas_->ReferencedBy(SubjectName("unit"), V(1)), ElementsAre(SchemaId(2)));
  EXPECT_THAT(Delete("unit", 1),
              Fails(StatusCode::kFailedPrecondition, Reason::kSUBJECT_REFERENCED));
  EXPECT_THAT(DeleteAll("unit"),
              Fails(StatusCode::kFailedPrecondition, Reason::kSUBJECT_REFERENCED));
  Restart();
  EXPECT_THAT(Delete("unit", 1),
              Fails(StatusCode::kFailedPrecondition, Reason::kSUBJECT_REFERENCED));
  ASSERT_THAT(Delete("top", 1), IsOk());
  EXPECT_THAT(*schemas_->ReferencedBy(SubjectName("unit"), V(1)), IsEmpty());
  EXPECT_THAT(Delete("unit", 1), IsOk());
}

TEST_F(SchemasTest, AReferenceToADeletedVersionIsDangling) {
  ASSERT_THAT(Register("unit", "u:int"), IsOk());
  ASSERT_THAT(Register("top", "&unit", {To("unit", "unit", 1)}), IsOk());
  ASSERT_THAT(DeleteAll("top"), IsOk());
  ASSERT_THAT(DeleteAll("unit"), IsOk());
  EXPECT_THAT(Register("top", "&unit", {To("unit", "unit", 1)}),
              Fails(StatusCode::kInvalidArgument, Reason::kSCHEMA_INVALID));
  ASSERT_THAT(DeleteAll("unit", true), IsOk());
  EXPECT_THAT(Register("top", "&unit", {To("unit", "unit", 1)}),
              Fails(StatusCode::kInvalidArgument, Reason::kSCHEMA_INVALID));
  EXPECT_THAT(
      schemas_->Lookup(SubjectName("top"), Draft("&unit", {To("unit", "unit", 1)}), {false, true}),
      IsOk())
      << "what was registered can be read";
}

TEST_F(SchemasTest, ReferencesAreFollowedThroughOthersAndComparedByWhatTheyMean) {
  ASSERT_THAT(Register("unit", "u:int"), IsOk());
  ASSERT_THAT(Register("middle", "m:int &unit", {To("unit", "unit", 1)}), IsOk());
  ASSERT_THAT(Register("top", "&middle", {To("middle", "middle", 1)}), IsOk());
  ASSERT_THAT(Register("unit", "u:long"), IsOk());
  ASSERT_THAT(Register("middle", "m:int &unit", {To("unit", "unit", 2)}), IsOk());
  EXPECT_THAT(Made(Register("top", "&middle", {To("middle", "middle", 2)})), Pair(2, 6))
      << "the same text over other references is another schema";
}

TEST_F(SchemasTest, ASubjectWhoseVersionsReferToOneAnotherCanBeDeletedAsAWhole) {
  ASSERT_THAT(Level("a", CompatibilityLevel::kNone), IsOk());
  ASSERT_THAT(Register("a", "u:int"), IsOk());
  ASSERT_THAT(Register("a", "f:int &u", {To("u", "a", 1)}), IsOk());
  EXPECT_THAT(Delete("a", 1), Fails(StatusCode::kFailedPrecondition, Reason::kSUBJECT_REFERENCED));
  EXPECT_THAT(DeleteAll("a"), IsOk());
}

// --- Normalisation ---

TEST_F(SchemasTest, NormalisedSchemasAreKeptInOneSpelling) {
  const RegisterRequest request{SubjectName("a"), Draft("g:int f:int"), true, {}, {}};
  const auto made = schemas_->Register(request, ann_);
  ASSERT_THAT(made, IsOk());
  EXPECT_EQ(made->schema->content.text, "f:int g:int");
  EXPECT_THAT(Made(Register("a", "f:int g:int")), Pair(1, 1));
  EXPECT_THAT(Made(schemas_->Register(request, ann_)), Pair(1, 1));
  EXPECT_THAT(Made(Register("a", "g:int f:int")), Pair(2, 2)) << "as given, it is another";
}

TEST_F(SchemasTest, NormalisedLookupsFindWhatWasRegisteredInAnotherSpelling) {
  ASSERT_THAT(Register("a", "g:int f:int"), IsOk());
  EXPECT_MISSING(schemas_->Lookup(SubjectName("a"), Draft("f:int g:int"), {}), kSCHEMA_NOT_FOUND);
  EXPECT_EQ(schemas_->Lookup(SubjectName("a"), Draft("f:int g:int"), {true, false})->version, V(1));
  ConfigChange change;
  change.normalise = true;
  ASSERT_THAT(schemas_->ConfigureRegistry(change, ann_), IsOk());
  EXPECT_THAT(schemas_->Lookup(SubjectName("a"), Draft("f:int g:int"), {}), IsOk())
      << "settings ask for it, too";
  EXPECT_THAT(Made(Register("a", "f:int g:int")), Pair(1, 1));
}

// --- Settings and modes ---

TEST_F(SchemasTest, TheSubjectsLevelComesBeforeTheRegistrysAndThatBeforeBackward) {
  const SubjectName a("a");
  EXPECT_EQ(schemas_->registry_config().level, CompatibilityLevel::kBackward);
  EXPECT_THAT(schemas_->GetConfig(a, false),
              Fails(StatusCode::kNotFound, Reason::kSUBJECT_NOT_CONFIGURED));
  ConfigChange change;
  change.level = CompatibilityLevel::kForward;
  ASSERT_THAT(schemas_->ConfigureRegistry(change, ann_), IsOk());
  EXPECT_EQ(schemas_->GetConfig(a, true)->level, CompatibilityLevel::kForward);
  ASSERT_THAT(Level("a", CompatibilityLevel::kFull), IsOk());
  EXPECT_EQ(schemas_->GetConfig(a, true)->level, CompatibilityLevel::kFull);
  Restart();
  EXPECT_EQ(schemas_->GetConfig(a, false)->level, CompatibilityLevel::kFull);
  EXPECT_EQ(schemas_->ResetConfig(a, ann_)->level, CompatibilityLevel::kFull);
  EXPECT_MISSING(schemas_->ResetConfig(a, ann_), kSUBJECT_NOT_FOUND);
  EXPECT_EQ(schemas_->ResetRegistryConfig(ann_)->level, CompatibilityLevel::kForward);
  EXPECT_EQ(schemas_->GetConfig(a, true)->level, CompatibilityLevel::kBackward);
}

TEST_F(SchemasTest, ASettingChangesAloneAndCanBeUnsetAlone) {
  const SubjectName a("a");
  ASSERT_THAT(Level("a", CompatibilityLevel::kFull), IsOk());
  ConfigChange change;
  change.group = "major";
  EXPECT_EQ(*schemas_->Configure(a, change, ann_),
            (SubjectConfig{CompatibilityLevel::kFull, {}, "major"}));
  change = {};
  change.level.emplace();
  EXPECT_EQ(*schemas_->Configure(a, change, ann_), (SubjectConfig{{}, {}, "major"}));
}

TEST_F(SchemasTest, SettingsMakeNoSubjectButRuleItOnceItIsThere) {
  ASSERT_THAT(Level("a", CompatibilityLevel::kNone), IsOk());
  EXPECT_THAT(schemas_->ListSubjects("", Shown::kAll, {}), IsEmpty());
  EXPECT_MISSING(schemas_->ListVersions(SubjectName("a"), Shown::kAll), kSUBJECT_NOT_FOUND);
  ASSERT_THAT(Register("a", "f:int"), IsOk());
  EXPECT_THAT(Register("a", "g:int"), IsOk());
}

TEST_F(SchemasTest, OnlyVersionsOfOneGroupAreCompared) {
  ConfigChange change;
  change.group = "major";
  ASSERT_THAT(schemas_->Configure(SubjectName("a"), change, ann_), IsOk());
  RegisterRequest request{SubjectName("a"), Draft("f:int"), false, {}, {}};
  request.schema.metadata = Properties({{"major", "1"}});
  ASSERT_THAT(schemas_->Register(request, ann_), IsOk());
  request.schema.text = "g:int";
  EXPECT_THAT(schemas_->Register(request, ann_),
              Fails(StatusCode::kFailedPrecondition, Reason::kSCHEMA_INCOMPATIBLE));
  request.schema.metadata = Properties({{"major", "2"}});
  EXPECT_THAT(schemas_->Register(request, ann_), IsOk());
  request.schema.text = "f:long";
  request.schema.metadata = Properties({{"major", "1"}});
  EXPECT_THAT(schemas_->Register(request, ann_), IsOk()) << "compared with version 1, not 2";
}

TEST_F(SchemasTest, AReadOnlyRegistryAnswersAndKnowsWhatItKnows) {
  ASSERT_THAT(Register("a", "f:int"), IsOk());
  ASSERT_THAT(schemas_->SetRegistryMode(SubjectMode::kReadOnly, false, ann_), IsOk());
  EXPECT_THAT(Made(Register("a", "f:int")), Pair(1, 1));
  EXPECT_FORBIDDEN(Register("a", "f:long"));
  EXPECT_FORBIDDEN(Delete("a", 1));
  EXPECT_FORBIDDEN(DeleteAll("a"));
  EXPECT_FORBIDDEN(Level("a", CompatibilityLevel::kNone));
  EXPECT_FORBIDDEN(schemas_->ConfigureRegistry({}, ann_));
  Restart();
  EXPECT_EQ(schemas_->registry_mode(), SubjectMode::kReadOnly);
  ASSERT_THAT(Mode("a", SubjectMode::kReadWrite), IsOk());
  EXPECT_THAT(Register("a", "f:long"), IsOk()) << "the subject's mode comes first";
  ASSERT_THAT(schemas_->SetRegistryMode(SubjectMode::kReadOnlyOverride, false, ann_), IsOk());
  EXPECT_FORBIDDEN(Register("a", "f:double"));
  EXPECT_EQ(*schemas_->GetMode(SubjectName("a"), true), SubjectMode::kReadOnlyOverride);
  EXPECT_EQ(*schemas_->GetMode(SubjectName("a"), false), SubjectMode::kReadWrite);
  EXPECT_EQ(*schemas_->ResetMode(SubjectName("a"), ann_), SubjectMode::kReadWrite);
  EXPECT_THAT(schemas_->GetMode(SubjectName("a"), false),
              Fails(StatusCode::kNotFound, Reason::kSUBJECT_MODE_NOT_SET));
  EXPECT_MISSING(schemas_->ResetMode(SubjectName("a"), ann_), kSUBJECT_NOT_FOUND);
}

TEST_F(SchemasTest, AnImportChoosesIdsAndNumbersAndIsNotCompared) {
  EXPECT_FORBIDDEN(Import("a", "f:int", 100, 3));
  ASSERT_THAT(schemas_->SetRegistryMode(SubjectMode::kImport, false, ann_), IsOk());
  EXPECT_FORBIDDEN(Register("a", "f:int"));
  EXPECT_THAT(Made(Import("a", "f:int", 100, 3)), Pair(3, 100));
  EXPECT_THAT(Made(Import("a", "f:int", 100, 3)), Pair(3, 100));
  EXPECT_THAT(Made(Register("a", "f:int")), Pair(3, 100)) << "clients that register find it";
  EXPECT_THAT(Made(Import("a", "g:text", 200, 7)), Pair(7, 200));
  EXPECT_FORBIDDEN(Import("a", "h:text", 200, 8));
  EXPECT_THAT(Made(Import("b", "f:int", 300, 1)), Pair(1, 300)) << "the same under a second id";
  EXPECT_THAT(Made(Import("a", "f:int", 300, 9)), Pair(9, 300));
  Restart();
  ASSERT_THAT(schemas_->SetRegistryMode(std::nullopt, false, ann_), IsOk());
  EXPECT_THAT(Made(Register("c", "f:int")), Pair(1, 100)) << "the smallest of its ids";
  EXPECT_THAT(Made(Register("c", "f:long")), Pair(2, 301));
}

TEST_F(SchemasTest, AnErasedSubjectIsRestoredByImportingIt) {
  ASSERT_THAT(Register("a", "f:int"), IsOk());
  ASSERT_THAT(DeleteAll("a"), IsOk());
  ASSERT_THAT(DeleteAll("a", true), IsOk());
  ASSERT_THAT(Mode("a", SubjectMode::kImport), IsOk());
  EXPECT_FORBIDDEN(Import("a", "f:long", 1, 1));
  EXPECT_FORBIDDEN(Import("a", "f:long", 2, 1));
  EXPECT_THAT(Made(Import("a", "f:int", 1, 1)), Pair(1, 1));
  Restart();
  EXPECT_THAT(schemas_->GetById(SchemaId(1)), IsOk());
}

TEST_F(SchemasTest, AnImportBesideLiveSubjectsHasToBeForced) {
  ASSERT_THAT(Register("a", "f:int"), IsOk());
  EXPECT_FORBIDDEN(schemas_->SetRegistryMode(SubjectMode::kImport, false, ann_));
  EXPECT_FORBIDDEN(Mode("a", SubjectMode::kImport));
  EXPECT_THAT(Mode("a", SubjectMode::kImport, true), IsOk());
  EXPECT_THAT(schemas_->SetRegistryMode(SubjectMode::kImport, true, ann_), IsOk());
  ASSERT_THAT(schemas_->SetRegistryMode(std::nullopt, false, ann_), IsOk());
  ASSERT_THAT(DeleteAll("a"), IsOk());
  EXPECT_THAT(schemas_->SetRegistryMode(SubjectMode::kImport, false, ann_), IsOk());
}

// --- Compatibility ---

TEST_F(SchemasTest, ACompatibilityCheckSaysWhatARegistrationWould) {
  const SubjectName a("a");
  EXPECT_THAT(*schemas_->CheckCompatibility({a, Draft("f:int"), false, V(0)}), IsEmpty());
  ASSERT_THAT(Register("a", "f:int"), IsOk());
  ASSERT_THAT(Register("a", "f:int g:int="), IsOk());
  EXPECT_THAT(*schemas_->CheckCompatibility({a, Draft("g:int"), false, std::nullopt}), IsEmpty());
  EXPECT_THAT(*schemas_->CheckCompatibility({a, Draft("g:int"), false, V(2)}), IsEmpty());
  EXPECT_THAT(*schemas_->CheckCompatibility({a, Draft("g:int"), false, V(1)}), SizeIs(1));
  ASSERT_THAT(Level("a", CompatibilityLevel::kBackwardTransitive), IsOk());
  EXPECT_THAT(*schemas_->CheckCompatibility({a, Draft("g:int"), false, std::nullopt}), SizeIs(1));
  EXPECT_MISSING(schemas_->CheckCompatibility({a, Draft("g:int"), false, V(3)}),
                 kSUBJECT_VERSION_NOT_FOUND);
  EXPECT_MISSING(schemas_->CheckCompatibility({SubjectName("b"), Draft("g:int"), false, V(1)}),
                 kSUBJECT_NOT_FOUND);
  EXPECT_THAT(schemas_->CheckCompatibility({SubjectName("b"), Draft("g"), false, V(0)}),
              Fails(StatusCode::kInvalidArgument, Reason::kSCHEMA_INVALID));
}

// --- Lists ---

TEST_F(SchemasTest, SubjectsOfAnyNameAreListedInOrderByPrefixAndPage) {
  for (const char* name : {"b/1", "a é", "b/2", "日本", "b"})
    ASSERT_THAT(Register(name, "f:int"), IsOk());
  Restart();
  const auto list = [&](std::string_view prefix, Page page) {
    std::vector<std::string> out;
    for (const SubjectName& subject : schemas_->ListSubjects(prefix, Shown::kLive, page))
      out.push_back(subject.value());
    return out;
  };
  EXPECT_THAT(list("", {}), ElementsAre("a é", "b", "b/1", "b/2", "日本"));
  EXPECT_THAT(list("b", {1, 1}), ElementsAre("b/1"));
  EXPECT_THAT(list("b", {3, 5}), IsEmpty());
  EXPECT_THAT(list("x", {}), IsEmpty());
}

TEST_F(SchemasTest, SchemasAreListedBySubjectAndVersion) {
  for (const char* text : {"f:int", "f:long"}) ASSERT_THAT(Register("a", text), IsOk());
  ASSERT_THAT(Register("b", "f:int"), IsOk());
  ASSERT_THAT(Delete("a", 2), IsOk());
  const auto list = [&](SchemaFilter filter) {
    std::vector<std::string> out;
    for (const RegisteredSchema& s : schemas_->ListSchemas(filter))
      out.push_back(fmt::format("{}{}", s.subject.value(), s.version.value()));
    return out;
  };
  EXPECT_THAT(list({}), ElementsAre("a1", "b1"));
  EXPECT_THAT(list({"", Shown::kAll, false, {}}), ElementsAre("a1", "a2", "b1"));
  EXPECT_THAT(list({"", Shown::kAll, true, {}}), ElementsAre("a2", "b1"));
  EXPECT_THAT(list({"", Shown::kAll, false, {1, 1}}), ElementsAre("a2"));
  EXPECT_THAT(list({"b", Shown::kLive, false, {}}), ElementsAre("b1"));
}

TEST_F(SchemasTest, TheVersionsOfAnIdAndThoseWithAPropertyAreFound) {
  ASSERT_THAT(Register("a", "f:int"), IsOk());
  ASSERT_THAT(Register("b", "f:int"), IsOk());
  ASSERT_THAT(DeleteAll("b"), IsOk());
  EXPECT_THAT(*schemas_->VersionsOf(SchemaId(1), Shown::kLive), SizeIs(1));
  EXPECT_THAT(*schemas_->VersionsOf(SchemaId(1), Shown::kAll), SizeIs(2));
  EXPECT_MISSING(schemas_->VersionsOf(SchemaId(2), Shown::kAll), kSCHEMA_NOT_FOUND);
  RegisterRequest request{SubjectName("a"), Draft("f:long"), false, {}, {}};
  request.schema.metadata = Properties({{"major", "2"}, {"owner", "ann"}});
  ASSERT_THAT(schemas_->Register(request, ann_), IsOk());
  EXPECT_EQ(schemas_->FindByProperties(SubjectName("a"), {{"major", "2"}}, false)->version, V(2));
  EXPECT_MISSING(schemas_->FindByProperties(SubjectName("a"), {{"major", "3"}}, false),
                 kSCHEMA_NOT_FOUND);
}

TEST_F(SchemasTest, TenThousandSubjectsAreListedAndFoundThroughIndexes) {
  for (int i = 0; i < 10'000; ++i)
    ASSERT_THAT(Register(fmt::format("line-{:05}/value", i), fmt::format("f{}:int", i % 500)),
                IsOk());
  EXPECT_THAT(schemas_->ListSubjects("", Shown::kLive, {}), SizeIs(10'000));
  EXPECT_THAT(schemas_->ListSubjects("line-0123", Shown::kLive, {}), SizeIs(10));
  EXPECT_EQ(schemas_->newest_id(), SchemaId(500));
  EXPECT_EQ(schemas_->Lookup(SubjectName("line-07777/value"), Draft("f277:int"), {})->schema->id,
            SchemaId(278));
  EXPECT_THAT(*schemas_->VersionsOf(SchemaId(500), Shown::kLive), SizeIs(20));
  Restart();
  EXPECT_THAT(schemas_->ListSubjects("", Shown::kLive, {}), SizeIs(10'000));
}

// --- The journal ---

TEST_F(SchemasTest, NothingIsBelievedThatWasNotRecorded) {
  ASSERT_THAT(Register("a", "f:int"), IsOk());
  fault_ = [](std::string_view op) {
    return op == "journal.append" ? WithReason(ResourceExhausted("full"), Reason::kDISK_FULL)
                                  : Ok();
  };
  EXPECT_THAT(Register("a", "f:long"), Fails(StatusCode::kResourceExhausted, Reason::kDISK_FULL));
  EXPECT_THAT(Delete("a", 1), Fails(StatusCode::kResourceExhausted, Reason::kDISK_FULL));
  EXPECT_THAT(Mode("a", SubjectMode::kReadOnly),
              Fails(StatusCode::kResourceExhausted, Reason::kDISK_FULL));
  EXPECT_THAT(schemas_->SetRegistryMode(SubjectMode::kReadOnly, false, ann_),
              Fails(StatusCode::kResourceExhausted, Reason::kDISK_FULL));
  fault_ = {};
  EXPECT_EQ(Versions("a"), Numbers({1}));
  EXPECT_EQ(schemas_->newest_id(), SchemaId(1));
  EXPECT_THAT(Made(Register("a", "f:long")), Pair(2, 2));
}

TEST_F(SchemasTest, AnIdWhoseVersionWasNeverRecordedIsUsedByTheNextOfItsSchema) {
  int appends = 0;
  fault_ = [&](std::string_view op) {
    return op == "journal.append" && ++appends == 2 ? Unavailable("gone") : Ok();
  };
  EXPECT_EQ(Register("a", "f:int").status().code(), StatusCode::kUnavailable);
  fault_ = {};
  Restart();
  EXPECT_MISSING(schemas_->GetById(SchemaId(1)), kSCHEMA_NOT_FOUND);
  EXPECT_THAT(Made(Register("b", "f:int")), Pair(1, 1));
}

TEST_F(SchemasTest, ADamagedJournalIsNotBelieved) {
  const auto damaged = [&](std::string_view stream, std::string row) {
    testing::MemoryJournal journal;
    Schemas schemas(journal, parser_, hasher_, clock_, log_);
    const std::vector<std::string> rows = {std::move(row)};
    EXPECT_THAT(journal.Append(stream, 0, rows), IsOk());
    return schemas.Recover().code();
  };
  const std::string version = R"({"at":1,"by":"x","digest":"sha256:)" + std::string(64, '0') +
                              R"(","id":1,"type":"SubjectVersionRegistered","version":1})";
  EXPECT_EQ(damaged("subject/a", "{}"), StatusCode::kDataLoss);
  EXPECT_EQ(damaged("subject/a", version), StatusCode::kDataLoss) << "an id that was never given";
  EXPECT_EQ(damaged("subject/a%2f", R"({"at":1,"by":"x","type":"SubjectModeSet"})"),
            StatusCode::kDataLoss);
  EXPECT_EQ(damaged("schema-ids", "{}"), StatusCode::kDataLoss);
  EXPECT_EQ(damaged("subjects-global", "{}"), StatusCode::kDataLoss);
}

TEST_F(SchemasTest, ARestartChangesNothing) {
  for (const char* text : {"f:int", "f:long", "f:double"})
    ASSERT_THAT(Register("a/ü", text), IsOk());
  ASSERT_THAT(Register("b", "&x", {To("x", "a/ü", 3)}), IsOk());
  ASSERT_THAT(Delete("a/ü", 1), IsOk());
  ASSERT_THAT(Delete("a/ü", 2), IsOk());
  ASSERT_THAT(Delete("a/ü", 2, true), IsOk());
  ASSERT_THAT(Level("b", CompatibilityLevel::kFull), IsOk());
  const auto describe = [&] {
    std::string out;
    for (const RegisteredSchema& s : schemas_->ListSchemas({"", Shown::kAll, false, {}}))
      out += fmt::format("{} {} {} {} {}\n", s.subject.value(), s.version.value(), s.deleted,
                         s.schema->id.value(), s.schema->content.text);
    return out;
  };
  const std::string before = describe();
  Restart();
  EXPECT_EQ(describe(), before);
  EXPECT_EQ(before, "a/ü 1 true 1 f:int\na/ü 3 false 3 f:double\nb 1 false 4 &x\n");
}

// --- Races ---

TEST_F(SchemasTest, OfTwoProcessesTheLoserReadsAgainAndGivesTheSameId) {
  const auto other = Start();
  EXPECT_THAT(Made(Register("a", "f:int")), Pair(1, 1));
  EXPECT_THAT(Made(other->Register({SubjectName("a"), Draft("f:int"), false, {}, {}}, ann_)),
              Pair(1, 1));
  EXPECT_THAT(Made(other->Register({SubjectName("a"), Draft("f:long"), false, {}, {}}, ann_)),
              Pair(2, 2));
  EXPECT_THAT(Register("a", "f:int g:text"),
              Fails(StatusCode::kFailedPrecondition, Reason::kSCHEMA_INCOMPATIBLE));
  EXPECT_THAT(Register("a", "f:int h:int="),
              Fails(StatusCode::kFailedPrecondition, Reason::kSCHEMA_INCOMPATIBLE))
      << "judged anew against version 2, which it had not seen";
  EXPECT_THAT(Made(Register("a", "f:double")), Pair(3, 4)) << "an id that was given is spent";
  EXPECT_EQ(Versions("a"), Numbers({1, 2, 3}));
}

TEST_F(SchemasTest, RacingRegistrationsOfOneSchemaAllGetItsIdAndOneVersion) {
  std::vector<std::thread> threads;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> made(8);
  for (std::size_t i = 0; i < made.size(); ++i)
    threads.emplace_back([&, i] {
      for (int n = 0; n < 20; ++n) made[i] = Made(Register("a", fmt::format("f{}:int=", n)));
      (void)schemas_->ListSubjects("", Shown::kAll, {});
      (void)schemas_->VersionsOf(SchemaId(1), Shown::kAll);
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(Versions("a"), SizeIs(20));
  EXPECT_EQ(schemas_->newest_id(), SchemaId(20));
  EXPECT_THAT(made, ::testing::Each(Pair(20, 20)));
}

TEST_F(SchemasTest, RacingChangesKeepWhatIsReferencedAlive) {
  for (int round = 0; round < 50; ++round) {
    const std::string unit = fmt::format("unit-{}", round);
    ASSERT_THAT(Register(unit, "u:int"), IsOk());
    Status deleted, registered;
    std::thread deleter([&] { deleted = Delete(unit, 1); });
    std::thread referrer([&] {
      registered = Register(fmt::format("top-{}", round), "&u", {To("u", unit, 1)}).status();
    });
    deleter.join();
    referrer.join();
    EXPECT_NE(deleted.ok(), registered.ok()) << deleted << " " << registered;
  }
}

}  // namespace
}  // namespace muster::registry
