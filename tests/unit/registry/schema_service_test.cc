// The schema service over an in-process channel, as operators see it.
#include "registry/rpc/schema_service.h"

#include <gmock/gmock.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include "platform/sha256.h"
#include "platform/system_clock.h"
#include "platform/thread_pool.h"
#include "registry/rpc/convert_schema.h"
#include "rpc/channel.h"
#include "rpc/chunk_server_stream.h"
#include "tests/support/fake_schemas.h"
#include "tests/support/memory_journal.h"
#include "tests/support/status_matchers.h"

namespace muster::registry {
namespace {
using absl::StatusCode;
using muster::testing::Fails;
using muster::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Stub = v1::SchemaService::Stub;
using Settings = v1::SchemaSettings;

// Without certificates, callers name themselves.
StatusOr<Caller> ByMetadata(const grpc::ServerContextBase& context) {
  MUSTER_ASSIGN(const std::string text, rpc::MetadataText(context, "x-caller"));
  if (text.starts_with("operator/")) return Caller::Operator(text.substr(9));
  return Caller::Device(DeviceId(text));
}

class SchemaServices : public ::testing::Test {
 protected:
  SchemaServices() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = v1::SchemaService::NewStub(server_->InProcessChannel({}));
  }
  ~SchemaServices() override {
    server_->Shutdown();
    server_->Wait();
    pool_.Stop(std::chrono::seconds(5));
  }
  template <typename Request, typename Reply>
  StatusOr<Reply> Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Reply*),
                       const std::type_identity_t<Request>& request,
                       const std::string& caller = "operator/ann") {
    grpc::ClientContext context;
    context.AddMetadata("x-caller", caller);
    rpc::SetTimeout(context, std::chrono::seconds(30));  // Only a hanging test meets it.
    return rpc::Call(*stub_, method, request, context);
  }
  static v1::Schema Avro(const std::string& text) {
    v1::Schema out;
    out.set_type(v1::Schema::AVRO);
    out.set_text(text);
    return out;
  }
  static v1::RegisterSchemaRequest Registering(const std::string& subject,
                                               const std::string& text) {
    v1::RegisterSchemaRequest request;
    request.set_subject(subject);
    *request.mutable_schema() = Avro(text);
    return request;
  }
  StatusOr<v1::RegisterSchemaReply> Register(const std::string& subject, const std::string& text) {
    return Call(&Stub::RegisterSchema, Registering(subject, text));
  }
  StatusOr<v1::ListSchemasReply> List(const std::string& subject, std::uint64_t offset = 0,
                                      std::uint32_t page = 0) {
    v1::ListSchemasRequest request;
    request.set_subject(subject);
    request.set_offset(offset);
    request.set_page_size(page);
    return Call(&Stub::ListSchemas, request);
  }
  static std::vector<std::string> Names(const v1::ListSchemasReply& reply) {
    std::vector<std::string> out;
    for (const auto& s : reply.schemas())
      out.push_back(fmt::format("{}@{}", s.subject(), s.version()));
    return out;
  }
  StatusOr<Settings> Configure(const std::string& subject, Settings::Level level,
                               bool reset = false) {
    v1::ConfigureSchemasRequest request;
    request.set_subject(subject);
    request.set_level(level);
    request.set_reset(reset);
    return Call(&Stub::ConfigureSchemas, request);
  }
  StatusOr<v1::DeleteSchemasReply> Delete(const std::string& subject, bool permanent = false) {
    v1::DeleteSchemasRequest request;
    request.set_subject(subject);
    request.set_permanent(permanent);
    return Call(&Stub::DeleteSchemas, request);
  }
  std::vector<std::string> FactsBy(const std::string& who) {
    std::vector<std::string> out;
    EXPECT_THAT(journal_.Replay("", false,
                                [&](const JournalRow& row) {
                                  const Json fact = *ParseJson(row.fact);
                                  if (fact.at("by") == who)
                                    out.push_back(fact.at("type").get<std::string>());
                                  return Ok();
                                }),
                IsOk());
    return out;
  }

  platform::SystemClock clock_;
  NullLogger log_;
  platform::ThreadPool pool_{clock_, log_, {}};
  muster::testing::MemoryJournal journal_;
  const muster::testing::FakeSchemaParser parser_{};
  const platform::OpenSslHasher hasher_{};
  Schemas schemas_{journal_, parser_, hasher_, clock_, log_};
  rpc::Border border_{pool_, log_, {ByMetadata, {}, 64}};
  SchemaService service_{schemas_, border_};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Stub> stub_;
};

TEST_F(SchemaServices, ASchemaComesBackAsItWasRegisteredWithWhoDidIt) {
  ASSERT_THAT(Register("common", "x:int"), IsOk());
  auto request = Registering("orders", "a:int &c");
  v1::Schema& schema = *request.mutable_schema();
  v1::SchemaReference& reference = *schema.add_references();
  reference.set_name("c");
  reference.set_subject("common");
  reference.set_version(1);
  (*schema.mutable_metadata()->mutable_properties())["owner"] = "line 3";
  (*schema.mutable_metadata()->mutable_tags())["a"].add_names("PII");
  schema.set_rule_set(R"({"domainRules":[]})");
  const auto made = Call(&Stub::RegisterSchema, request, "operator/bob");
  ASSERT_THAT(made, IsOk());
  EXPECT_TRUE(made->created());
  EXPECT_EQ(made->version().version(), 1u);
  EXPECT_EQ(made->version().schema_id(), 2u);
  EXPECT_EQ(made->version().created_by(), "operator/bob");
  EXPECT_GT(made->version().created_unix_ms(), 0);
  EXPECT_EQ(made->version().schema().SerializeAsString(), schema.SerializeAsString());
  EXPECT_FALSE(Call(&Stub::RegisterSchema, request)->created());

  v1::GetSchemaRequest by_id;
  by_id.set_schema_id(2);
  const auto found = Call(&Stub::GetSchema, by_id);
  ASSERT_THAT(found, IsOk());
  EXPECT_EQ(found->SerializeAsString(), made->version().SerializeAsString());
  by_id.set_subject("orders");
  EXPECT_THAT(Call(&Stub::GetSchema, by_id).status(),
              Fails(StatusCode::kInvalidArgument, Reason::kFIELD_INVALID));
  EXPECT_THAT(FactsBy("operator/bob"), ElementsAre("SchemaIdAssigned", "SubjectVersionRegistered"));
}

TEST_F(SchemaServices, ListsTheNewestOfEachSubjectOrAllOfOnePageByPage) {
  for (const char* text : {"a:int", "a:int b:int=", "a:int b:int= c:int="})
    ASSERT_THAT(Register("orders", text), IsOk());
  ASSERT_THAT(Register("bills", "a:int"), IsOk());
  EXPECT_THAT(Names(*List("")), ElementsAre("bills@1", "orders@3"));
  EXPECT_THAT(Names(*List("orders")), ElementsAre("orders@1", "orders@2", "orders@3"));
  const auto first = List("orders", 0, 2);
  EXPECT_THAT(Names(*first), ElementsAre("orders@1", "orders@2"));
  EXPECT_EQ(first->next_offset(), 2u);
  EXPECT_EQ(first->schemas(0).schema().text(), "") << "texts are asked for one by one";
  const auto last = List("orders", 2, 2);
  EXPECT_THAT(Names(*last), ElementsAre("orders@3"));
  EXPECT_EQ(last->next_offset(), 0u);
  EXPECT_THAT(List("nobody").status(), Fails(StatusCode::kNotFound, Reason::kSUBJECT_NOT_FOUND));
}

TEST_F(SchemaServices, ACheckTellsEveryDifferenceAndChangesNothing) {
  ASSERT_THAT(Register("orders", "a:int b:int"), IsOk());
  v1::CheckSchemaRequest request;
  request.set_subject("orders");
  *request.mutable_schema() = Avro("a:text b:text c:int");
  const auto broken = Call(&Stub::CheckSchema, request);
  ASSERT_THAT(broken, IsOk());
  EXPECT_FALSE(broken->compatible());
  EXPECT_EQ(broken->level(), Settings::BACKWARD);
  std::vector<std::string> told;
  for (const auto& d : broken->differences()) told.push_back(d.code() + d.path());
  EXPECT_THAT(
      told, ElementsAre("FIELD_TYPE_CHANGED/a", "FIELD_TYPE_CHANGED/b", "FIELD_WITHOUT_DEFAULT/c"));
  EXPECT_EQ(broken->differences(0).version(), 1u);
  EXPECT_TRUE(broken->differences(0).backward());
  request.set_level(Settings::NONE);
  EXPECT_TRUE(Call(&Stub::CheckSchema, request)->compatible());
  *request.mutable_schema() = Avro("a:int b:int");
  EXPECT_EQ(Call(&Stub::CheckSchema, request)->existing(), 1u);
  EXPECT_THAT(Names(*List("orders")), ElementsAre("orders@1"));
  EXPECT_THAT(Register("orders", "a:text").status(),
              Fails(StatusCode::kFailedPrecondition, Reason::kSCHEMA_INCOMPATIBLE));
}

TEST_F(SchemaServices, ADiffTellsWhatBreaksFirstAndWhomItBreaks) {
  ASSERT_THAT(Register("orders", "a:int b:int"), IsOk());
  v1::DiffSchemasRequest request;
  request.set_subject("orders");
  *request.mutable_to() = Avro("b:int c:int=");
  const auto fine = Call(&Stub::DiffSchemas, request);
  ASSERT_THAT(fine, IsOk());
  EXPECT_TRUE(fine->backward());
  EXPECT_FALSE(fine->forward()) << "an old reader misses a";
  EXPECT_EQ(fine->differences(0).code(), "FIELD_WITHOUT_DEFAULT");
  EXPECT_FALSE(fine->differences(0).backward());
  EXPECT_EQ(fine->differences_size(), 4);
  EXPECT_EQ(fine->version(), 1u);
  EXPECT_EQ(fine->to_version(), 0u);
  std::string many;
  for (int i = 0; i < 1500; ++i) many += fmt::format("f{}:int ", i);
  *request.mutable_to() = Avro(many);
  const auto cut = Call(&Stub::DiffSchemas, request);
  EXPECT_EQ(cut->differences_size(), kMostDifferences);
  EXPECT_GT(cut->left_out(), 0u);
}

TEST_F(SchemaServices, SettingsAreTheSubjectsOwnOrTheRegistrys) {
  v1::GetSchemaSettingsRequest request;
  request.set_subject("orders");
  const auto before = Call(&Stub::GetSchemaSettings, request);
  ASSERT_THAT(before, IsOk());
  EXPECT_EQ(before->level(), Settings::BACKWARD);
  EXPECT_EQ(before->mode(), Settings::READWRITE);
  EXPECT_THAT(before->own(), IsEmpty());
  EXPECT_EQ(Configure("", Settings::FORWARD)->level(), Settings::FORWARD);
  EXPECT_EQ(Call(&Stub::GetSchemaSettings, request)->level(), Settings::FORWARD);
  const auto own = Configure("orders", Settings::FULL_TRANSITIVE);
  EXPECT_EQ(own->level(), Settings::FULL_TRANSITIVE);
  EXPECT_THAT(own->own(), ElementsAre("level"));
  EXPECT_EQ(Configure("orders", Settings::LEVEL_UNSPECIFIED)->level(), Settings::FULL_TRANSITIVE);
  EXPECT_EQ(Configure("orders", Settings::LEVEL_UNSPECIFIED, true)->level(), Settings::FORWARD);
  EXPECT_THAT(Configure("orders", static_cast<Settings::Level>(99)).status(),
              Fails(StatusCode::kInvalidArgument, Reason::kFIELD_INVALID));

  v1::SetSchemaModeRequest mode;
  mode.set_subject("orders");
  mode.set_mode(Settings::READONLY);
  EXPECT_THAT(Call(&Stub::SetSchemaMode, mode)->own(), ElementsAre("mode"));
  EXPECT_THAT(Register("orders", "a:int").status(),
              Fails(StatusCode::kFailedPrecondition, Reason::kMODE_FORBIDS));
  mode.set_mode(Settings::MODE_UNSPECIFIED);
  EXPECT_EQ(Call(&Stub::SetSchemaMode, mode)->mode(), Settings::READWRITE);
  EXPECT_THAT(Register("orders", "a:int"), IsOk());
}

TEST_F(SchemaServices, ErasingTakesADeletionBefore) {
  ASSERT_THAT(Register("orders", "a:int"), IsOk());
  EXPECT_THAT(Delete("orders", true).status(),
              Fails(StatusCode::kFailedPrecondition, Reason::kSUBJECT_NOT_DELETED));
  EXPECT_THAT(Delete("orders")->versions(), ElementsAre(1u));
  v1::GetSchemaRequest request;
  request.set_schema_id(1);
  EXPECT_THAT(Call(&Stub::GetSchema, request).status(),
              Fails(StatusCode::kNotFound, Reason::kSCHEMA_NOT_FOUND));
  request.set_deleted(true);
  EXPECT_TRUE(Call(&Stub::GetSchema, request)->deleted());
  EXPECT_THAT(Delete("orders", true)->versions(), ElementsAre(1u));
}

TEST_F(SchemaServices, ADeviceMayAskNothingAndChangeNothing) {
  v1::ListSchemasRequest list;
  EXPECT_THAT(Call(&Stub::ListSchemas, list, "d1").status(),
              Fails(StatusCode::kPermissionDenied, Reason::kCALLER_NOT_ALLOWED));
  EXPECT_THAT(Call(&Stub::RegisterSchema, Registering("orders", "a:int"), "d1").status(),
              Fails(StatusCode::kPermissionDenied, Reason::kCALLER_NOT_ALLOWED));
  EXPECT_THAT(Names(*List("")), IsEmpty());
}

TEST_F(SchemaServices, WhatIsNoSchemaIsRefusedWithItsPlace) {
  v1::RegisterSchemaRequest request = Registering("orders", "a:int");
  request.mutable_schema()->set_type(v1::Schema::TYPE_UNSPECIFIED);
  EXPECT_EQ(FieldOf(Call(&Stub::RegisterSchema, request).status()), "schema.type");
  request = Registering("orders", "a:int");
  request.mutable_schema()->add_references()->set_name("x");
  EXPECT_THAT(Call(&Stub::RegisterSchema, request).status(),
              Fails(StatusCode::kInvalidArgument, Reason::kSCHEMA_INVALID));
  request = Registering("", "a:int");
  EXPECT_THAT(Call(&Stub::RegisterSchema, request).status(),
              Fails(StatusCode::kInvalidArgument, Reason::kSUBJECT_INVALID));
}

}  // namespace
}  // namespace muster::registry
