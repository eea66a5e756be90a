#include "coordinator/secure/admission.h"

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"
#include "tests/unit/coordinator_secure/house.h"

namespace muster::coordinator {
namespace {

TEST(Admission, CountsAMaskForEachSurvivorAndThoseThatTheVanishedLeave) {
  CampaignSpec spec = SecureCampaign(100);
  spec.secure->dropout = 0.2;  // 80 survive; in a complete graph each of 20 leaves 80 masks.
  EXPECT_DOUBLE_EQ(MaskWords(spec, 1000), (80 + 20 * 80) * 1000.0);
  spec.secure->session = 25;  // Four of 25, five of them vanish.
  EXPECT_DOUBLE_EQ(MaskWords(spec, 1000), 4 * (20 + 5 * 20) * 1000.0);
}

TEST(Admission, RefusesWhatIsTooDearWithTheArithmeticAndTheWayOut) {
  CampaignSpec spec = SecureCampaign(100);
  spec.secure->dropout = 0.2;
  EXPECT_THAT(AdmitMasks(spec, 1000, 1.68e6), testing::IsOk());
  const Status refused = AdmitMasks(spec, 1001, 1.68e6);
  EXPECT_THAT(refused, testing::Fails(absl::StatusCode::kInvalidArgument, Reason::kFIELD_INVALID));
  EXPECT_EQ(FieldOf(refused), "secure.session");
  spec.secure->session = 25;
  EXPECT_THAT(AdmitMasks(spec, 1001, 1.68e6), testing::IsOk());
}

}  // namespace
}  // namespace muster::coordinator
