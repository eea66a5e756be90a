#pragma once
// The seeds of masks: what a device adds to its vector, and what the server takes off the sum.
// Expanding them is mask.h's.
#include <vector>

#include "aggregation/secagg/cohort.h"

namespace muster::aggregation::secagg {

// For Crypto::NewKeystream, to be added with this sign.
struct MaskSeed {
  Secret seed;
  Sign sign;
};

// PRG seed of the mask that hides one device's vector alone.
StatusOr<MaskSeed> SelfMask(const Cohort& cohort, Member member, const Secret& self, Sign sign,
                            const Crypto& crypto);

// Seeds of what `member`, whose mask key this is, shares with its mask neighbours in `with`, with
// the signs of `member`. `shared` is SharedSetHash: two devices that were told different U2 derive
// different seeds, which never cancel. Cost: up to k X25519.
StatusOr<std::vector<MaskSeed>> PairMasks(const Cohort& cohort, const Digest& shared, Member member,
                                          const Secret& mask_key, const MemberSet& with,
                                          const Crypto& crypto);
// The same with just these of its mask neighbours, in their order.
StatusOr<std::vector<MaskSeed>> PairMasks(const Cohort& cohort, const Digest& shared, Member member,
                                          const Secret& mask_key, std::span<const Member> others,
                                          const Crypto& crypto);

}  // namespace muster::aggregation::secagg
