#include "aggregation/secagg/mask_seeds.h"

namespace muster::aggregation::secagg {

StatusOr<MaskSeed> SelfMask(const Cohort& cohort, Member member, const Secret& self, Sign sign,
                            const Crypto& crypto) {
  MUSTER_ASSIGN(Secret seed,
                crypto.Hkdf(self, cohort.context.task.bytes(), SelfMaskInfo(cohort.context, member),
                            Crypto::kKeystreamSeedBytes));
  return MaskSeed{std::move(seed), sign};
}

StatusOr<std::vector<MaskSeed>> PairMasks(const Cohort& cohort, const Digest& shared, Member member,
                                          const Secret& mask_key, const MemberSet& with,
                                          const Crypto& crypto) {
  std::vector<MaskSeed> out;
  for (const Member other : cohort.graph.NeighboursOf(member)) {
    if (!with.Contains(other)) continue;
    MUSTER_ASSIGN(const Secret agreed, crypto.Agree(mask_key, cohort.At(other).mask_key));
    MUSTER_ASSIGN(Secret seed, crypto.Hkdf(agreed, cohort.context.task.bytes(),
                                           PairMaskInfo(cohort.context, shared, member, other),
                                           Crypto::kKeystreamSeedBytes));
    out.push_back({std::move(seed), SignOf(member, other)});
  }
  return out;
}

}  // namespace muster::aggregation::secagg
