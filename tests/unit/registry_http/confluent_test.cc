// What Confluent's clients ask, and what they have to read.
#include "registry/http/confluent.h"

#include "tests/unit/registry_http/fixture.h"

namespace muster::registry {
namespace {
using ::testing::HasSubstr;
using ::testing::SizeIs;

// --- Registering and finding ---

TEST_F(ConfluentTest, ASchemaIsRegisteredAndFoundByIdVersionAndText) {
  EXPECT_THAT(Register("orders-value", "f:int"), Says(Json{{"id", 1}}));
  EXPECT_THAT(Get("/schemas/ids/1"), Says(Json{{"schema", "f:int"}}));
  const Json version{{"subject", "orders-value"}, {"version", 1}, {"id", 1}, {"schema", "f:int"}};
  EXPECT_THAT(Get("/subjects/orders-value/versions/1"), Says(version));
  EXPECT_THAT(Get("/subjects/orders-value/versions/latest"), Says(version));
  EXPECT_THAT(Get("/subjects/orders-value/versions/-1"), Says(version));
  EXPECT_THAT(Post("/subjects/orders-value", {{"schema", "f:int"}}), Says(version));
  EXPECT_THAT(Get("/subjects"), Says(Json{"orders-value"}));
  EXPECT_THAT(Get("/subjects/orders-value/versions"), Says(Json{1}));
}

TEST_F(ConfluentTest, TextsAreAnsweredAloneWhenTheyAreAskedForAlone) {
  ASSERT_EQ(Register("a", "f:int").status, 200);
  EXPECT_EQ(Get("/schemas/ids/1/schema").text, "f:int");
  EXPECT_EQ(Get("/subjects/a/versions/latest/schema").text, "f:int");
  EXPECT_THAT(Get("/schemas/ids/2/schema"), Errs(40403));
}

TEST_F(ConfluentTest, TypeReferencesMetadataAndRulesAreToldWhereThereAreSome) {
  ASSERT_EQ(Post("/subjects/unit/versions", {{"schema", "u:int"}, {"schemaType", "JSON"}}).status,
            200);
  const Json references{{{"name", "unit"}, {"subject", "unit"}, {"version", 1}}};
  const Json metadata{{"properties", {{"owner", "ann"}}}, {"tags", {{"f", {"PII"}}}}};
  const Json rules{{"domainRules", {{{"name", "r"}, {"expr", "1 < 2"}, {"weight", 0.5}}}}};
  const Json body{{"schema", "f:int &unit"}, {"schemaType", "JSON"}, {"references", references},
                  {"metadata", metadata},    {"ruleSet", rules},     {"unknown", {1, 2}},
                  {"version", nullptr},      {"id", nullptr}};
  ASSERT_THAT(Post("/subjects/top/versions", body), Says(Json{{"id", 2}}));
  EXPECT_THAT(Get("/schemas/ids/2"), Says(Json{{"schema", "f:int &unit"},
                                               {"schemaType", "JSON"},
                                               {"references", references},
                                               {"metadata", metadata},
                                               {"ruleSet", rules}}));
  EXPECT_THAT(Get("/subjects/unit/versions/1/referencedby"), Says(Json{2}));
  EXPECT_THAT(Get("/subjects/top/metadata?key=owner&value=ann").body.value("version", 0),
              ::testing::Eq(1));
  EXPECT_THAT(Get("/subjects/top/metadata?key=owner&value=bob"), Errs(40403));
  EXPECT_THAT(Get("/subjects/top/metadata?key=owner"), Errs(400));
}

TEST_F(ConfluentTest, AClientsNullsAndSmallNumbersMeanNothing) {
  EXPECT_THAT(Post("/subjects/a/versions", {{"schema", "f:int"},
                                            {"schemaType", nullptr},
                                            {"references", nullptr},
                                            {"metadata", nullptr},
                                            {"ruleSet", nullptr},
                                            {"id", -1},
                                            {"version", 0}}),
              Says(Json{{"id", 1}}));
}

TEST_F(ConfluentTest, TheLargestIdIsToldOnDemand) {
  ASSERT_EQ(Register("a", "f:int").status, 200);
  ASSERT_EQ(Register("a", "f:long").status, 200);
  EXPECT_THAT(Get("/schemas/ids/1?fetchMaxId=true"), Says(Json{{"schema", "f:int"}, {"maxId", 2}}));
  EXPECT_THAT(Get("/schemas/ids/1?fetchMaxId=false&subject=a"), Says(Json{{"schema", "f:int"}}));
}

TEST_F(ConfluentTest, SubjectsMayHaveSlashesSpacesAndAnyLetters) {
  for (const char* subject :
       {"line%2F1", "a%20b%2525", "caf%C3%A9", "%E6%97%A5%E6%9C%AC", "x+y", "a?b"}) {
    const std::string escaped = std::string(subject) == "a?b" ? "a%3Fb" : subject;
    ASSERT_EQ(Register(escaped, "f:int").status, 200) << subject;
    EXPECT_THAT(Get("/subjects/" + escaped + "/versions"), Says(Json{1}));
  }
  EXPECT_THAT(
      Get("/subjects"),
      Says(Json({"a b%25", "a?b", "caf\xc3\xa9", "line/1", "x+y", "\xe6\x97\xa5\xe6\x9c\xac"})));
  ASSERT_EQ(Register("%22%5C%22", "f:int").status, 200);
  EXPECT_THAT(Get("/subjects?subjectPrefix=%22"), Says(Json{"\"\\\""}));
  EXPECT_THAT(Get("/subjects/line/1/versions"), Errs(404));
  EXPECT_THAT(Get("/subjects/line%2f1/versions/latest").body.value("subject", ""),
              ::testing::Eq("line/1"));
  EXPECT_THAT(Get("/subjects?subjectPrefix=line%2F"), Says(Json{"line/1"}));
  EXPECT_THAT(Get("/subjects?subjectPrefix=a+b"), Says(Json{"a b%25"}));
  EXPECT_THAT(Get("/subjects?subjectPrefix=:*:x"), Says(Json{"x+y"}));
  EXPECT_THAT(Delete("/subjects/line%2F1"), Says(Json{1}));
}

TEST_F(ConfluentTest, ListsArePaged) {
  for (const char* subject : {"a", "b", "c"}) ASSERT_EQ(Register(subject, "f:int").status, 200);
  ASSERT_EQ(Register("c", "f:long").status, 200);
  EXPECT_THAT(Get("/subjects?offset=1&limit=1"), Says(Json{"b"}));
  EXPECT_THAT(Get("/subjects?offset=9&limit=-1"), Says(Json::array()));
  EXPECT_THAT(Get("/subjects/c/versions?offset=1"), Says(Json{2}));
  EXPECT_THAT(Get("/schemas/ids/1/subjects?limit=2"), Says(Json({"a", "b"})));
  EXPECT_THAT(Get("/schemas/ids/1/subjects?subject=c"), Says(Json{"c"}));
  EXPECT_THAT(Get("/schemas/ids/2/versions"),
              Says(Json::array({{{"subject", "c"}, {"version", 2}}})));
  EXPECT_THAT(Get("/schemas?latestOnly=true&offset=2").body, SizeIs(1));
  EXPECT_THAT(Get("/schemas?latestOnly=true&subjectPrefix=c").body.at(0).value("version", 0),
              ::testing::Eq(2));
  EXPECT_THAT(Get("/schemas?limit=0"), Says(Json::array()));
  EXPECT_THAT(Get("/subjects?offset=x"), Errs(400));
}

TEST_F(ConfluentTest, NormalisationIsAParameterAndASetting) {
  EXPECT_THAT(Post("/subjects/a/versions?normalize=true", {{"schema", "g:int f:int"}}),
              Says(Json{{"id", 1}}));
  EXPECT_THAT(Get("/schemas/ids/1"), Says(Json{{"schema", "f:int g:int"}}));
  EXPECT_THAT(Post("/subjects/a", {{"schema", "g:int f:int"}}), Errs(40403));
  EXPECT_EQ(Post("/subjects/a?normalize=TRUE", {{"schema", "g:int f:int"}}).status, 200);
  EXPECT_THAT(Put("/config/a", {{"normalize", true}}), Says(Json{{"normalize", true}}));
  EXPECT_EQ(Post("/subjects/a", {{"schema", "g:int f:int"}}).status, 200);
}

// --- Deleting ---

TEST_F(ConfluentTest, VersionsAndSubjectsAreDeletedAndThenErased) {
  for (const char* text : {"f:int", "f:long", "f:double"})
    ASSERT_EQ(Register("a", text).status, 200);
  EXPECT_THAT(Delete("/subjects/a/versions/2?permanent=true"), Errs(40407));
  EXPECT_THAT(Delete("/subjects/a/versions/2"), Says(2));
  EXPECT_THAT(Delete("/subjects/a/versions/2"), Errs(40406));
  EXPECT_THAT(Get("/subjects/a/versions/2"), Errs(40402));
  EXPECT_THAT(Get("/subjects/a/versions/2?deleted=true").body.value("deleted", false),
              ::testing::Eq(true));
  EXPECT_THAT(Get("/subjects/a/versions?deleted=true"), Says(Json({1, 2, 3})));
  EXPECT_THAT(Get("/subjects/a/versions?deletedOnly=true"), Says(Json{2}));
  EXPECT_THAT(Post("/subjects/a", {{"schema", "f:long"}}), Errs(40403));
  EXPECT_EQ(Post("/subjects/a?deleted=true", {{"schema", "f:long"}}).status, 200);
  EXPECT_EQ(Post("/subjects/a?lookupDeletedSchema=true", {{"schema", "f:long"}}).status, 200);
  EXPECT_THAT(Delete("/subjects/a/versions/2?permanent=true"), Says(2));
  EXPECT_THAT(Delete("/subjects/a/versions/2?permanent=true"), Errs(40402));
  EXPECT_THAT(Delete("/subjects/a?permanent=true"), Errs(40405));
  EXPECT_THAT(Delete("/subjects/a"), Says(Json({1, 3})));
  EXPECT_THAT(Delete("/subjects/a"), Errs(40404));
  EXPECT_THAT(Get("/subjects"), Says(Json::array()));
  EXPECT_THAT(Get("/subjects?deleted=true"), Says(Json{"a"}));
  EXPECT_THAT(Get("/schemas/ids/1"), Says(Json{{"schema", "f:int"}}));
  EXPECT_THAT(Delete("/subjects/a?permanent=true"), Says(Json({1, 3})));
  EXPECT_THAT(Delete("/subjects/a?permanent=true"), Errs(40401));
  EXPECT_THAT(Get("/schemas/ids/1"), Errs(40403));
  EXPECT_THAT(Register("a", "f:int"), Says(Json{{"id", 4}}));
}

TEST_F(ConfluentTest, AReferencedVersionIsNotDeleted) {
  ASSERT_EQ(Register("unit", "u:int").status, 200);
  ASSERT_EQ(Post("/subjects/top/versions",
                 {{"schema", "&unit"},
                  {"references", {{{"name", "unit"}, {"subject", "unit"}, {"version", 1}}}}})
                .status,
            200);
  EXPECT_THAT(Delete("/subjects/unit/versions/1"), Errs(42206));
  EXPECT_THAT(Delete("/subjects/unit"), Errs(42206));
}

// --- Compatibility ---

TEST_F(ConfluentTest, CompatibilityIsAnsweredWithReasonsWhenTheyAreAskedFor) {
  const Json fits{{"schema", "f:long"}};
  const Json breaks{{"schema", "f:int g:int h:int"}};
  EXPECT_THAT(Post("/compatibility/subjects/a/versions/latest", fits),
              Says(Json{{"is_compatible", true}}));
  EXPECT_THAT(Post("/compatibility/subjects/a/versions/1", fits), Errs(40401));
  ASSERT_EQ(Register("a", "f:int").status, 200);
  EXPECT_THAT(Post("/compatibility/subjects/a/versions/1", fits),
              Says(Json{{"is_compatible", true}}));
  EXPECT_THAT(Post("/compatibility/subjects/a/versions", breaks),
              Says(Json{{"is_compatible", false}}));
  const Answer verbose = Post("/compatibility/subjects/a/versions/latest?verbose=true", breaks);
  EXPECT_FALSE(verbose.body.at("is_compatible").get<bool>());
  ASSERT_THAT(verbose.body.at("messages"), SizeIs(2));
  EXPECT_THAT(verbose.body.at("messages").at(1).get<std::string>(), HasSubstr("'/h'"));
  EXPECT_THAT(Post("/compatibility/subjects/a/versions?verbose=true", fits),
              Says(Json{{"is_compatible", true}, {"messages", Json::array()}}));
  EXPECT_THAT(Post("/compatibility/subjects/a/versions/2", fits), Errs(40402));
  EXPECT_THAT(Post("/compatibility/subjects/a/versions/earliest", fits), Errs(42202));
  EXPECT_THAT(Post("/compatibility/subjects/a/versions/1", {{"schema", "f"}}), Errs(42201));
  const Answer invalid = Post("/compatibility/subjects/a/versions?verbose=true", {{"schema", "f"}});
  EXPECT_EQ(invalid.status, 200);
  EXPECT_THAT(invalid.body.at("messages").at(0).get<std::string>(), HasSubstr("Invalid schema"));
}

TEST_F(ConfluentTest, AnIncompatibleSchemaIsAConflictThatSaysWhy) {
  ASSERT_EQ(Register("a", "f:int").status, 200);
  const Answer refused = Register("a", "f:int g:int");
  EXPECT_THAT(refused, Errs(40901));
  EXPECT_THAT(refused.body.at("message").get<std::string>(),
              HasSubstr("version 1, backward: FIELD_WITHOUT_DEFAULT at '/g'"));
}

// --- Settings and modes ---

TEST_F(ConfluentTest, LevelsAreSetReadAndReset) {
  EXPECT_THAT(Get("/config"), Says(Json{{"compatibilityLevel", "BACKWARD"}}));
  EXPECT_THAT(Get("/config/a"), Errs(40408));
  EXPECT_THAT(Get("/config/a?defaultToGlobal=true"),
              Says(Json{{"compatibilityLevel", "BACKWARD"}}));
  EXPECT_THAT(Put("/config/a", {{"compatibility", "full"}}), Says(Json{{"compatibility", "full"}}));
  EXPECT_THAT(Get("/config/a"), Says(Json{{"compatibilityLevel", "FULL"}}));
  EXPECT_THAT(Put("/config", {{"compatibility", "NONE"}, {"normalize", true}}),
              Says(Json{{"compatibility", "NONE"}, {"normalize", true}}));
  EXPECT_THAT(Get("/config/a?defaultToGlobal=true"),
              Says(Json{{"compatibilityLevel", "FULL"}, {"normalize", true}}));
  EXPECT_THAT(Put("/config/a", {{"compatibility", nullptr}, {"compatibilityGroup", "major"}}),
              Says(Json{{"compatibility", nullptr}, {"compatibilityGroup", "major"}}));
  EXPECT_THAT(Get("/config/a"), Says(Json{{"compatibilityGroup", "major"}}));
  EXPECT_THAT(Delete("/config/a"), Says(Json{{"compatibilityGroup", "major"}}));
  EXPECT_THAT(Delete("/config/a"), Errs(40401));
  EXPECT_THAT(Delete("/config"), Says(Json{{"compatibilityLevel", "NONE"}, {"normalize", true}}));
  EXPECT_THAT(Get("/config"), Says(Json{{"compatibilityLevel", "BACKWARD"}}));
  EXPECT_THAT(Put("/config", {{"compatibility", "SOME"}}), Errs(42203));
  EXPECT_THAT(Put("/config/a", {{"compatibility", 1}}), Errs(42203));
}

TEST_F(ConfluentTest, SettingsThatAreNotKeptAreNotPromised) {
  for (const char* key : {"alias", "defaultMetadata", "overrideMetadata", "defaultRuleSet",
                          "overrideRuleSet", "validateFields", "validateNames"})
    EXPECT_THAT(Put("/config/a", {{key, {{"x", 1}}}}), Errs(422)) << key;
  EXPECT_THAT(Put("/config/a", {{"compatibilityPolicy", "LENIENT"}}), Errs(422));
  EXPECT_EQ(Put("/config/a", {{"compatibilityPolicy", "STRICT"}, {"alias", nullptr}}).status, 200);
  EXPECT_THAT(Put("/config/a", {{"normalize", "yes"}}), Errs(422));
  EXPECT_THAT(Put("/config/a", {{"compatibilityGroup", ""}}), Errs(422));
}

TEST_F(ConfluentTest, ModesAreSetReadAndReset) {
  EXPECT_THAT(Get("/mode"), Says(Json{{"mode", "READWRITE"}}));
  EXPECT_THAT(Get("/mode/a"), Errs(40409));
  EXPECT_THAT(Get("/mode/a?defaultToGlobal=true"), Says(Json{{"mode", "READWRITE"}}));
  EXPECT_THAT(Put("/mode", {{"mode", "READONLY"}}), Says(Json{{"mode", "READONLY"}}));
  EXPECT_THAT(Register("a", "f:int"), Errs(42205));
  EXPECT_THAT(Put("/mode/a", {{"mode", "READWRITE"}}), Says(Json{{"mode", "READWRITE"}}));
  EXPECT_THAT(Register("a", "f:int"), Says(Json{{"id", 1}}));
  EXPECT_THAT(Delete("/mode/a"), Says(Json{{"mode", "READWRITE"}}));
  EXPECT_THAT(Delete("/mode/a"), Errs(40401));
  EXPECT_THAT(Delete("/mode"), Says(Json{{"mode", "READONLY"}}));
  EXPECT_THAT(Put("/mode", {{"mode", "READONLY_OVERRIDE"}}).status, ::testing::Eq(200));
  EXPECT_THAT(Put("/mode", {{"mode", nullptr}}), Says(Json{{"mode", nullptr}}));
  EXPECT_THAT(Get("/mode"), Says(Json{{"mode", "READWRITE"}}));
  EXPECT_THAT(Put("/mode", {{"mode", "FORWARD"}}), Errs(42204));
  EXPECT_THAT(Put("/mode/a", {{"mode", 5}}), Errs(42204));
}

TEST_F(ConfluentTest, SchemasAreImportedWithTheirIdsAndNumbers) {
  const Json body{{"schema", "f:int"}, {"id", 100}, {"version", 7}};
  EXPECT_THAT(Post("/subjects/a/versions", body), Errs(42205));
  ASSERT_EQ(Register("b", "g:int").status, 200);
  EXPECT_THAT(Put("/mode", {{"mode", "IMPORT"}}), Errs(42205));
  ASSERT_EQ(Put("/mode?force=true", {{"mode", "IMPORT"}}).status, 200);
  EXPECT_THAT(Post("/subjects/a/versions", body), Says(Json{{"id", 100}}));
  EXPECT_THAT(Get("/subjects/a/versions"), Says(Json{7}));
  EXPECT_THAT(Post("/subjects/a/versions", {{"schema", "h:int"}}), Errs(42205));
  EXPECT_THAT(Post("/subjects/a/versions", {{"schema", "h:int"}, {"id", 100}}), Errs(42205));
  ASSERT_EQ(Delete("/mode").status, 200);
  EXPECT_THAT(Post("/subjects/a/versions", {{"schema", "f:int"}, {"id", 5}}), Errs(42207));
  EXPECT_THAT(Post("/subjects/a/versions", {{"schema", "f:long"}, {"version", 99}}), Errs(42201));
  EXPECT_THAT(Post("/subjects/a/versions", {{"schema", "f:long"}, {"version", 8}}),
              Says(Json{{"id", 101}}));
}

// --- About the registry ---

TEST_F(ConfluentTest, TheRegistrySaysWhatItIs) {
  EXPECT_THAT(Get("/"), Says(Json::object()));
  EXPECT_THAT(Post("/", Json::object()), Says(Json::object()));
  EXPECT_THAT(Get("/schemas/types"), Says(Json({"JSON", "PROTOBUF", "AVRO"})));
  EXPECT_THAT(Get("/contexts"), Says(Json{":.:"}));
  EXPECT_THAT(Get("/v1/metadata/version"), Says(Json{{"version", "0.1.0"}, {"commitId", ""}}));
  EXPECT_THAT(Get("/v1/metadata/id").body.at("scope").at("clusters").value("kafka-cluster", ""),
              ::testing::Eq("muster"));
}

TEST_F(ConfluentTest, BesideOtherPagesItTakesItsOwnPathsAlone) {
  handler_ = WithConfluent(
      [](const platform::HttpRequest&) { return platform::HttpReply{.body = "other"}; }, schemas_,
      {[this](const platform::HttpRequest&) { return caller_; }}, log_);
  for (const char* path : {"/subjects", "/subjects/a%2Fb/versions", "/schemas/types", "/config",
                           "/mode/a", "/contexts", "/v1/metadata/id", "/compatibility/x"})
    EXPECT_NE(Send(Request("GET", path)).body, "other") << path;
  for (const char* path : {"/", "/metrics", "/subjectsx", "/v2", "/configuration"})
    EXPECT_EQ(Send(Request("GET", path)).body, "other") << path;
  platform::HttpRequest root = Request("GET", "/");
  root.headers = {{"accept", "application/vnd.schemaregistry.v1+json"}};
  EXPECT_EQ(Send(root).body, "{}");
}

}  // namespace
}  // namespace muster::registry
