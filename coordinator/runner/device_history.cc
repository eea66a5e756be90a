#include "coordinator/runner/device_history.h"

#include <algorithm>
#include <map>

#include "base/fact.h"
#include "coordinator/campaign/campaign.h"
#include "coordinator/round/round_facts.h"

namespace muster::coordinator {
namespace {

StatusOr<Timestamp> TimeOf(const JournalRow& row) {
  MUSTER_ASSIGN(const Json json, ParseJson(row.fact));
  MUSTER_ASSIGN(const FactHeader header, HeaderOf(json));
  return header.at;
}

// A round that a campaign began, and what its devices began with.
struct Begun {
  RoundKey key;
  Digest params;
};

// What a campaign's own stream says up to an instant.
class CampaignRecord {
 public:
  Status Believe(const CampaignName& name, const JournalRow& row, Timestamp until) {
    MUSTER_ASSIGN(const Timestamp at, TimeOf(row));
    if (at > until) return Ok();
    MUSTER_ASSIGN(const CampaignFact fact, DecodeCampaignFact(name, row.fact));
    if (const auto* f = std::get_if<CampaignApplied>(&fact)) {
      statistics = f->spec.statistics.has_value();
      model = f->spec.model;
      base = f->base;
      params_ = base.params;
      versions[base.params] = base.version;
    } else if (const auto* started = std::get_if<RoundStarted>(&fact)) {
      rounds.push_back({started->key, params_});
    } else if (const auto* succeeded = std::get_if<RoundSucceeded>(&fact)) {
      params_ = succeeded->params;
      made_[succeeded->key.round] = succeeded->params;
    } else if (const auto* registered = std::get_if<VersionRegistered>(&fact)) {
      if (const auto it = made_.find(registered->round); it != made_.end())
        versions[it->second] = registered->version;
    }
    return Ok();
  }

  bool statistics = false;
  ModelName model;
  CampaignBase base;
  std::vector<Begun> rounds;  // Oldest first.
  std::map<Digest, VersionNumber> versions;

 private:
  Digest params_;
  std::map<RoundNumber, Digest> made_;
};

// What a round's stream says about one device up to an instant.
class RoundRecord {
 public:
  RoundRecord(const DeviceId& device, Timestamp until) : device_(device), until_(until) {}

  Status Believe(const JournalRow& row) {
    MUSTER_ASSIGN(const Timestamp at, TimeOf(row));
    if (at > until_) return Ok();
    MUSTER_ASSIGN(const RoundFact fact, DecodeRoundFact(row.fact));
    std::visit(Overloaded{
                   [&](const DevicesJoined& f) {
                     if (Has(f.devices)) trained = Run{at};
                   },
                   [&](const UpdatesCounted& f) {
                     if (Has(f.devices)) End(trained, "counted", at);
                   },
                   [&](const ModelAggregated& f) {
                     params = f.params;
                     if (f.evaluators.contains(device_)) evaluated = Run{at};
                   },
                   [&](const EvaluationCounted& f) {
                     if (f.device == device_) End(evaluated, "evaluated", at);
                   },
                   [&](const EvaluationsSummed& f) {
                     if (Has(f.devices)) End(evaluated, "evaluated", at);
                   },
                   [&](const DeviceDropped& f) {
                     if (f.device != device_) return;
                     std::optional<Run>& open = evaluated ? evaluated : trained;
                     End(open, fmt::format("dropped: {}", NameOf(f.reason)), at);
                   },
                   [](const auto&) {},
               },
               fact);
    return Ok();
  }

  struct Run {
    Timestamp at;
    std::string outcome{"asked"};
    std::optional<Timestamp> outcome_at = {};
  };
  std::optional<Run> trained;
  std::optional<Run> evaluated;
  Digest params;  // What came of the round.

 private:
  bool Has(const std::vector<DeviceId>& devices) const {
    return std::ranges::find(devices, device_) != devices.end();
  }
  static void End(std::optional<Run>& run, std::string outcome, Timestamp at) {
    if (!run || run->outcome_at) return;
    run->outcome = std::move(outcome);
    run->outcome_at = at;
  }
  const DeviceId& device_;
  const Timestamp until_;
};

DeviceRun Made(const CampaignRecord& campaign, const RoundKey& round, const RoundRecord::Run& run,
               TaskKind kind, const Digest& params) {
  const auto version = campaign.versions.find(params);
  return {run.at,
          round,
          kind,
          campaign.model,
          params,
          campaign.base.module,
          version == campaign.versions.end() ? VersionNumber(0) : version->second,
          campaign.base.version,
          run.outcome,
          run.outcome_at};
}

// Adds the newest runs of one campaign until it has `most` of them.
Status AddRuns(Journal& journal, const CampaignRecord& campaign, const DeviceId& device,
               Timestamp until, std::uint32_t most, std::vector<DeviceRun>& out) {
  std::size_t found = 0;
  for (auto begun = campaign.rounds.rbegin(); begun != campaign.rounds.rend() && found < most;
       ++begun) {
    RoundRecord round(device, until);
    MUSTER_TRY(journal.Read(RoundStream(begun->key), 0,
                            [&round](const JournalRow& row) { return round.Believe(row); }));
    if (round.evaluated)
      out.push_back(
          Made(campaign, begun->key, *round.evaluated, TaskKind::kEvaluate, round.params));
    if (round.trained)
      out.push_back(Made(campaign, begun->key, *round.trained, TaskKind::kTrain, begun->params));
    found += (round.evaluated ? 1 : 0) + (round.trained ? 1 : 0);
  }
  return Ok();
}
}  // namespace

StatusOr<std::vector<DeviceRun>> RunsOf(Journal& journal, const DeviceId& device, Timestamp until,
                                        std::uint32_t most) {
  constexpr std::string_view kPrefix = "campaign/";
  std::map<CampaignName, CampaignRecord> campaigns;
  MUSTER_TRY(journal.Replay(kPrefix, false, [&](const JournalRow& row) {
    const CampaignName name(row.stream.substr(kPrefix.size()));
    return campaigns[name].Believe(name, row, until);
  }));
  std::vector<DeviceRun> out;
  for (const auto& [name, campaign] : campaigns)
    if (!campaign.statistics) MUSTER_TRY(AddRuns(journal, campaign, device, until, most, out));
  std::ranges::stable_sort(out, std::ranges::greater(), &DeviceRun::at);
  if (out.size() > most) out.resize(most);
  return out;
}

}  // namespace muster::coordinator
