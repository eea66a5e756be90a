// A campaign of statistics: its query, pass by pass, and what the totals come to.
#include "aggregation/statistics/result.h"
#include "coordinator/campaign/spec_statistics.h"
#include "coordinator/campaign/spec_window.h"
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

StatusOr<statistics::WindowQuery> CampaignRunner::WindowQuestion() const {
  MUSTER_ASSIGN(const registry::ContractVersion contract,
                world_.registry.GetContract(state_.base.contract, state_.base.contract_version));
  MUSTER_ASSIGN(const registry::ModelView model,
                world_.registry.GetModel(state_.spec.statistics->window->model));
  return WindowQueryOf(*state_.spec.statistics, contract, model.spec);
}

StatusOr<CampaignRunner::Question> CampaignRunner::Asked() const {
  if (state_.spec.statistics->window) {
    MUSTER_ASSIGN(const statistics::WindowQuery query, WindowQuestion());
    MUSTER_ASSIGN(std::string text, EncodeWindowQuery(query));
    return Question{std::move(text), statistics::FieldsOf(query)};
  }
  MUSTER_ASSIGN(const statistics::Query query, StatisticsQuery());
  MUSTER_ASSIGN(std::string text, statistics::EncodeQuery(query));
  return Question{std::move(text), statistics::FieldsOf(query)};
}

StatusOr<Assignment> CampaignRunner::StatisticsTask() {
  if (task_ && task_->round == round_->plan().key) return *task_;
  Assignment task;
  task.round = round_->plan().key;
  task.kind = TaskKind::kStatistics;
  MUSTER_ASSIGN(task.contract,
                world_.registry.GetContract(state_.base.contract, state_.base.contract_version));
  MUSTER_ASSIGN(const Question asked, Asked());
  task.statistics.assign(AsBytes(asked.text).begin(), AsBytes(asked.text).end());
  task.cohort = round_->plan().select;
  task_ = task;
  return task;
}

// What the totals of this pass come to, as it is kept.
StatusOr<std::string> CampaignRunner::FoundIn(const std::string& checkpoint) const {
  MUSTER_ASSIGN(const Bytes file, world_.files.Get(checkpoint));
  if (state_.spec.statistics->window) {
    MUSTER_ASSIGN(statistics::WindowQuery query, WindowQuestion());
    MUSTER_ASSIGN(std::vector<PartTotals> shards,
                  ReadPartTotals(statistics::FieldsOf(query), file));
    return statistics::EncodeWindowTally({std::move(query), std::move(shards)});
  }
  MUSTER_ASSIGN(const statistics::Query query, StatisticsQuery());
  MUSTER_ASSIGN(Totals totals, TotalsForm(statistics::FieldsOf(query)).Read(file));
  const statistics::Tally tally{query, totals.devices, std::move(totals.sums)};
  if (round_->plan().key.round == kFirstPass) return statistics::EncodeTally(tally);
  MUSTER_ASSIGN(const statistics::Tally first, FirstTally());
  MUSTER_ASSIGN(const statistics::Result result, statistics::Summarise(first, &tally));
  return statistics::EncodeResult(result);
}

void CampaignRunner::Summarise(const Aggregate& owed) {
  const RoundKey key = round_->plan().key;
  const auto summarise = [&]() -> StatusOr<Digest> {
    MUSTER_ASSIGN(const std::string text, FoundIn(owed.checkpoint));
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
  const auto& asked = state_.spec.statistics;
  if (!asked || state_.last_round.value() < asked->passes()) return {};
  const StatusOr<Bytes> file = world_.blobs.Get(state_.params);
  return file.ok() ? std::string(AsText(*file)) : std::string();
}

}  // namespace muster::coordinator
