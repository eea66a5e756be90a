#pragma once
// What a secure sum is about: what its devices sign, how their vectors are laid out, and what the
// sum becomes. Pure.
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "aggregation/fixed_point.h"
#include "aggregation/secagg/task.h"
#include "aggregation/statistics/descriptor.h"
#include "base/rng.h"
#include "coordinator/campaign/spec.h"
#include "coordinator/secure/part_totals.h"
#include "coordinator/secure/sum_form.h"
#include "coordinator/secure/totals_form.h"
#include "coordinator/secure/types.h"

namespace muster::coordinator {

struct SecureSubject {
  TaskKind kind = TaskKind::kTrain;
  std::string query;  // What a device's ledger counts by.
  Digest model;       // SHA-256 of the model, or of the statistics' query.
  double clip = 1;
  double weight_cap = 1;
  // Of a session of at most so many devices. FIELD_INVALID with the arithmetic.
  std::function<StatusOr<aggregation::secagg::Segments>(std::uint32_t devices)> layout;
  std::shared_ptr<const SumForm> form;
  // Where parts are kept apart, one for each; empty: `form` is that of all.
  std::vector<std::shared_ptr<const SumForm>> part_forms = {};
  const std::shared_ptr<const SumForm>& FormOf(std::size_t part) const {
    return part_forms.empty() ? form : part_forms[part];
  }
};

// "campaign/round/attempt", with "/evaluate" or "/statistics" where nothing is trained.
std::string QueryOf(const RoundKey& key, TaskKind kind);

// Updates of `dim` parameters that begin at `model`; `fixed` is a plain round's arithmetic.
SecureSubject TrainingSubject(const CampaignSpec& spec, const RoundKey& key, const Digest& model,
                              std::uint64_t dim, aggregation::FixedPoint fixed);
// What `model` comes to on the rows of many devices. `form` reads totals of MetricSumFields.
SecureSubject EvaluationSubject(const RoundKey& key, const Digest& model,
                                std::shared_ptr<const TotalsForm> form);
// A pass over the rows of many devices. `form` reads totals of statistics::FieldsOf.
SecureSubject StatisticsSubject(const RoundKey& key, const Digest& query,
                                std::shared_ptr<const TotalsForm> form);
// The same sums of `fields`, with those of every part kept apart under its group.
SecureSubject KeptApart(SecureSubject subject,
                        const std::vector<aggregation::secagg::SumField>& fields,
                        const std::vector<std::vector<std::string>>& groups,
                        const PartTotalsForm::Check& check);

// A fresh session for `devices` devices. FIELD_INVALID with the arithmetic when so many cannot have
// one.
StatusOr<aggregation::secagg::Task> DrawTask(const SecureSubject& subject, const SecureSpec& spec,
                                             std::uint32_t devices, SecureRng& rng, Timestamp now);

}  // namespace muster::coordinator
