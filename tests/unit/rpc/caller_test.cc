#include "rpc/caller.h"

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace muster::rpc {
namespace {

using ::muster::testing::Fails;
using ::muster::testing::IsOk;

TEST(CallerFromUri, NamesOperatorsAndDevicesOfTheTrustDomain) {
  EXPECT_EQ(CallerFromUri("spiffe://plant/operator/ann", "plant").value().Text(), "operator/ann");
  EXPECT_EQ(CallerFromUri("spiffe://plant/device/00ff", "plant").value().Text(), "device/00ff");
}

TEST(CallerFromUri, RefusesEveryOtherSpelling) {
  for (const std::string uri : {"",
                                "spiffe://",
                                "spiffe://plant",
                                "spiffe://plant/",
                                "spiffe://plant/device",
                                "spiffe://plant/device/",
                                "spiffe://plant/device/a/b",
                                "spiffe://plant/device/..",
                                "spiffe://plant/device/a?b",
                                "spiffe://plant/device/a%20",
                                "spiffe://plant/device/a b",
                                "spiffe://other/device/a",
                                "spiffe://plant.evil/device/a",
                                "spiffe://plant:1/device/a",
                                "https://plant/device/a",
                                "SPIFFE://plant/device/a",
                                "spiffe://plant/Device/a",
                                "spiffe://plant/server/musterd",
                                "spiffe://plant/authority/a",
                                "spiffe://plant/system/a",
                                "spiffe://plant//device/a"}) {
    EXPECT_THAT(CallerFromUri(uri, "plant"),
                Fails(absl::StatusCode::kUnauthenticated, Reason::kCERTIFICATE_MISSING))
        << uri;
  }
  const std::string long_name(256, 'a');
  EXPECT_FALSE(CallerFromUri("spiffe://plant/device/" + long_name, "plant").ok());
  EXPECT_TRUE(CallerFromUri("spiffe://plant/device/" + long_name.substr(1), "plant").ok());
}

TEST(Require, LetsOnlyTheRightKindThrough) {
  const Caller ann = Caller::Operator("ann");
  const Caller device = Caller::Device(DeviceId("00ff"));
  EXPECT_THAT(RequireOperator(ann), IsOk());
  EXPECT_THAT(RequireDevice(device), IsOk());
  for (const Status& status :
       {RequireOperator(device), RequireDevice(ann), RequireOperator(Caller::System()),
        RequireDevice(Caller::System())}) {
    EXPECT_THAT(status, Fails(absl::StatusCode::kPermissionDenied, Reason::kCALLER_NOT_ALLOWED));
  }
}

}  // namespace
}  // namespace muster::rpc
