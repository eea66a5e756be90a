#include "fake_muster.h"

namespace muster::cli {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
constexpr char kText[] = R"({"type":"record","name":"Order","fields":[]})";

class SchemaCommands : public MusterTest {
 protected:
  SchemaCommands() {
    v1::RegisterSchemaReply& made = services_.registration.emplace();
    made.mutable_version()->set_subject("orders-value");
    made.mutable_version()->set_version(3);
    made.mutable_version()->set_schema_id(17);
    made.set_created(true);
    file_ = Write("orders.avsc", kText);
  }
  v1::CheckSchemaReply& Check(bool compatible) {
    v1::CheckSchemaReply& reply = services_.check.emplace();
    reply.set_level(v1::SchemaSettings::FULL);
    reply.set_compatible(compatible);
    return reply;
  }
  static void Add(v1::SchemaDifference& d, std::uint64_t version, bool backward, const char* code,
                  const char* path, const char* detail, bool compatible = false) {
    d.set_version(version);
    d.set_backward(backward);
    d.set_compatible(compatible);
    d.set_code(code);
    d.set_path(path);
    d.set_detail(detail);
  }
  std::string file_;
};

TEST_F(SchemaCommands, RegisterSendsTheTextAsItIs) {
  ASSERT_EQ(Run({"schema", "register", "orders-value", file_}), 0) << err();
  EXPECT_EQ(out(), "orders-value has a new version 3, schema id 17\n");
  EXPECT_EQ(services_.registered.subject(), "orders-value");
  EXPECT_EQ(services_.registered.schema().type(), v1::Schema::AVRO);
  EXPECT_EQ(services_.registered.schema().text(), kText);
  EXPECT_FALSE(services_.registered.schema().has_metadata()) << "that of the newest version stays";
  services_.registration->set_created(false);
  ASSERT_EQ(Run({"schema", "register", "orders-value", file_}), 0);
  EXPECT_EQ(out(), "orders-value has it already: version 3, schema id 17\n");
}

TEST_F(SchemaCommands, OptionsSayWhatBelongsToASchema) {
  const std::string proto = Write("order.proto", "syntax = \"proto3\";");
  ASSERT_EQ(Run({"schema", "register", "o", proto, "--reference", "common.proto=a@b=c@3",
                 "--property", "owner=line 3", "--normalise", "--as-version", "7", "--as-id", "9"}),
            0)
      << err();
  const v1::Schema& schema = services_.registered.schema();
  EXPECT_EQ(schema.type(), v1::Schema::PROTOBUF);
  ASSERT_EQ(schema.references_size(), 1);
  EXPECT_EQ(schema.references(0).name(), "common.proto=a@b");
  EXPECT_EQ(schema.references(0).subject(), "c");
  EXPECT_EQ(schema.references(0).version(), 3u);
  EXPECT_EQ(schema.metadata().properties().at("owner"), "line 3");
  EXPECT_TRUE(services_.registered.normalise());
  EXPECT_EQ(services_.registered.version(), 7u);
  EXPECT_EQ(services_.registered.schema_id(), 9u);
  world_.read_stdin = [](std::size_t) -> StatusOr<std::string> { return std::string("{}"); };
  ASSERT_EQ(Run({"schema", "register", "o", "-", "--type", "json"}), 0) << err();
  EXPECT_EQ(services_.registered.schema().type(), v1::Schema::JSON);
}

TEST_F(SchemaCommands, WhatIsWrongWithAFileOrAnOptionIsSaidWithTheRemedy) {
  const std::string odd = Write("order.txt", kText);
  EXPECT_EQ(Run({"schema", "register", "o", odd}), 1);
  EXPECT_THAT(err(), HasSubstr("--type avro|json|protobuf says it"));
  EXPECT_EQ(Run({"schema", "register", "o", dir_ / "none.avsc"}), 1);
  EXPECT_THAT(err(), HasSubstr("none.avsc: No such file"));
  EXPECT_EQ(Run({"schema", "register", "o", file_, "--reference", "x=y"}), 1);
  EXPECT_THAT(err(), HasSubstr("is not NAME=SUBJECT@VERSION, as in"));
  EXPECT_EQ(Run({"schema", "register", "o", file_, "--property", "x"}), 1);
  EXPECT_EQ(Run({"schema", "register", "o", Write("big.avsc", std::string((1 << 20) + 1, ' '))}),
            1);
  EXPECT_THAT(err(), HasSubstr("more than a schema's 1.0 MiB"));
  EXPECT_EQ(Run({"schema", "register", "o"}), 2);
  services_.registration =
      WithReason(InvalidArgument("schema: line 1: no name"), Reason::kSCHEMA_INVALID);
  EXPECT_EQ(Run({"schema", "register", "o", file_}), 1);
  EXPECT_THAT(err(), HasSubstr("orders.avsc: schema: line 1: no name (SCHEMA_INVALID)"));
}

TEST_F(SchemaCommands, ARefusedRegistrationShowsEveryDifference) {
  services_.registration =
      WithReason(FailedPrecondition("version 1, …; and 11 more"), Reason::kSCHEMA_INCOMPATIBLE);
  Add(*Check(false).add_differences(), 1, true, "TYPE_MISMATCH", "/fields/0/type", "was long");
  EXPECT_EQ(Run({"schema", "register", "orders-value", file_}), 1);
  EXPECT_THAT(err(), HasSubstr("1        backward  TYPE_MISMATCH  /fields/0/type  was long\n"));
  EXPECT_THAT(err(), HasSubstr("(SCHEMA_INCOMPATIBLE)"));
  EXPECT_THAT(out(), IsEmpty());
  EXPECT_EQ(services_.checked.schema().text(), kText);
}

TEST_F(SchemaCommands, CheckSaysWhatBreaksAndEndsWithOne) {
  Check(true).set_existing(2);
  ASSERT_EQ(
      Run({"schema", "check", "orders-value", file_, "--level", "full", "--against", "latest"}), 0)
      << err();
  EXPECT_EQ(out(),
            "orders-value has it already: version 2\norders-value takes it: nothing breaks FULL\n");
  EXPECT_EQ(services_.checked.level(), v1::SchemaSettings::FULL);
  EXPECT_TRUE(services_.checked.has_version());
  EXPECT_EQ(services_.checked.version(), 0u);
  v1::CheckSchemaReply& reply = Check(false);
  Add(*reply.add_differences(), 2, true, "A", "/a", "x");
  Add(*reply.add_differences(), 2, false, "B", "/b", "y");
  EXPECT_EQ(Run({"schema", "check", "orders-value", file_}), 1);
  EXPECT_FALSE(services_.checked.has_version());
  EXPECT_EQ(out(),
            "VERSION  BREAKS    CODE  PATH  DETAIL\n"
            "2        backward  A     /a    x\n"
            "2        forward   B     /b    y\n"
            "orders-value refuses it: 2 differences under FULL (SCHEMA_INCOMPATIBLE)\n");
  EXPECT_EQ(Run({"schema", "check", "orders-value", file_, "-o", "json"}), 1);
  EXPECT_THAT(out(), HasSubstr("\"path\": \"/b\""));
  EXPECT_EQ(Run({"schema", "check", "orders-value", file_, "--level", "SIDEWARDS"}), 2);
  EXPECT_EQ(Run({"schema", "check", "orders-value", file_, "--against", "first"}), 1);
  EXPECT_THAT(err(), HasSubstr("a number from 1 on, or latest"));
}

TEST_F(SchemaCommands, DiffTakesVersionsAndFiles) {
  v1::DiffSchemasReply& reply = services_.diff;
  reply.set_version(1);
  reply.set_backward(true);
  Add(*reply.add_differences(), 1, false, "REMOVED", "/a", "old readers miss it");
  Add(*reply.add_differences(), 1, true, "ADDED", "/b", "with a default", true);
  Add(*reply.add_differences(), 1, false, "GONE", "/b", "the same change", true);
  ASSERT_EQ(Run({"schema", "diff", "orders-value", "1", file_}), 0) << err();
  EXPECT_EQ(services_.diffed.version(), 1u);
  EXPECT_EQ(services_.diffed.to().text(), kText);
  EXPECT_EQ(out(),
            "EFFECT          CODE     PATH  DETAIL\n"
            "breaks forward  REMOVED  /a    old readers miss it\n"
            "compatible      ADDED    /b    with a default\n"
            "backward compatible: a reader of the file reads what version 1 wrote\n"
            "forward broken: a reader of version 1 cannot read all of what the file writes\n");
  ASSERT_EQ(Run({"schema", "diff", "a", "latest", "3", "--to-subject", "b"}), 0) << err();
  EXPECT_EQ(services_.diffed.version(), 0u);
  EXPECT_EQ(services_.diffed.to_subject(), "b");
  EXPECT_EQ(services_.diffed.to_version(), 3u);
  EXPECT_FALSE(services_.diffed.has_to());
  EXPECT_EQ(Run({"schema", "diff", "a", "0", "3"}), 1);
}

TEST_F(SchemaCommands, ListsPageByPage) {
  v1::ListSchemasReply& first = services_.schemas_listed.emplace_back();
  v1::SchemaVersion& schema = *first.add_schemas();
  schema.set_subject("orders\x1b[31m");
  schema.set_version(2);
  schema.set_schema_id(17);
  schema.mutable_schema()->set_type(v1::Schema::AVRO);
  schema.set_created_by("operator/ann");
  first.set_next_offset(1);
  *services_.schemas_listed.emplace_back().add_schemas() = schema;
  ASSERT_EQ(Run({"schema", "list", "--prefix", "ord"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("SUBJECT"));
  EXPECT_THAT(out(), HasSubstr("17  AVRO"));
  EXPECT_THAT(out(), Not(HasSubstr("\x1b")));
  ASSERT_EQ(services_.schema_lists.size(), 2u);
  EXPECT_EQ(services_.schema_lists[0].prefix(), "ord");
  EXPECT_EQ(services_.schema_lists[1].offset(), 1u);
  EXPECT_EQ(Run({"schema", "list", "orders", "--prefix", "o"}), 1);
}

TEST_F(SchemaCommands, GetPrintsTheTextForAFileAndNothingElse) {
  services_.schema.mutable_schema()->set_text("{\n \"a\": \"\x1b[31m\"}");
  ASSERT_EQ(Run({"schema", "get", "orders-value", "3"}), 0) << err();
  EXPECT_EQ(out(), "{\n \"a\": \"\x1b[31m\"}\n");
  EXPECT_EQ(services_.schema_asked.version(), 3u);
  screen_.terminal = true;
  ASSERT_EQ(Run({"schema", "get", "--id", "17"}), 0) << err();
  EXPECT_EQ(services_.schema_asked.schema_id(), 17u);
  EXPECT_THAT(out(), Not(HasSubstr("\x1b")));
  EXPECT_THAT(out(), HasSubstr("{\n"));
  EXPECT_EQ(Run({"schema", "get"}), 1);
  EXPECT_EQ(Run({"schema", "get", "x", "--id", "1"}), 1);
  EXPECT_THAT(err(), HasSubstr("name either a subject"));
}

TEST_F(SchemaCommands, DeletingSaysHowToErase) {
  ASSERT_EQ(Run({"schema", "delete", "orders-value"}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("orders-value: deleted versions 1, 2\n"));
  EXPECT_THAT(out(), HasSubstr("--permanent erases them"));
  EXPECT_FALSE(services_.schemas_deleted.has_version());
  ASSERT_EQ(Run({"schema", "delete", "orders-value", "latest", "--permanent"}), 0) << err();
  EXPECT_TRUE(services_.schemas_deleted.has_version());
  EXPECT_TRUE(services_.schemas_deleted.permanent());
  EXPECT_EQ(out(), "orders-value: erased versions 1, 2\n");
}

TEST_F(SchemaCommands, SettingsAreShownAndChanged) {
  v1::SchemaSettings& settings = services_.settings;
  settings.set_subject("orders-value");
  settings.set_level(v1::SchemaSettings::FULL);
  settings.set_mode(v1::SchemaSettings::READWRITE);
  settings.add_own("level");
  ASSERT_EQ(Run({"schema", "config", "orders-value"}), 0) << err();
  EXPECT_EQ(services_.settings_asked.subject(), "orders-value");
  EXPECT_THAT(out(), HasSubstr("FULL\n"));
  EXPECT_THAT(out(), HasSubstr("READWRITE (the registry's)\n"));
  EXPECT_EQ(services_.configured.subject(), "") << "nothing was changed";
  ASSERT_EQ(Run({"schema", "config", "orders-value", "--level", "full_transitive", "--normalise",
                 "true", "--group", "line"}),
            0)
      << err();
  EXPECT_EQ(services_.configured.level(), v1::SchemaSettings::FULL_TRANSITIVE);
  EXPECT_TRUE(services_.configured.normalise());
  EXPECT_EQ(services_.configured.group(), "line");
  ASSERT_EQ(Run({"schema", "config", "--reset"}), 0) << err();
  EXPECT_TRUE(services_.configured.reset());
  EXPECT_FALSE(services_.configured.has_group());
  ASSERT_EQ(Run({"schema", "mode", "orders-value", "--set", "import", "--force"}), 0) << err();
  EXPECT_EQ(services_.mode_set.mode(), v1::SchemaSettings::IMPORT);
  EXPECT_TRUE(services_.mode_set.force());
  ASSERT_EQ(Run({"schema", "mode", "--reset"}), 0) << err();
  EXPECT_EQ(services_.mode_set.mode(), v1::SchemaSettings::MODE_UNSPECIFIED);
  EXPECT_EQ(Run({"schema", "mode", "--reset", "--set", "IMPORT"}), 1);
}

TEST_F(SchemaCommands, HelpTeachesByExamples) {
  for (const char* command :
       {"list", "get", "register", "check", "diff", "delete", "config", "mode"}) {
    ASSERT_EQ(Run({"schema", command, "--help"}), 0);
    EXPECT_THAT(out(), HasSubstr(fmt::format("  muster schema {}", command)));
  }
  EXPECT_EQ(Run({"schema"}), 2);
}

}  // namespace
}  // namespace muster::cli
