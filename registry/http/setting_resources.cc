// /config and /mode, of the registry and of subjects.
#include <array>

#include "registry/http/resources.h"

namespace muster::registry {
namespace {

// Clients read back what they sent.
Json Echo(const Json& body, std::initializer_list<const char*> keys) {
  Json out = Json::object();
  for (const char* key : keys)
    if (body.contains(key)) out[key] = body.at(key);
  return out;
}

StatusOr<std::string> GetRegistryConfig(Call& call) {
  return Text(ToAnswer(call.schemas.registry_config()));
}

StatusOr<std::string> GetConfig(Call& call) {
  MUSTER_ASSIGN(const SubjectConfig config,
                call.schemas.GetConfig(call.subject(), call.query.Flag("defaultToGlobal")));
  return Text(ToAnswer(config));
}

StatusOr<std::string> PutConfig(Call& call) {
  MUSTER_ASSIGN(const ConfigChange change, ConfigChangeFrom(call.body));
  MUSTER_TRY((call.captured.empty() ? call.schemas.ConfigureRegistry(change, *call.by)
                                    : call.schemas.Configure(call.subject(), change, *call.by))
                 .status());
  return Text(Echo(call.body, {"compatibility", "normalize", "compatibilityGroup"}));
}

StatusOr<std::string> DeleteConfig(Call& call) {
  MUSTER_ASSIGN(const SubjectConfig was, call.captured.empty()
                                             ? call.schemas.ResetRegistryConfig(*call.by)
                                             : call.schemas.ResetConfig(call.subject(), *call.by));
  return Text(ToAnswer(was));
}

std::string ModeText(SubjectMode mode) { return Text({{"mode", NameOf(mode)}}); }

StatusOr<std::string> GetRegistryMode(Call& call) { return ModeText(call.schemas.registry_mode()); }

StatusOr<std::string> GetMode(Call& call) {
  MUSTER_ASSIGN(const SubjectMode mode,
                call.schemas.GetMode(call.subject(), call.query.Flag("defaultToGlobal")));
  return ModeText(mode);
}

StatusOr<std::string> PutMode(Call& call) {
  MUSTER_ASSIGN(const auto mode, ModeFrom(call.body));
  const bool force = call.query.Flag("force");
  MUSTER_TRY(call.captured.empty() ? call.schemas.SetRegistryMode(mode, force, *call.by)
                                   : call.schemas.SetMode(call.subject(), mode, force, *call.by));
  return Text(Echo(call.body, {"mode"}));
}

StatusOr<std::string> DeleteRegistryMode(Call& call) {
  const SubjectMode was = call.schemas.registry_mode();
  MUSTER_TRY(call.schemas.SetRegistryMode(std::nullopt, false, *call.by));
  return ModeText(was);
}

StatusOr<std::string> DeleteMode(Call& call) {
  MUSTER_ASSIGN(const SubjectMode was, call.schemas.ResetMode(call.subject(), *call.by));
  return ModeText(was);
}

constexpr std::array<Route, 12> kRoutes = {{
    {"GET", "/config", GetRegistryConfig},
    {"PUT", "/config", PutConfig, Effect::kChanges, true},
    {"DELETE", "/config", DeleteConfig, Effect::kChanges},
    {"GET", "/config/{}", GetConfig},
    {"PUT", "/config/{}", PutConfig, Effect::kChanges, true},
    {"DELETE", "/config/{}", DeleteConfig, Effect::kChanges},
    {"GET", "/mode", GetRegistryMode},
    {"PUT", "/mode", PutMode, Effect::kChanges, true},
    {"DELETE", "/mode", DeleteRegistryMode, Effect::kChanges},
    {"GET", "/mode/{}", GetMode},
    {"PUT", "/mode/{}", PutMode, Effect::kChanges, true},
    {"DELETE", "/mode/{}", DeleteMode, Effect::kChanges},
}};
}  // namespace

std::span<const Route> SettingRoutes() { return kRoutes; }

}  // namespace muster::registry
