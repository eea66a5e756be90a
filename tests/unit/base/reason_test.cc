#include "base/reason.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace muster {
namespace {
const Reason kAll[] = {
#define MUSTER_TEST_REASON(name) Reason::k##name,
    MUSTER_REASONS(MUSTER_TEST_REASON)
#undef MUSTER_TEST_REASON
};

TEST(Reason, EveryNameComesBackAndStandsOnce) {
  std::set<std::string_view> names;
  for (const Reason reason : kAll) {
    EXPECT_TRUE(names.insert(NameOf(reason)).second) << NameOf(reason);
    EXPECT_EQ(ParseReason(NameOf(reason)), reason);
    for (const char c : NameOf(reason)) EXPECT_TRUE((c >= 'A' && c <= 'Z') || c == '_');
  }
  EXPECT_EQ(NameOf(Reason::kUPDATE_NON_FINITE), "UPDATE_NON_FINITE");
  EXPECT_EQ(NameOf(Reason::kSHUTTING_DOWN), "SHUTTING_DOWN");
}

TEST(Reason, UnknownNamesAreNothing) {
  for (const std::string_view name : {"", "update_non_finite", "UPDATE_NON_FINITE ", "NO_SUCH"})
    EXPECT_EQ(ParseReason(name), std::nullopt);
}
}  // namespace
}  // namespace muster
