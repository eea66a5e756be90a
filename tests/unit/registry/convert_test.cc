#include "registry/rpc/convert.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>

#include "tests/unit/registry/gates_fixture.h"

namespace muster::registry {
namespace {
using google::protobuf::util::MessageDifferencer;

TEST(RegistryConvert, AContractComesBackAsItWas) {
  ContractSpec spec = EngineContract();
  spec.fields[0].max.reset();
  spec.fields[1].min = 0.0;  // Present, though it is the wire's default.
  spec.fields.push_back({"on", FieldType::kBoolean, "", {}, {}, "d"});
  spec.fields.push_back({"when", FieldType::kTimestamp, "s", {}, {}, ""});
  const auto back = FromProto(ToProto(spec));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, spec);
}

TEST(RegistryConvert, TheRulesOfAContractComeBackAsTheyWere) {
  ContractSpec spec = EngineContract();
  spec.fields.push_back({"when", FieldType::kTimestamp, "", {}, {}, ""});
  spec.fields[0].nullable = true;
  spec.fields[0].meaning = "dtmi:com:example:Engine;1";
  spec.owner = "plant-data@example.com";
  spec.freshness = std::chrono::minutes(15);
  spec.time_field = "when";
  spec.rows = {RangeRule::kKeep, 0.0};
  spec.compatibility = Compatibility::kFullTransitive;
  const auto back = FromProto(ToProto(spec));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, spec);
  EXPECT_EQ(ToProto(spec).freshness(), "15m");
}

TEST(RegistryConvert, WhatAContractLeavesOutIsTheDefault) {
  v1::Contract contract;
  contract.add_fields()->set_type(v1::Contract::FLOAT);
  const auto spec = FromProto(contract);
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->rows, (RowRules{RangeRule::kQuarantine, 0.5}));
  EXPECT_EQ(spec->compatibility, Compatibility::kBackward);
  EXPECT_FALSE(spec->freshness.has_value());
  EXPECT_FALSE(spec->fields[0].nullable);
}

TEST(RegistryConvert, RulesThatDoNotReadAreRefusedWithTheirPath) {
  v1::Contract contract = ToProto(EngineContract());
  contract.set_freshness("soon");
  ExpectInvalid(FromProto(contract).status(), "freshness");
  contract = ToProto(EngineContract());
  contract.mutable_rows()->set_out_of_range(static_cast<v1::Contract::RangeRule>(9));
  ExpectInvalid(FromProto(contract).status(), "rows.out_of_range");
  contract = ToProto(EngineContract());
  contract.set_compatibility(static_cast<v1::Contract::Compatibility>(9));
  ExpectInvalid(FromProto(contract).status(), "compatibility");
}

TEST(RegistryConvert, AModelComesBackAsItWas) {
  ModelSpec spec = EngineModel();
  spec.contract_version = VersionNumber(3);
  EXPECT_EQ(*FromProto(ToProto(spec)), spec);
  spec.label.max.reset();
  spec.label.scale.reset();
  EXPECT_EQ(*FromProto(ToProto(spec)), spec);
  spec.label.type = LabelType::kBinary;
  EXPECT_EQ(*FromProto(ToProto(spec)), spec);
  v1::Model odd = ToProto(spec);
  odd.mutable_label()->set_type("text");
  ExpectInvalid(FromProto(odd).status(), "label.type");
}

TEST(RegistryConvert, GatesComeBackAsTheyWere) {
  ModelSpec spec = EngineModel();
  spec.gates = AllGates();
  EXPECT_EQ(*FromProto(ToProto(spec)), spec);
  spec.gates = Gates();
  EXPECT_EQ(*FromProto(ToProto(spec)), spec);
  spec.gates->freeze = {{Noon(), Noon() + Duration(1), 0x7f, DayHours{0, 1440}}};
  spec.gates->metric = MetricGate{"f1", Better::kHigher, "canary", -0.5, {}};
  spec.gates->rollback = {"oncall", {"freeze"}};
  EXPECT_EQ(*FromProto(ToProto(spec)), spec);
}

TEST(RegistryConvert, WhatGatesLeaveOutIsTheDefault) {
  v1::Model model;
  model.mutable_gates()->mutable_metric()->set_name("accuracy");
  const ModelSpec spec = *FromProto(model);
  Gates expected;
  expected.metric = MetricGate{"accuracy", Better::kHigher, "", 0, {}};
  EXPECT_EQ(spec.gates, expected);
}

TEST(RegistryConvert, AMetricThatIsInTheReportTooIsRefused) {
  v1::CreateVersionRequest request;
  request.set_params_digest(Digest().ToString());
  (*request.mutable_metrics())["rmse"] = 13.5;
  (*request.mutable_report()->mutable_metrics())["rmse"].set_value(13.5);
  ExpectInvalid(FromProto(request).status(), "metrics.rmse", Reason::kFIELD_DUPLICATE);
}

TEST(RegistryConvert, WhatAModelLeavesOutIsOneOrMissing) {
  const ModelSpec spec = *FromProto(v1::Model());
  EXPECT_EQ(spec.input.rows, 1u);
  EXPECT_EQ(spec.input.stride, 1u);
  EXPECT_FALSE(spec.label.scale.has_value());
  ExpectInvalid(Validate(spec), "name");
}

TEST(RegistryConvert, AFieldWithoutAKnownTypeIsRefusedWithItsPath) {
  v1::Contract contract = ToProto(EngineContract());
  contract.mutable_fields(2)->clear_type();
  ExpectInvalid(FromProto(contract).status(), "fields[2].type");
  contract.mutable_fields(2)->set_type(static_cast<v1::Contract::Type>(99));
  ExpectInvalid(FromProto(contract).status(), "fields[2].type");
}

TEST(RegistryConvert, DigestsMustBeDigests) {
  v1::CreateVersionRequest request;
  request.set_model("turbofan");
  ExpectInvalid(FromProto(request).status(), "params_digest");
  request.set_params_digest("sha256:beef");
  ExpectInvalid(FromProto(request).status(), "params_digest");
  request.set_params_digest(Digest().ToString());
  request.set_module_digest("../../etc/passwd");
  ExpectInvalid(FromProto(request).status(), "module_digest");
  request.clear_module_digest();
  (*request.mutable_metrics())["rmse"] = 13.5;
  const auto asked = FromProto(request);
  ASSERT_TRUE(asked.ok()) << asked.status();
  EXPECT_EQ(asked->params, Digest());
  EXPECT_FALSE(asked->module.has_value());
  EXPECT_EQ(asked->measured.metrics.at("rmse"), 13.5);
}

TEST(RegistryConvert, AModelWithMoreVersionsThanAMessageHoldsShowsTheNewest) {
  ModelView view{EngineModel(), {}, {}, {}};
  for (std::uint64_t i = 1; i <= 1001; ++i) {
    ModelVersion version;
    version.version = VersionNumber(i);
    view.versions.push_back(version);
    view.notes.push_back({});
  }
  const v1::ModelView shown = ToProto(view);
  EXPECT_EQ(shown.version_count(), 1001u);
  ASSERT_EQ(shown.versions_size(), 1000);
  EXPECT_EQ(shown.versions(0).version(), 2u);
  EXPECT_EQ(shown.versions(999).version(), 1001u);
}

TEST(RegistryConvert, AVersionTellsEverythingAboutItself) {
  ModelVersion version;
  version.model = ModelName("turbofan");
  version.version = VersionNumber(4);
  version.params = Digest({std::byte{1}});
  version.module = Digest({std::byte{2}});
  version.contract = ContractName("engine");
  version.contract_version = VersionNumber(2);
  version.parent = VersionNumber(3);
  version.origin = CampaignRound{CampaignName("spring"), RoundNumber(200)};
  version.measured.metrics = {{"rmse", 13.5}};
  version.parameters = 29'057;
  version.created_at = Noon();
  version.created_by = "system";

  v1::ModelVersion expected;
  expected.set_model("turbofan");
  expected.set_version(4);
  expected.set_params_digest(version.params.ToString());
  expected.set_module_digest(version.module->ToString());
  expected.set_contract("engine");
  expected.set_contract_version(2);
  expected.set_parent(3);
  expected.set_campaign("spring");
  expected.set_round(200);
  (*expected.mutable_metrics())["rmse"] = 13.5;
  expected.set_parameters(29'057);
  expected.set_created_unix_ms(UnixMillis(Noon()));
  expected.set_created_by("system");
  expected.add_aliases("champion");
  EXPECT_TRUE(
      MessageDifferencer::Equals(ToProto(VersionView{version, {}, {"champion"}}), expected));

  Baseline& baseline = version.lineage.emplace().baseline.emplace();
  baseline.version = VersionNumber(3);
  baseline.measured.metrics = {{"rmse", 15}};
  baseline.measured.slices = {{"drifted", {{"rmse", 19}}}};
  baseline.devices = 30;
  baseline.both = 28;
  baseline.differences = {{"rmse", {-1.5, 0.25, 28}}};
  const v1::Baseline wire = ToProto(VersionView{version, {}, {}}).lineage().baseline();
  EXPECT_EQ(wire.version(), 3u);
  EXPECT_EQ(wire.metrics().at("rmse"), 15);
  EXPECT_EQ(wire.slices().at("drifted").metrics().at("rmse"), 19);
  EXPECT_EQ(wire.devices(), 30u);
  EXPECT_EQ(wire.both(), 28u);
  EXPECT_EQ(wire.differences().at("rmse").value(), -1.5);
  EXPECT_EQ(wire.differences().at("rmse").standard_error(), 0.25);

  version.lineage.reset();
  version.module.reset();
  version.origin.reset();
  expected.clear_module_digest();
  expected.clear_campaign();
  expected.clear_round();
  EXPECT_TRUE(
      MessageDifferencer::Equals(ToProto(VersionView{version, {}, {"champion"}}), expected));

  const v1::ModelView view =
      ToProto(ModelView{EngineModel(), {version}, {{}}, {{"champion", VersionNumber(4)}}});
  ASSERT_EQ(view.versions_size(), 1);
  EXPECT_TRUE(MessageDifferencer::Equals(view.versions(0), expected));
  EXPECT_EQ(view.aliases().at("champion"), 4u);
}

}  // namespace
}  // namespace muster::registry
