#include "registry/subject_globals.h"

#include "base/fact.h"
#include "base/strong.h"

namespace muster::registry {
namespace {

StatusOr<RegistryFacts> On(const RegistryState& state, const ConfigureRegistry& e, Timestamp now) {
  MUSTER_TRY(Validate(e.config));
  MUSTER_TRY(CheckWritable(ModeInForce(state.mode, {})));
  if (state.config == e.config) return RegistryFacts{};
  return RegistryFacts{SchemasConfigured{e.config, now, e.by}};
}

StatusOr<RegistryFacts> On(const RegistryState& state, const SetRegistryMode& e, Timestamp now) {
  if (state.mode == e.mode) return RegistryFacts{};
  if (e.mode == SubjectMode::kImport && e.live_subjects && !e.force)
    return WithReason(
        FailedPrecondition("there are subjects with versions; force=true imports beside them"),
        Reason::kMODE_FORBIDS);
  return RegistryFacts{SchemasModeSet{e.mode, now, e.by}};
}

Json BodyOf(const SchemasConfigured& f) { return ToJson(f.config); }
Json BodyOf(const SchemasModeSet& f) {
  return f.mode ? Json{{"mode", NameOf(*f.mode)}} : Json::object();
}
FactHeader HeaderFor(const SchemasConfigured& f) { return {"SchemasConfigured", f.by, f.at}; }
FactHeader HeaderFor(const SchemasModeSet& f) { return {"SchemasModeSet", f.by, f.at}; }

StatusOr<RegistryFact> Decode(std::string_view row) {
  MUSTER_ASSIGN(const Json json, ParseJson(row));
  MUSTER_ASSIGN(const FactHeader header, HeaderOf(json));
  if (header.type == "SchemasConfigured") {
    MUSTER_ASSIGN(auto config, ConfigFrom(json));
    return SchemasConfigured{std::move(config), header.at, header.by};
  }
  if (header.type != "SchemasModeSet") return InvalidArgument("unknown fact '{}'", header.type);
  SchemasModeSet out{{}, header.at, header.by};
  JsonReader r(json);
  if (!r.Has("mode")) return out;
  out.mode = ParseSubjectMode(r.Text("mode"));
  if (!out.mode) return InvalidArgument("unknown mode");
  return out;
}
}  // namespace

StatusOr<RegistryFacts> Decide(const RegistryState& state, const RegistryEvent& event,
                               Timestamp now) {
  return std::visit([&](const auto& e) { return On(state, e, now); }, event);
}

void Apply(RegistryState& state, const RegistryFact& fact) {
  std::visit(Overloaded{
                 [&](const SchemasConfigured& f) { state.config = f.config; },
                 [&](const SchemasModeSet& f) { state.mode = f.mode; },
             },
             fact);
}

StatusOr<std::string> EncodeFact(const RegistryFact& fact) {
  return std::visit([](const auto& f) { return muster::EncodeFact(HeaderFor(f), BodyOf(f)); },
                    fact);
}

StatusOr<RegistryFact> DecodeRegistryFact(std::string_view row) {
  auto fact = Decode(row);
  if (!fact.ok())
    return DataLoss("a row of the registry's settings is unreadable: {}", MessageOf(fact.status()));
  return fact;
}

}  // namespace muster::registry
