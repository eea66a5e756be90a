// A campaign of statistics: its query, pass by pass, and what the totals come to.
#include "aggregation/statistics/result.h"
#include "coordinator/campaign/spec_statistics.h"
#include "coordinator/runner/campaign_runner.h"

namespace muster::coordinator {
namespace statistics = aggregation::statistics;
namespace {
constexpr RoundNumber kFirstPass{1};

StatusOr<Digest> PutText(Blobs& blobs, const std::string& text) { return blobs.Put(AsBytes(text)); }
}  // namespace

StatusOr<statistics::Tally> CampaignRunner::FirstTally() const {
  MUSTER_ASSIGN(const Bytes file, world_.blobs.Get(state_.params));
  return statistics::ParseTally(AsText(file));
}

StatusOr<statistics::Query> CampaignRunner::StatisticsQuery() const {
  if (round_->plan().key.round != kFirstPass) {
    MUSTER_ASSIGN(const statistics::Tally first, FirstTally());
    return statistics::NextQuery(first);
  }
  MUSTER_ASSIGN(const registry::ContractVersion contract,
                world_.registry.GetContract(state_.base.contract, state_.base.contract_version));
  return FirstQuery(*state_.spec.statistics, contract);
}

StatusOr<Assignment> CampaignRunner::StatisticsTask() {
  if (task_ && task_->round == round_->plan().key) return *task_;
  Assignment task;
  task.round = round_->plan().key;
  task.kind = TaskKind::kStatistics;
  MUSTER_ASSIGN(task.contract,
                world_.registry.GetContract(state_.base.contract, state_.base.contract_version));
  MUSTER_ASSIGN(const statistics::Query query, StatisticsQuery());
  MUSTER_ASSIGN(const std::string text, statistics::EncodeQuery(query));
  task.statistics.assign(AsBytes(text).begin(), AsBytes(text).end());
  task.cohort = round_->plan().select;
  task_ = task;
  return task;
}

void CampaignRunner::Summarise(const Aggregate& owed) {
  const RoundKey key = round_->plan().key;
  const auto summarise = [&]() -> StatusOr<Digest> {
    MUSTER_ASSIGN(const statistics::Query query, StatisticsQuery());
    MUSTER_ASSIGN(const Bytes file, world_.files.Get(owed.checkpoint));
    MUSTER_ASSIGN(Totals totals, TotalsForm(statistics::FieldsOf(query)).Read(file));
    const statistics::Tally tally{query, totals.devices, std::move(totals.sums)};
    std::string text;
    if (key.round == kFirstPass) {
      MUSTER_ASSIGN(text, statistics::EncodeTally(tally));
    } else {
      MUSTER_ASSIGN(const statistics::Tally first, FirstTally());
      MUSTER_ASSIGN(const statistics::Result result, statistics::Summarise(first, &tally));
      MUSTER_ASSIGN(text, statistics::EncodeResult(result));
    }
    return PutText(world_.blobs, text);
  };
  const StatusOr<Digest> found = summarise();
  if (!found.ok()) {
    world_.log.Error("statistics_not_made",
                     {{"campaign", name_}, {"error", MessageOf(found.status())}});
    retry_ = true;
    return;
  }
  OnAggregated(key, *found, Digest());
}

std::string CampaignRunner::StatisticsResult() const {
  if (!state_.spec.statistics || state_.last_round.value() < kStatisticsPasses) return {};
  const StatusOr<Bytes> file = world_.blobs.Get(state_.params);
  return file.ok() ? std::string(AsText(*file)) : std::string();
}

}  // namespace muster::coordinator
