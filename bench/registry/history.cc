#include "bench/registry/history.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/fact.h"
#include "bench/require.h"

namespace muster::bench {
namespace {
constexpr std::uint64_t kFactsPerAppend = 500;

std::string Fact(const char* type, Json body) {
  return Require(EncodeFact({type, "system", FromUnixMillis(1'790'000'000'000)}, std::move(body)));
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

Json Version(std::uint64_t number) {
  return {{"version", number},     {"params", DigestText(number)},  {"contract", "plant"},
          {"contract_version", 1}, {"metrics", {{"rmse", "13.7"}}}, {"parameters", 29'057}};
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
  Json contract{{"description", "One row an hour."},
                {"fields", Json::array({{{"name", "heat"}, {"type", "FLOAT"}, {"unit", "Cel"}}})}};
  Require(journal.Append("contract/plant", 0, {{Fact("ContractVersionCreated", contract)}}));
  Json version = Version(2);
  version["campaign"] = "learn";
  version["round"] = rounds;
  version["parent"] = 1;
  std::vector<std::string> campaign{
      Fact("CampaignApplied", {{"spec", {{"plan", {{"rounds", rounds}}}}}})};
  for (std::uint64_t round = 1; round <= rounds; ++round) {
    Require(journal.Append(fmt::format("round/learn/{}/1", round), 0, FactsOfRound(round, devices),
                           true));
    campaign.push_back(Fact(
        "RoundSucceeded",
        {{"attempt", 1}, {"counted", devices}, {"params", DigestText(round)}, {"round", round}}));
  }
  Require(journal.Append("campaign/learn", 0, campaign, true));
  Json applied{{"contract", "plant"},
               {"contract_version", 1},
               {"description", "wear"},
               {"features", Json::array({"heat"})},
               {"label", {{"field", "heat"}}},
               {"rows", 1},
               {"stride", 1}};
  Require(journal.Append(fmt::format("model/{}", kModel), 0,
                         {{Fact("ModelApplied", applied), Fact("ModelVersionCreated", Version(1)),
                           Fact("ModelVersionCreated", version)}}));
  return rounds * (kFactsOfARound + 1) + 5;
}

}  // namespace muster::bench
