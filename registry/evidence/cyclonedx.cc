// CycloneDX 1.6: https://cyclonedx.org/docs/1.6/json/. Values of performance metrics are text, and
// model cards take no other members than the standard's.
#include "base/time_text.h"
#include "registry/evidence/exports.h"
#include "registry/evidence/frameworks.h"

namespace muster::registry::evidence {
namespace {
// "urn:uuid:…" of 128 bits of the parameters' digest, marked as of version 8 (RFC 9562): ours.
std::string SerialNumber(std::string_view digest) {
  std::string hex(digest.substr(digest.find(':') + 1));
  if (hex.size() < 32) hex.resize(32, '0');
  hex[12] = '8';
  hex[16] = '8';
  return fmt::format("urn:uuid:{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4),
                     hex.substr(12, 4), hex.substr(16, 4), hex.substr(20, 12));
}

Json Hash(std::string_view digest) {
  return Json::array({{{"alg", "SHA-256"}, {"content", digest.substr(digest.find(':') + 1)}}});
}

std::string LeavesText(const std::vector<std::uint64_t>& leaves) {
  std::string out;
  for (const std::uint64_t leaf : leaves) out += fmt::format("{}{}", out.empty() ? "" : " ", leaf);
  return out;
}

Json Property(std::string name, std::string value) {
  return {{"name", std::move(name)}, {"value", std::move(value)}};
}

// Every field, and behind it the leaves that it was read out of.
Json Properties(const Evidence& e) {
  Json out = Json::array();
  for (const Section& section : e.card.sections)
    for (const Field& field : section.fields) {
      out.push_back(Property("muster:" + field.key, field.value));
      out.push_back(Property("muster:leaf:" + field.key, LeavesText(field.leaves)));
    }
  out.push_back(Property("muster:checkpoint", e.bundle.checkpoint));
  out.push_back(Property("muster:key", e.bundle.key));
  out.push_back(Property("muster:disclaimer", std::string(kDisclaimer)));
  return out;
}

// Who provided the energy is nowhere recorded; what the estimate is of, its source says.
std::optional<Json> EnergyConsumptions(const Card& card) {
  if (!card.energy) return std::nullopt;
  const auto kwh = ParseDecimal(card.energy->kwh);
  if (!kwh.ok()) return std::nullopt;
  const Json measure{{"value", *kwh}, {"unit", "kWh"}};
  Json provider{{"organization", {{"name", "unknown"}}},
                {"energySource", "unknown"},
                {"description", card.energy->source},
                {"energyProvided", measure}};
  return Json::array({{{"activity", "training"},
                       {"energyProviders", Json::array({std::move(provider)})},
                       {"activityEnergyCost", measure}}});
}

Json ModelCard(const Evidence& e) {
  Json metrics = Json::array();
  for (const auto& [name, value] : e.card.metrics)
    metrics.push_back({{"type", name}, {"value", value}});
  for (const auto& [name, value] : e.card.baseline)
    metrics.push_back({{"type", fmt::format("{} of version {}, evaluated by the same campaign",
                                            name, e.card.baseline_version)},
                       {"value", value}});
  Json card{{"modelParameters",
             {{"approach", {{"type", "supervised"}}},
              {"datasets", Json::array({{{"ref", "contract"}}})}}},
            {"properties", Properties(e)}};
  if (!metrics.empty()) card["quantitativeAnalysis"] = {{"performanceMetrics", std::move(metrics)}};
  card["considerations"] = {
      {"technicalLimitations",
       Json::array({"What it reads and predicts, and the ranges of its inputs, are those of its "
                    "data contract."})}};
  if (auto consumptions = EnergyConsumptions(e.card))
    card["considerations"]["environmentalConsiderations"] = {
        {"energyConsumptions", *std::move(consumptions)}};
  return card;
}

Json ModelComponent(const Evidence& e) {
  return {{"type", "machine-learning-model"},
          {"bom-ref", "model"},
          {"name", e.card.model},
          {"version", fmt::format("{}", e.card.version)},
          {"hashes", Hash(e.card.params)},
          {"modelCard", ModelCard(e)}};
}

Json ContractComponent(const Evidence& e) {
  Json data{{"type", "definition"}, {"name", e.card.contract}};
  for (const Section& section : e.card.sections)
    for (const Field& field : section.fields)
      if (field.key == "data.fields") data["description"] = field.value;
  return {{"type", "data"},
          {"bom-ref", "contract"},
          {"name", e.card.contract},
          {"version", fmt::format("{}", e.card.contract_version)},
          {"data", Json::array({std::move(data)})}};
}
}  // namespace

std::string ToCycloneDx(const Evidence& e) {
  Json components = Json::array({ModelComponent(e), ContractComponent(e)});
  Json depends = Json::array({{{"ref", "model"}, {"dependsOn", Json::array({"contract"})}}});
  if (!e.card.module.empty()) {
    components.push_back({{"type", "file"},
                          {"bom-ref", "module"},
                          {"name", "module.pt"},
                          {"hashes", Hash(e.card.module)}});
    depends[0]["dependsOn"].push_back("module");
  }
  const Json bom{
      {"bomFormat", "CycloneDX"},
      {"specVersion", "1.6"},
      {"serialNumber", SerialNumber(e.card.params)},
      {"version", 1},
      {"metadata",
       {{"timestamp", FormatTime(e.card.created_at)},
        {"tools", {{"components", Json::array({{{"type", "application"}, {"name", "muster"}}})}}}}},
      {"components", std::move(components)},
      {"dependencies", std::move(depends)}};
  return bom.dump(2) + "\n";
}

}  // namespace muster::registry::evidence
