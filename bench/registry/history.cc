#include "bench/registry/history.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/fact.h"
#include "bench/require.h"
#include "coordinator/campaign/campaign.h"
#include "registry/contract.h"
#include "registry/model.h"

namespace muster::bench {
namespace {
constexpr std::uint64_t kFactsPerAppend = 500;
const Timestamp kBegin = FromUnixMillis(1'790'000'000'000);

std::string Fact(const char* type, Json body) {
  return Require(EncodeFact({type, "system", kBegin}, std::move(body)));
}
std::string DigestText(std::uint64_t n) { return fmt::format("sha256:{:064x}", n); }

Json Devices(std::uint64_t count) {
  Json out = Json::array();
  for (std::uint64_t i = 0; i < count; ++i)
    out.push_back(fmt::format("{:032x}", i * 0x9e3779b97f4a7c15));
  return out;
}

std::vector<std::string> FactsOfRound(std::uint64_t round, std::uint64_t devices) {
  std::vector<std::string> out{Fact("RoundOpened", {{"deadline", 1}}),
                               Fact("DevicesJoined", {{"devices", Devices(devices)}}),
                               Fact("CollectionBegan", {{"deadline", 1}})};
  for (int part = 0; part < 3; ++part)
    out.push_back(Fact("UpdatesCounted", {{"devices", Devices(devices / 3)},
                                          {"checkpoint", fmt::format("upto-{}", part)}}));
  out.push_back(Fact("CollectionClosed", Json::object()));
  out.push_back(Fact("ModelAggregated", {{"params", DigestText(round)}}));
  out.push_back(Fact("ModelPublished", Json::object()));
  return out;
}

registry::ModelVersion Version(std::uint64_t number) {
  registry::ModelVersion v;
  v.model = ModelName(kModel);
  v.version = VersionNumber(number);
  v.params = Digest({std::byte(number)});
  v.contract = ContractName("plant");
  v.contract_version = VersionNumber(1);
  v.measured.metrics["rmse"] = 13.7;
  v.parameters = 29'057;
  v.created_at = kBegin;
  v.created_by = "system";
  return v;
}

std::string CampaignRow(const coordinator::CampaignFact& fact) {
  return Require(coordinator::EncodeCampaignFact(fact, "system", kBegin));
}

std::string ContractRow() {
  registry::ContractSpec spec;
  spec.name = ContractName("plant");
  spec.description = "One row an hour.";
  spec.fields.push_back({.name = "heat", .unit = "Cel", .min = 0, .max = 100});
  return Require(registry::EncodeFact(
      registry::ContractVersionCreated{{VersionNumber(1), spec, kBegin, "system"}}));
}

// What was applied, an uploaded version, and one that `rounds` rounds made of it.
std::vector<std::string> ModelRows(std::uint64_t rounds) {
  const registry::ModelSpec spec{ModelName(kModel), "wear",           ContractName("plant"),
                                 VersionNumber(1),  {{"heat"}, 1, 1}, {"heat", {}, {}}};
  registry::ModelVersion made = Version(2);
  made.parent = VersionNumber(1);
  made.origin = registry::CampaignRound{CampaignName("learn"), RoundNumber(rounds)};
  std::vector<std::string> rows;
  for (const registry::ModelFact& fact :
       {registry::ModelFact(registry::ModelApplied{spec, kBegin, "operator/ann"}),
        registry::ModelFact(registry::ModelVersionCreated{Version(1)}),
        registry::ModelFact(registry::ModelVersionCreated{std::move(made)})})
    rows.push_back(Require(registry::EncodeFact(fact)));
  return rows;
}
}  // namespace

void WriteOthers(Journal& journal, std::uint64_t facts) {
  const std::string fact = Fact("UpdatesCounted", {{"devices", Devices(2)}, {"checkpoint", "c"}});
  for (std::uint64_t written = 0, stream = 0; written < facts; ++stream) {
    const std::vector<std::string> rows(std::min(kFactsPerAppend, facts - written), fact);
    Require(journal.Append(fmt::format("round/other/{}/1", stream), 0, rows, true));
    written += rows.size();
  }
}

std::uint64_t WriteCampaign(Journal& journal, std::uint64_t rounds, std::uint64_t devices) {
  Require(journal.Append("contract/plant", 0, {{ContractRow()}}));
  coordinator::CampaignApplied applied;
  applied.spec.name = CampaignName("learn");
  applied.spec.model = ModelName(kModel);
  applied.spec.base_version = VersionNumber(1);
  applied.spec.plan.rounds = static_cast<std::uint32_t>(rounds);
  applied.base = {VersionNumber(1), Version(1).params, {}, ContractName("plant"), VersionNumber(1)};
  std::vector<std::string> campaign{CampaignRow(std::move(applied))};
  for (std::uint64_t round = 1; round <= rounds; ++round) {
    Require(journal.Append(fmt::format("round/learn/{}/1", round), 0, FactsOfRound(round, devices),
                           true));
    coordinator::RoundSucceeded done;
    done.key = {CampaignName("learn"), RoundNumber(round), 1};
    done.params = Digest({std::byte(round), std::byte(round >> 8)});
    done.counted = static_cast<std::uint32_t>(devices);
    campaign.push_back(CampaignRow(std::move(done)));
  }
  campaign.push_back(CampaignRow(coordinator::CampaignCompleted{"all rounds are done"}));
  Require(journal.Append("campaign/learn", 0, campaign, true));
  Require(journal.Append(fmt::format("model/{}", kModel), 0, ModelRows(rounds)));
  return rounds * (kFactsOfARound + 1) + 6;
}

}  // namespace muster::bench
