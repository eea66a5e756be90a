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
  std::vector<Member> others = cohort.graph.NeighboursOf(member);
  std::erase_if(others, [&](Member other) { return !with.Contains(other); });
  return PairMasks(cohort, shared, member, mask_key, std::span<const Member>(others), crypto);
}

StatusOr<std::vector<MaskSeed>> PairMasks(const Cohort& cohort, const Digest& shared, Member member,
                                          const Secret& mask_key, std::span<const Member> others,
                                          const Crypto& crypto) {
  std::vector<AgreementPublic> theirs;
  for (const Member other : others) theirs.push_back(cohort.At(other).mask_key);
  MUSTER_ASSIGN(const std::vector<Secret> agreed, crypto.AgreeWithAll(mask_key, theirs));
  std::vector<MaskSeed> out;
  for (std::size_t i = 0; i < others.size(); ++i) {
    MUSTER_ASSIGN(Secret seed, crypto.Hkdf(agreed[i], cohort.context.task.bytes(),
                                           PairMaskInfo(cohort.context, shared, member, others[i]),
                                           Crypto::kKeystreamSeedBytes));
    out.push_back({std::move(seed), SignOf(member, others[i])});
  }
  return out;
}

}  // namespace muster::aggregation::secagg
