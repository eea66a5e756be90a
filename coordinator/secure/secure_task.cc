#include "coordinator/secure/secure_task.h"

#include "aggregation/secagg/update_layout.h"

namespace muster::coordinator {
namespace secagg = aggregation::secagg;
namespace {
// Beyond any session whose windows are at most 7 days each.
constexpr Duration kLifetime{60LL * 86'400'000};
}  // namespace

StatusOr<secagg::Task> DrawTask(const CampaignSpec& spec, const RoundKey& key, const Digest& model,
                                std::uint64_t dim, std::uint32_t devices, SecureRng& rng,
                                Timestamp now) {
  const double clip = spec.aggregation.bound;
  MUSTER_ASSIGN(secagg::Segments layout,
                secagg::UpdateLayout(dim, spec.secure->bits, clip, devices));
  secagg::Task task{
      .query = fmt::format("{}/{}/{}", key.campaign.value(), key.round.value(), key.attempt),
      .model = model,
      .layout = std::move(layout),
      .clip = clip,
      .weight_cap = spec.aggregation.WeightCap(),
      .cohort = spec.secure->Rule(),
      .expiry = now + kLifetime};
  rng.Fill(task.session);
  MUSTER_TRY(secagg::CheckTask(task));
  return task;
}

}  // namespace muster::coordinator
