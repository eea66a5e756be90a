#include "coordinator/secure/subject.h"

#include "aggregation/secagg/update_layout.h"
#include "coordinator/secure/update_form.h"

namespace muster::coordinator {
namespace secagg = aggregation::secagg;
namespace {
// Beyond any session whose windows are at most 7 days each.
constexpr Duration kLifetime{60LL * 86'400'000};

SecureSubject TotalsSubject(const RoundKey& key, TaskKind kind, const Digest& model,
                            std::shared_ptr<const TotalsForm> form) {
  SecureSubject subject{
      .kind = kind, .query = QueryOf(key, kind), .model = model, .layout = {}, .form = form};
  subject.layout = [form = std::move(form)](std::uint32_t devices) {
    return secagg::SumsLayout(form->fields(), devices);
  };
  return subject;
}
}  // namespace

std::string QueryOf(const RoundKey& key, TaskKind kind) {
  const std::string round =
      fmt::format("{}/{}/{}", key.campaign.value(), key.round.value(), key.attempt);
  return kind == TaskKind::kTrain ? round : fmt::format("{}/{}", round, NameOf(kind));
}

SecureSubject TrainingSubject(const CampaignSpec& spec, const RoundKey& key, const Digest& model,
                              std::uint64_t dim, aggregation::FixedPoint fixed) {
  const double clip = spec.aggregation.bound;
  return {.kind = TaskKind::kTrain,
          .query = QueryOf(key, TaskKind::kTrain),
          .model = model,
          .clip = clip,
          .weight_cap = spec.aggregation.WeightCap(),
          .layout =
              [dim, bits = spec.secure->bits, clip](std::uint32_t devices) {
                return secagg::UpdateLayout(dim, bits, clip, devices);
              },
          .form = std::make_shared<const UpdateForm>(clip, fixed)};
}

SecureSubject EvaluationSubject(const RoundKey& key, const Digest& model,
                                std::shared_ptr<const TotalsForm> form) {
  return TotalsSubject(key, TaskKind::kEvaluate, model, std::move(form));
}

SecureSubject StatisticsSubject(const RoundKey& key, const Digest& query,
                                std::shared_ptr<const TotalsForm> form) {
  return TotalsSubject(key, TaskKind::kStatistics, query, std::move(form));
}

SecureSubject KeptApart(SecureSubject subject, const std::vector<secagg::SumField>& fields,
                        const std::vector<std::vector<std::string>>& groups,
                        const PartTotalsForm::Check& check) {
  for (const std::vector<std::string>& group : groups)
    subject.part_forms.push_back(std::make_shared<const PartTotalsForm>(fields, group, check));
  subject.form = std::make_shared<const PartTotalsForm>(fields, std::vector<std::string>());
  return subject;
}

StatusOr<secagg::Task> DrawTask(const SecureSubject& subject, const SecureSpec& spec,
                                std::uint32_t devices, SecureRng& rng, Timestamp now) {
  MUSTER_ASSIGN(secagg::Segments layout, subject.layout(devices));
  secagg::Task task{.query = subject.query,
                    .model = subject.model,
                    .layout = std::move(layout),
                    .clip = subject.clip,
                    .weight_cap = subject.weight_cap,
                    .cohort = spec.Rule(),
                    .expiry = now + kLifetime};
  rng.Fill(task.session);
  MUSTER_TRY(secagg::CheckTask(task));
  return task;
}

}  // namespace muster::coordinator
