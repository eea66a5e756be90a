// Models and versions: wire to domain and back.
#include <algorithm>

#include "registry/rpc/convert.h"
#include "registry/rpc/convert_gates.h"

namespace muster::registry {
namespace {
constexpr std::size_t kMostShown = 1000;  // Versions in one view: a message holds 4 MiB.

StatusOr<Digest> DigestFrom(const std::string& text, std::string_view path) {
  if (text.empty()) return InvalidField(path, "is missing");
  const auto digest = Digest::Parse(text);
  if (!digest.ok()) return InvalidField(path, "is not sha256: and 64 hexadecimal digits");
  return *digest;
}

// The members that versions and baselines share.
template <typename Wire>
void PutMetrics(const Measurements& in, Wire& out) {
  out.mutable_metrics()->insert(in.metrics.begin(), in.metrics.end());
  for (const auto& [name, spread] : in.spreads) {
    v1::Spread& wire = (*out.mutable_spreads())[name];
    if (spread.standard_error) wire.set_standard_error(*spread.standard_error);
    wire.set_count(spread.count);
    wire.set_groups(spread.groups);
  }
  for (const auto& [name, metrics] : in.slices)
    (*out.mutable_slices())[name].mutable_metrics()->insert(metrics.begin(), metrics.end());
}

void ToProto(const Baseline& in, v1::Baseline& out) {
  out.set_version(in.version.value());
  PutMetrics(in.measured, out);
  out.set_examples(in.examples);
  out.set_devices(in.devices);
  out.set_both(in.both);
  for (const auto& [name, difference] : in.differences) {
    v1::Difference& wire = (*out.mutable_differences())[name];
    wire.set_value(difference.value);
    wire.set_standard_error(difference.standard_error);
    wire.set_devices(difference.devices);
  }
}

void ToProto(const Lineage& in, v1::Lineage& out) {
  out.set_first_round(in.first_round.value());
  out.set_last_round(in.last_round.value());
  out.set_cohort_commitment(in.cohort.ToString());
  out.set_updates(in.updates);
  out.set_aggregation_json(in.aggregation);
  out.set_secure_json(in.secure);
  out.set_config_digest(in.config.ToString());
  if (in.code) out.set_code_digest(in.code->ToString());
  out.set_evaluation_examples(in.evaluation_examples);
  out.set_evaluation_devices(in.evaluation_devices);
  out.set_applied_by(in.applied_by);
  if (in.baseline) ToProto(*in.baseline, *out.mutable_baseline());
}

void ToProto(const Measurements& in, v1::ModelVersion& out) {
  PutMetrics(in, out);
  if (in.energy) {
    out.mutable_energy()->set_kwh(in.energy->kwh);
    out.mutable_energy()->set_source(in.energy->source);
  }
}

void ToProto(const VersionNotes& in, v1::ModelVersion& out) {
  out.mutable_tags()->insert(in.tags.begin(), in.tags.end());
  for (const Approval& approval : in.approvals) {
    v1::Approval& wire = *out.add_approvals();
    wire.set_by(approval.by);
    wire.set_at_unix_ms(UnixMillis(approval.at));
    wire.set_comment(approval.comment);
  }
  for (const auto& [hardware, certification] : in.certified) {
    v1::Certification& wire = *out.add_certified();
    wire.set_hardware(hardware);
    wire.set_by(certification.by);
    wire.set_at_unix_ms(UnixMillis(certification.at));
  }
  for (const auto& [monitor, reference] : in.references) {
    v1::VersionReference& wire = *out.add_references();
    wire.set_monitor(monitor.value());
    wire.set_digest(reference.digest.ToString());
    wire.set_rows(reference.extent.rows);
    wire.set_devices(reference.extent.devices);
    wire.set_shards(reference.extent.shards);
    wire.set_at_unix_ms(UnixMillis(reference.at));
  }
}
}  // namespace

StatusOr<ModelSpec> FromProto(const v1::Model& in) {
  ModelSpec out;
  out.name = ModelName(in.name());
  out.description = in.description();
  out.contract = ContractName(in.contract());
  out.contract_version = VersionNumber(in.contract_version());
  out.input.features.assign(in.input().features().begin(), in.input().features().end());
  out.input.rows = std::max(1u, in.input().window().rows());
  out.input.stride = std::max(1u, in.input().window().stride());
  out.label.field = in.label().field();
  if (in.label().has_max()) out.label.max = in.label().max();
  if (in.label().has_scale()) out.label.scale = in.label().scale();
  if (in.label().type() == "binary")
    out.label.type = LabelType::kBinary;
  else if (!in.label().type().empty() && in.label().type() != "number")
    return InvalidField("label.type", "'{}' is neither number nor binary",
                        in.label().type().substr(0, 40));
  if (in.has_gates()) {
    MUSTER_ASSIGN(out.gates, FromProto(in.gates()));
  }
  return out;
}

v1::Model ToProto(const ModelSpec& in) {
  v1::Model out;
  out.set_name(in.name.value());
  out.set_description(in.description);
  out.set_contract(in.contract.value());
  out.set_contract_version(in.contract_version.value());
  for (const std::string& feature : in.input.features) out.mutable_input()->add_features(feature);
  out.mutable_input()->mutable_window()->set_rows(in.input.rows);
  out.mutable_input()->mutable_window()->set_stride(in.input.stride);
  out.mutable_label()->set_field(in.label.field);
  if (in.label.max) out.mutable_label()->set_max(*in.label.max);
  if (in.label.scale) out.mutable_label()->set_scale(*in.label.scale);
  if (in.label.type == LabelType::kBinary) out.mutable_label()->set_type("binary");
  if (in.gates) *out.mutable_gates() = ToProto(*in.gates);
  return out;
}

v1::ModelVersion ToProto(const VersionView& in) {
  const ModelVersion& v = in.version;
  v1::ModelVersion out;
  out.set_model(v.model.value());
  out.set_version(v.version.value());
  out.set_params_digest(v.params.ToString());
  if (v.module) out.set_module_digest(v.module->ToString());
  out.set_contract(v.contract.value());
  out.set_contract_version(v.contract_version.value());
  out.set_parent(v.parent.value());
  if (v.origin) {
    out.set_campaign(v.origin->campaign.value());
    out.set_round(v.origin->round.value());
  }
  if (v.lineage) ToProto(*v.lineage, *out.mutable_lineage());
  ToProto(v.measured, out);
  ToProto(in.notes, out);
  out.set_parameters(v.parameters);
  out.set_created_unix_ms(UnixMillis(v.created_at));
  out.set_created_by(v.created_by);
  out.mutable_aliases()->Add(in.aliases.begin(), in.aliases.end());
  return out;
}

v1::ModelView ToProto(const ModelView& in) {
  std::map<VersionNumber, std::vector<std::string>> aliases_of;
  for (const auto& [alias, version] : in.aliases) aliases_of[version].push_back(alias);
  v1::ModelView out;
  *out.mutable_model() = ToProto(in.spec);
  out.set_version_count(in.versions.size());
  const std::size_t all = in.versions.size();
  for (std::size_t i = all > kMostShown ? all - kMostShown : 0; i < all; ++i)
    *out.add_versions() =
        ToProto(VersionView{in.versions[i], in.notes[i], aliases_of[in.versions[i].version]});
  for (const auto& [alias, version] : in.aliases) (*out.mutable_aliases())[alias] = version.value();
  return out;
}

Measurements FromProto(const v1::Report& in) {
  Measurements out;
  for (const auto& [name, measured] : in.metrics()) {
    out.metrics[name] = measured.value();
    Spread spread{{}, measured.count(), measured.groups()};
    if (measured.has_standard_error()) spread.standard_error = measured.standard_error();
    if (spread != Spread{}) out.spreads[name] = spread;
  }
  for (const auto& [name, slice] : in.slices())
    out.slices[name] = {slice.metrics().begin(), slice.metrics().end()};
  if (in.has_energy()) out.energy = Energy{in.energy().kwh(), in.energy().source()};
  return out;
}

StatusOr<CreateRequest> FromProto(const v1::CreateVersionRequest& in) {
  CreateRequest out;
  out.model = ModelName(in.model());
  MUSTER_ASSIGN(out.params, DigestFrom(in.params_digest(), "params_digest"));
  if (!in.module_digest().empty()) {
    MUSTER_ASSIGN(out.module, DigestFrom(in.module_digest(), "module_digest"));
  }
  out.measured = FromProto(in.report());
  for (const auto& [name, value] : in.metrics())
    if (!out.measured.metrics.emplace(name, value).second)
      return WithReason(InvalidField("metrics." + name.substr(0, 80), "is in the report too"),
                        Reason::kFIELD_DUPLICATE);
  return out;
}

}  // namespace muster::registry
