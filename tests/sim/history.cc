#include "tests/sim/history.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "aggregation/secagg/server_facts.h"

namespace muster::sim {
namespace {
namespace secagg = aggregation::secagg;

SecureHistory Begun(const std::string& first_row) {
  const std::string text = ParseJson(first_row).value().at("task").get<std::string>();
  SecureHistory session(secagg::ParseTask(FromBase64Url(text).value()).value());
  std::istringstream query(session.task.query);  // campaign/round/attempt, and what for.
  std::string campaign, stage;
  std::uint64_t round = 0;
  char slash = 0;
  std::getline(query, campaign, '/') >> round >> slash >> session.round.attempt >> stage;
  session.round.campaign = CampaignName(campaign);
  session.round.round = RoundNumber(round);
  session.trains = stage.empty();
  return session;
}

void Tell(SecureHistory& session, const secagg::ServerFact& fact) {
  if (const auto* keys = std::get_if<secagg::KeysAdvertised>(&fact))
    session.members.push_back(DeviceIdOf(keys->keys.identity, platform::OpenSslHasher()));
  if (std::holds_alternative<secagg::RosterClosed>(fact))
    std::sort(session.members.begin(), session.members.end());
  if (const auto* fixed = std::get_if<secagg::SurvivorsFixed>(&fact))
    session.survivors.push_back(fixed->survivors);
  session.opened |= std::holds_alternative<secagg::SecureSumOpened>(fact);
  session.abandoned |= std::holds_alternative<secagg::SecureSessionAbandoned>(fact);
}
}  // namespace

std::vector<coordinator::CampaignFact> CampaignFacts(World& world) {
  const CampaignName& name = world.options().campaign.name;
  std::vector<coordinator::CampaignFact> out;
  for (const JournalRow& row : world.Journal())
    if (row.stream == coordinator::CampaignStream(name))
      out.push_back(*coordinator::DecodeCampaignFact(name, row.fact));
  return out;
}

coordinator::DeviceSet CountedIn(World& world, const RoundKey& key) {
  coordinator::DeviceSet counted;
  for (const JournalRow& row : world.Journal()) {
    if (row.stream != coordinator::RoundStream(key)) continue;
    const coordinator::RoundFact fact = *coordinator::DecodeRoundFact(row.fact);
    if (const auto* f = std::get_if<coordinator::UpdatesCounted>(&fact))
      for (const DeviceId& id : f->devices)
        EXPECT_TRUE(counted.insert(id).second) << id.value() << " was counted twice";
  }
  return counted;
}

coordinator::DeviceSet SecureHistory::DevicesOf(const secagg::MemberSet& set) const {
  coordinator::DeviceSet devices;
  for (const secagg::Member member : set.Members()) devices.insert(members.at(member));
  return devices;
}

std::vector<SecureHistory> SecureSessions(World& world) {
  std::map<std::string, SecureHistory> by_stream;
  for (const JournalRow& row : world.Journal()) {
    if (!row.stream.starts_with("secure/")) continue;
    if (row.seq == 0)
      by_stream.emplace(row.stream, Begun(row.fact));
    else
      Tell(by_stream.at(row.stream), secagg::DecodeServerFact(row.fact).value());
  }
  std::vector<SecureHistory> out;
  for (auto& [stream, session] : by_stream) out.push_back(std::move(session));
  return out;
}

}  // namespace muster::sim
