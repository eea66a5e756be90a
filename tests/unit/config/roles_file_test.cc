#include "config/roles_file.h"

#include "expect.h"

namespace muster::config {
namespace {
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string RefusedRoles(std::string_view text, Reason reason, std::string_view field) {
  return Refused(ParseRoles(text, "roles.yaml").status(), reason, field);
}

TEST(RolesFile, ListsTheHoldersOfEachRole) {
  const auto file = ParseRoles(
      "# who may what\nroles:\n  reviewer: [ann, bob]\n  release-manager: [cy]\n  auditor: []\n",
      "roles.yaml");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->holders.size(), 3u);
  EXPECT_THAT(file->holders.at("reviewer"), ElementsAre("ann", "bob"));
  EXPECT_THAT(file->holders.at("release-manager"), ElementsAre("cy"));
  EXPECT_THAT(file->holders.at("auditor"), IsEmpty());
  EXPECT_EQ(file->source.Where("roles.release-manager[0]"), "roles.yaml:4:3");
}

TEST(RolesFile, NamesThatLookLikeNumbersAreNames) {
  EXPECT_THAT(ParseRoles("roles: {reviewer: [\"007\"]}", "r")->holders.at("reviewer"),
              ElementsAre("007"));
}

TEST(RolesFile, TellsEveryMistakeWithItsPlace) {
  EXPECT_EQ(RefusedRoles("rolls: {}\n", Reason::kFIELD_UNKNOWN, "rolls"),
            "roles.yaml:1:1: rolls: unknown field in muster.v1.Roles; did you mean 'roles'?");
  RefusedRoles("", Reason::kFIELD_INVALID, "");
  RefusedRoles("[ann]", Reason::kFIELD_INVALID, "");
  RefusedRoles("roles: {}\n---\nroles: {}\n", Reason::kFIELD_INVALID, "");
  RefusedRoles("roles: ann", Reason::kFIELD_INVALID, "roles");
  RefusedRoles("roles: {reviewer: ann}", Reason::kFIELD_INVALID, "roles.reviewer.names");
  RefusedRoles("roles: {reviewer: {ann: bob}}", Reason::kFIELD_UNKNOWN, "roles.reviewer.ann");
  RefusedRoles("roles: {a: [x], a: [y]}", Reason::kFIELD_DUPLICATE, "roles.a");
}

}  // namespace
}  // namespace muster::config
