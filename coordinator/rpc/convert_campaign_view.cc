// A campaign and its round as people see them.
#include "coordinator/rpc/convert.h"

namespace muster::coordinator {
namespace {

void Fill(const RoundPlan& plan, const CampaignSnapshot& in, v1::RoundView& out) {
  const RoundState& state = in.round;
  out.set_round(plan.key.round.value());
  out.set_attempt(plan.key.attempt);
  out.set_phase(std::string(PhaseOf(state)));
  out.set_goal(plan.goal);
  out.set_received(in.received);
  const CampaignSpec& spec = in.state.spec;
  if (!spec.statistics && plan.key.round != kBaselineRound)
    out.set_learning_rate(spec.training.learning_rate.At(plan.key.round, spec.plan.rounds));
  std::visit(
      [&](const auto& s) {
        if constexpr (requires { s.deadline; }) out.set_deadline_unix_ms(UnixMillis(s.deadline));
        if constexpr (requires { s.joined; })
          out.set_joined(static_cast<std::uint32_t>(s.joined.size()));
        if constexpr (requires { s.counted.size(); })
          out.set_counted(static_cast<std::uint32_t>(s.counted.size()));
        if constexpr (requires { s.why; }) out.set_why(s.why);
      },
      state);
  if (const auto* s = std::get_if<Collecting>(&state)) {
    out.set_dropped(static_cast<std::uint32_t>(s->dropped.size()));
    out.set_joined(
        static_cast<std::uint32_t>(s->awaited.size() + s->counted.size() + s->dropped.size()));
  }
  if (const auto* s = std::get_if<Evaluating>(&state)) {
    out.set_evaluators(static_cast<std::uint32_t>(s->awaited.size() + s->reported.size()));
    out.set_evaluated(static_cast<std::uint32_t>(s->reported.size()));
  }
}

// What an evaluation of a round and one of the baseline have in common.
template <typename Evaluation>
void FillEvaluated(const Evaluation& in, v1::Evaluated& out) {
  out.mutable_metrics()->insert(in.metrics.begin(), in.metrics.end());
  out.set_devices(in.devices);
  for (const auto& [slice, metrics] : in.slices)
    (*out.mutable_slices())[slice].mutable_metrics()->insert(metrics.begin(), metrics.end());
}
}  // namespace

v1::CampaignView ToProto(const CampaignSnapshot& in) {
  const CampaignState& state = in.state;
  v1::CampaignView out;
  *out.mutable_campaign() = ToProto(state.spec);
  out.set_phase(std::string(PhaseOf(state)));
  out.set_why(WhyOf(state));
  if (in.plan) Fill(*in.plan, in, *out.mutable_round());
  if (state.baseline) {
    FillEvaluated(*state.baseline, *out.mutable_baseline());
    out.mutable_baseline()->set_version(state.base.version.value());
    out.set_baseline_why(state.baseline->why);
  }
  for (const EvaluatedRound& e : state.evaluations) {
    v1::Evaluated& evaluated = *out.add_evaluations();
    evaluated.set_round(e.round.value());
    FillEvaluated(e, evaluated);
    if (e.version) {
      evaluated.set_version(e.version->value());
      out.set_latest_version(e.version->value());
    }
  }
  out.set_rounds_published(static_cast<std::uint32_t>(state.last_round.value()));
  out.set_rounds_abandoned(state.abandoned);
  out.set_latest_digest(state.params.ToString());
  out.set_started_unix_ms(UnixMillis(state.applied_at));
  out.set_updated_unix_ms(UnixMillis(state.updated_at));
  out.set_applied_by(state.applied_by);
  out.mutable_refused_updates()->insert(in.refused.begin(), in.refused.end());
  // A window's sums are for its monitor, which shows what they came to.
  const auto& statistics = state.spec.statistics;
  if (!statistics || !statistics->window) out.set_statistics_json(in.statistics_json);
  if (in.rows.devices == 0) return out;
  v1::RowTotals& rows = *out.mutable_rows();
  rows.set_devices(in.rows.devices);
  rows.set_rows(in.rows.rows);
  rows.set_bad(in.rows.bad);
  rows.mutable_by_rule()->insert(in.rows.by_rule.begin(), in.rows.by_rule.end());
  return out;
}

}  // namespace muster::coordinator
