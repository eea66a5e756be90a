#include "bench/secagg/setting.h"

#include "aggregation/secagg/update_layout.h"
#include "bench/require.h"

namespace muster::bench {
namespace secagg = aggregation::secagg;

secagg::Task TaskOf(const Setting& setting, SecureRng& rng) {
  secagg::Task task{
      .layout = Require(secagg::UpdateLayout(setting.dim, setting.bits, kClip, setting.devices))};
  rng.Fill(task.session);
  task.query = setting.name;
  task.clip = kClip;
  task.weight_cap = kWeight;
  task.cohort = setting.rule;
  task.expiry = kStart + std::chrono::hours(24);
  return task;
}

}  // namespace muster::bench
