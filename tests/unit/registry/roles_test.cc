#include "registry/roles.h"

#include "tests/unit/registry/fixture.h"

namespace muster::registry {
namespace {

Roles Listed() {
  return Roles::Make({{"reviewer", {"ann", "operator/bob"}}, {"auditor", {}}}).value();
}

TEST(RolesTest, WithoutAListEveryOperatorHoldsEveryRole) {
  const Roles roles;
  EXPECT_TRUE(roles.Holds("operator/ann", "reviewer"));
  EXPECT_TRUE(roles.Holds("operator/zoe", "release-manager"));
}

TEST(RolesTest, NeitherDevicesNorTheSystemHoldAny) {
  for (const char* who : {"system", "device/0123456789abcdef0123456789abcdef", "ann", ""}) {
    EXPECT_FALSE(Roles().Holds(who, "reviewer")) << who;
    EXPECT_FALSE(Roles().Holds(who, kOperatorRole)) << who;
  }
}

TEST(RolesTest, WithAListOnlyWhoIsOnItHoldsARole) {
  const Roles roles = Listed();
  EXPECT_TRUE(roles.Holds("operator/ann", "reviewer"));
  EXPECT_TRUE(roles.Holds("operator/bob", "reviewer"));
  EXPECT_FALSE(roles.Holds("operator/cy", "reviewer"));
  EXPECT_FALSE(roles.Holds("operator/ann", "auditor"));
  EXPECT_FALSE(roles.Holds("operator/ann", "release-manager"));
  EXPECT_TRUE(roles.Holds("operator/cy", kOperatorRole));
}

TEST(RolesTest, SaysWhomToAsk) {
  EXPECT_EQ(Listed().WhoHolds("reviewer"), "operator/ann, operator/bob do");
  EXPECT_EQ(Roles::Make({{"r", {"ann"}}})->WhoHolds("r"), "operator/ann does");
  EXPECT_EQ(Listed().WhoHolds("auditor"), Listed().WhoHolds("unheard-of"));
  std::vector<std::string> many;
  for (int i = 0; i < 9; ++i) many.push_back(fmt::format("op{}", i));
  EXPECT_TRUE(Roles::Make({{"r", many}})->WhoHolds("r").ends_with("operator/op4 and 4 more do"));
}

TEST(RolesTest, NamesThatAreNoneAreRefusedWithTheirPlace) {
  ExpectInvalid(Roles::Make({{"Reviewer", {"ann"}}}).status(), "roles.Reviewer");
  ExpectInvalid(Roles::Make({{"operator", {"ann"}}}).status(), "roles.operator");
  for (const std::string& name : {std::string(), std::string("operator/"), std::string("a b"),
                                  std::string("a/b"), std::string(256, 'a')})
    ExpectInvalid(Roles::Make({{"reviewer", {"ann", name}}}).status(), "roles.reviewer[1]");
  ExpectInvalid(Roles::Make({{"r", std::vector<std::string>(1001, "ann")}}).status(), "roles.r");
  std::map<std::string, std::vector<std::string>> many;
  for (int i = 0; i < 101; ++i) many[fmt::format("r{}", i)] = {};
  ExpectInvalid(Roles::Make(many).status(), "roles");
}

}  // namespace
}  // namespace muster::registry
