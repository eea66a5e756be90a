// Ids of schemas, and what makes two schemas the same.
#include "registry/subject_ids.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/sha256.h"
#include "registry/subject_parsing.h"
#include "tests/support/fake_schemas.h"
#include "tests/support/memory_journal.h"
#include "tests/support/status_matchers.h"

namespace muster::registry {
namespace {
using absl::StatusCode;
using ::testing::ElementsAre;
using testing::Fails;
using testing::IsOk;

SchemaContent Content(std::string text) { return {SchemaType::kAvro, std::move(text), {}, {}, {}}; }
SchemaReference Reference(std::string name, std::string subject, std::uint64_t version) {
  return {std::move(name), SubjectName(std::move(subject)), VersionNumber(version)};
}

class SchemaIdsTest : public ::testing::Test {
 protected:
  AssignSchemaId Event(const SchemaContent& content, std::uint64_t wanted = 0) {
    return {content, *DigestsOf(content, content.text, hasher_), SchemaId(wanted), "operator/ann"};
  }

  const platform::OpenSslHasher hasher_{};
  const std::shared_ptr<testing::MemoryJournal::Disk> disk_ = testing::MemoryJournal::NewDisk();
  testing::MemoryJournal journal_{disk_};
  ManualClock clock_{FromUnixMillis(5)};
  SchemaIds ids_{journal_, clock_};
};

TEST_F(SchemaIdsTest, IdsCountFromOneAndGoOnAfterARestart) {
  SchemaContent rich{SchemaType::kProtobuf, "ünï", {Reference("r", "a/b", 3)}, {}, R"({"x":0.5})"};
  rich.metadata = SchemaMetadata{{{"f", {"PII"}}}, {{"owner", "ann"}}, {"owner"}};
  ASSERT_EQ((*ids_.Assign(Event(Content("a"))))->id, SchemaId(1));
  const SchemaHandle made = *ids_.Assign(Event(rich));
  EXPECT_EQ(made->id, SchemaId(2));
  SchemaIds again(journal_, clock_);
  ASSERT_THAT(again.Recover(), IsOk());
  EXPECT_EQ(*again.Find(SchemaId(2)), *made);
  EXPECT_EQ(again.newest(), SchemaId(2));
  EXPECT_EQ((*again.Assign(Event(Content("c"))))->id, SchemaId(3));
}

TEST_F(SchemaIdsTest, AWantedIdStandsForOneContentForEver) {
  ASSERT_THAT(ids_.Assign(Event(Content("a"), 100)), IsOk());
  EXPECT_THAT(ids_.Assign(Event(Content("b"), 100)),
              Fails(StatusCode::kFailedPrecondition, Reason::kMODE_FORBIDS));
  EXPECT_EQ((*ids_.Assign(Event(Content("a"), 100)))->id, SchemaId(100)) << "it does already";
  EXPECT_EQ((*ids_.Assign(Event(Content("a"), 50)))->id, SchemaId(50)) << "a second one, imported";
  EXPECT_EQ((*ids_.Assign(Event(Content("b"))))->id, SchemaId(101));
  std::vector<SchemaId> same;
  for (const SchemaHandle& schema : ids_.Of(Event(Content("a")).digests.content))
    same.push_back(schema->id);
  EXPECT_THAT(same, ElementsAre(SchemaId(50), SchemaId(100)));
}

TEST_F(SchemaIdsTest, IdsEndWhereClientsEnd) {
  ASSERT_THAT(ids_.Assign(Event(Content("a"), kMostNumber)), IsOk());
  EXPECT_EQ(ids_.Assign(Event(Content("b"))).status().code(), StatusCode::kResourceExhausted);
}

TEST_F(SchemaIdsTest, AStaleWriterIsToldAndCatchesUp) {
  SchemaIds other(journal_, clock_);
  ASSERT_THAT(other.Assign(Event(Content("a"))), IsOk());
  EXPECT_THAT(ids_.Assign(Event(Content("b"))), Fails(StatusCode::kAborted, Reason::kSTALE_WRITE));
  ASSERT_THAT(ids_.CatchUp(), IsOk());
  EXPECT_EQ((*ids_.Assign(Event(Content("b"))))->id, SchemaId(2));
}

TEST_F(SchemaIdsTest, ASchemaThatDoesNotFitIntoAFactIsRefused) {
  EXPECT_THAT(ids_.Assign(Event(Content(std::string(600'000, '"')))),
              Fails(StatusCode::kInvalidArgument, Reason::kSCHEMA_TOO_LARGE));
  EXPECT_EQ((*ids_.Assign(Event(Content("a"))))->id, SchemaId(1));
}

TEST_F(SchemaIdsTest, ARowThatIsNoSchemaIsDataLossWithItsPlace) {
  const std::vector<std::string> rows = {R"({"at":1,"by":"x","type":"SchemaIdAssigned","id":0})"};
  ASSERT_THAT(journal_.Append(kSchemaIdStream, 0, rows), IsOk());
  const Status status = ids_.Recover();
  EXPECT_EQ(status.code(), StatusCode::kDataLoss);
  EXPECT_THAT(std::string(MessageOf(status)), ::testing::HasSubstr("schema-ids#0"));
}

// --- Sameness ---

TEST_F(SchemaIdsTest, DigestsTellWhatOfTwoSchemasIsTheSame) {
  const SchemaContent plain = Content("a");
  SchemaContent described = plain;
  described.metadata = SchemaMetadata{{}, {{"owner", "ann"}}, {}};
  SchemaContent ruled = plain;
  ruled.rules = "{}";
  SchemaContent other_type = plain;
  other_type.type = SchemaType::kJson;
  SchemaContent referring = plain;
  referring.references = {Reference("x", "s", 1), Reference("y", "t", 1)};
  SchemaContent reordered = plain;
  reordered.references = {Reference("y", "t", 1), Reference("x", "s", 1)};
  const auto of = [&](const SchemaContent& content) {
    return *DigestsOf(content, "normal", hasher_);
  };
  EXPECT_EQ(of(plain).schema, of(described).schema);
  EXPECT_NE(of(plain).content, of(described).content);
  EXPECT_NE(of(plain).content, of(ruled).content);
  EXPECT_NE(of(plain).schema, of(other_type).schema);
  EXPECT_NE(of(plain).normalised, of(other_type).normalised);
  EXPECT_NE(of(referring).schema, of(reordered).schema);
  EXPECT_EQ(of(referring).normalised, of(reordered).normalised);
  EXPECT_FALSE(DigestsOf(Content("\xff"), "", hasher_).ok());
}

TEST(SchemaContentTest, ReferencesFromOutsideAreBounded) {
  const auto from = [](const char* text) { return ReferencesFrom(Json::parse(text)); };
  EXPECT_THAT(from("[]"), IsOk());
  EXPECT_EQ(from(R"([{"name":"n","subject":"a/b","version":2,"more":1}])")->front(),
            Reference("n", "a/b", 2));
  for (const char* text :
       {"{}", "[1]", R"([{"name":"n","subject":"s"}])",
        R"([{"name":"","subject":"s","version":1}])", R"([{"name":"n","subject":"","version":1}])",
        R"([{"name":"n","subject":"s","version":0}])",
        R"([{"name":"n","subject":"s","version":-1}])",
        R"([{"name":"n","subject":"s","version":2147483648}])",
        R"([{"name":"n","subject":"s","version":1},{"name":"n","subject":"t","version":1}])"})
    EXPECT_THAT(from(text), Fails(StatusCode::kInvalidArgument, Reason::kSCHEMA_INVALID)) << text;
  Json many = Json::array();
  for (std::size_t i = 0; i <= kMostReferences; ++i)
    many.push_back({{"name", std::to_string(i)}, {"subject", "s"}, {"version", 1}});
  EXPECT_THAT(ReferencesFrom(many), Fails(StatusCode::kInvalidArgument, Reason::kSCHEMA_INVALID));
}

TEST(SchemaContentTest, MetadataFromOutsideIsTextsOnly) {
  const auto metadata = MetadataFrom(Json::parse(
      R"({"tags":{"f":["PII","PII"]},"properties":{"owner":"ann"},"sensitive":["owner"],"x":1})"));
  ASSERT_THAT(metadata, IsOk());
  EXPECT_EQ(metadata->tags.at("f"), std::set<std::string>{"PII"});
  EXPECT_EQ(MetadataFrom(ToJson(*metadata)).value(), *metadata);
  EXPECT_EQ(MetadataFrom(Json::parse(R"({"tags":null})")).value(), SchemaMetadata());
  for (const char* text :
       {"[]", R"({"tags":[]})", R"({"tags":{"f":"PII"}})", R"({"tags":{"f":[1]}})",
        R"({"properties":{"a":1}})", R"({"sensitive":{}})"})
    EXPECT_THAT(MetadataFrom(Json::parse(text)),
                Fails(StatusCode::kInvalidArgument, Reason::kSCHEMA_INVALID))
        << text;
}

// --- References ---

class ReferencesTest : public ::testing::Test {
 protected:
  void Have(const std::string& subject, std::string text, std::vector<SchemaReference> references,
            SchemaType type = SchemaType::kAvro) {
    IdentifiedSchema schema;
    schema.content = {type, std::move(text), std::move(references), {}, {}};
    known_[subject] = std::make_shared<const IdentifiedSchema>(schema);
  }
  StatusOr<std::vector<ReferencedSchema>> Resolve(std::vector<SchemaReference> references,
                                                  const ReferenceLimits& limits = {}) {
    const SchemaContent content{SchemaType::kAvro, "top", std::move(references), {}, {}};
    return ResolveReferences(
        content,
        [this](const SchemaReference& r) {
          const auto it = known_.find(r.subject.value());
          return it == known_.end() ? nullptr : it->second;
        },
        limits);
  }
  static std::vector<std::string> Names(const StatusOr<std::vector<ReferencedSchema>>& found) {
    std::vector<std::string> out;
    if (found.ok())
      for (const ReferencedSchema& schema : *found) out.push_back(schema.name + "=" + schema.text);
    return out;
  }
  std::map<std::string, SchemaHandle> known_;
};

TEST_F(ReferencesTest, EachStandsBeforeWhatNamesItAndOnlyOnce) {
  Have("unit", "u", {});
  Have("left", "l", {Reference("unit", "unit", 1)});
  Have("right", "r", {Reference("unit", "unit", 1), Reference("left", "left", 1)});
  EXPECT_THAT(Names(Resolve({Reference("right", "right", 1), Reference("left", "left", 1)})),
              ElementsAre("unit=u", "left=l", "right=r"));
}

TEST_F(ReferencesTest, OfTwoOfOneNameTheFirstStands) {
  Have("old", "o", {});
  Have("new", "n", {});
  Have("user", "u", {Reference("unit", "old", 1)});
  EXPECT_THAT(Names(Resolve({Reference("user", "user", 1), Reference("unit", "new", 1)})),
              ElementsAre("unit=o", "user=u"));
}

TEST_F(ReferencesTest, WhatIsUnknownOfAnotherTypeOrACircleIsRefused) {
  Have("proto", "p", {}, SchemaType::kProtobuf);
  Have("a", "a", {Reference("b", "b", 1)});
  Have("b", "b", {Reference("a", "a", 1)});
  for (const SchemaReference& reference :
       {Reference("x", "nowhere", 1), Reference("p", "proto", 1), Reference("a", "a", 1)})
    EXPECT_THAT(Resolve({reference}), Fails(StatusCode::kInvalidArgument, Reason::kSCHEMA_INVALID));
}

TEST_F(ReferencesTest, TheyAreBoundedInNumberBytesAndDepth) {
  for (int i = 0; i < 40; ++i)
    Have(std::to_string(i), "text",
         i == 0 ? std::vector<SchemaReference>()
                : std::vector{Reference(std::to_string(i - 1), std::to_string(i - 1), 1)});
  const std::vector<SchemaReference> top = {Reference("39", "39", 1)};
  EXPECT_THAT(Resolve(top), Fails(StatusCode::kInvalidArgument, Reason::kSCHEMA_INVALID));
  EXPECT_THAT(Resolve(top, {500, 1000, 40}), IsOk());
  EXPECT_FALSE(Resolve(top, {39, 1000, 40}).ok());
  EXPECT_FALSE(Resolve(top, {500, 100, 40}).ok());
}

TEST(ParsedSchemasTest, AnIdIsParsedOnceWhileItIsRemembered) {
  const testing::FakeSchemaParser parser;
  ParsedSchemas parsed(parser);
  const auto nothing = [](const SchemaReference&) { return SchemaHandle(); };
  IdentifiedSchema schema;
  schema.content = Content("a:int");
  schema.id = SchemaId(1);
  const auto first = parsed.Get(schema, nothing);
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(*parsed.Get(schema, nothing), *first);
  for (std::uint64_t id = 2; id < 9000; ++id) {
    schema.id = SchemaId(id);
    ASSERT_THAT(parsed.Get(schema, nothing), IsOk());
  }
  schema.id = SchemaId(1);
  EXPECT_NE(*parsed.Get(schema, nothing), *first) << "the oldest was forgotten";
}

}  // namespace
}  // namespace muster::registry
