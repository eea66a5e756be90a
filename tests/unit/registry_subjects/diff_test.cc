#include <gmock/gmock.h>

#include "tests/unit/registry_subjects/fixture.h"

namespace muster::registry {
namespace {
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class SchemaDiffs : public SchemasTest {
 protected:
  SchemaDiffs() {
    EXPECT_TRUE(Level("orders", CompatibilityLevel::kNone).ok());
    for (const char* text : {"a:int", "a:int b:long=", "a:text c:int"})
      EXPECT_THAT(Register("orders", text), IsOk());
  }
  static std::vector<std::string> Told(const std::vector<Difference>& differences) {
    std::vector<std::string> out;
    for (const Difference& d : differences)
      out.push_back(fmt::format("{}{}{}", d.code, d.path, d.compatible ? "" : " breaks"));
    return out;
  }
  SchemaDiff Diff(DiffQuestion question) {
    question.subject = SubjectName("orders");
    const auto diff = schemas_->Diff(question);
    EXPECT_THAT(diff, IsOk());
    return diff.value_or(SchemaDiff());
  }
};

TEST_F(SchemaDiffs, TellEveryDifferenceFromBothSides) {
  DiffQuestion question;
  question.version = V(1);
  question.to_version = V(2);
  const SchemaDiff added = Diff(question);
  EXPECT_THAT(Told(added.backward), ElementsAre("FIELD_ADDED/b"));
  EXPECT_THAT(Told(added.forward), ElementsAre("FIELD_REMOVED/b"));
  question.to_version = V(0);  // The newest.
  const SchemaDiff changed = Diff(question);
  EXPECT_EQ(changed.to_version, V(3));
  EXPECT_THAT(Told(changed.backward),
              ElementsAre("FIELD_TYPE_CHANGED/a breaks", "FIELD_WITHOUT_DEFAULT/c breaks"));
  EXPECT_THAT(Told(changed.forward), ElementsAre("FIELD_TYPE_CHANGED/a breaks", "FIELD_REMOVED/c"));
}

TEST_F(SchemaDiffs, AreOfOtherSubjectsDraftsAndDeletedVersionsToo) {
  EXPECT_THAT(Register("other", "a:long"), IsOk());
  EXPECT_THAT(Delete("orders", 1), IsOk());
  DiffQuestion question;
  question.version = V(1);
  question.to_subject = SubjectName("other");
  EXPECT_THAT(Told(Diff(question).backward), IsEmpty());
  EXPECT_THAT(Told(Diff(question).forward), ElementsAre("FIELD_TYPE_CHANGED/a breaks"));
  question.to_subject = {};
  question.to = Draft("a:int");
  const SchemaDiff none = Diff(question);
  EXPECT_EQ(none.to_version, V(0));
  EXPECT_THAT(none.backward, IsEmpty());
  EXPECT_THAT(none.forward, IsEmpty());
  question.to->type = SchemaType::kJson;
  EXPECT_THAT(Told(Diff(question).backward), ElementsAre("SCHEMA_TYPE_CHANGED#/ breaks"));
}

TEST_F(SchemaDiffs, OfWhatIsNotThereAreRefused) {
  DiffQuestion question{SubjectName("none"), {}, {}, {}, {}};
  EXPECT_THAT(schemas_->Diff(question).status(),
              Fails(StatusCode::kNotFound, Reason::kSUBJECT_NOT_FOUND));
  question.subject = SubjectName("orders");
  question.to_version = V(9);
  EXPECT_THAT(schemas_->Diff(question).status(),
              Fails(StatusCode::kNotFound, Reason::kSUBJECT_VERSION_NOT_FOUND));
  question.to = Draft("?");
  EXPECT_THAT(schemas_->Diff(question).status(),
              Fails(StatusCode::kInvalidArgument, Reason::kSCHEMA_INVALID));
}

TEST_F(SchemaDiffs, ACheckMayAskWhatAnotherLevelWouldSay) {
  CompatibilityQuestion question{SubjectName("orders"), Draft("a:text c:int d:int"), false, {}, {}};
  EXPECT_THAT(*schemas_->CheckCompatibility(question), IsEmpty()) << "the subject's is NONE";
  question.level = CompatibilityLevel::kBackwardTransitive;
  const auto found = schemas_->CheckCompatibility(question);
  ASSERT_THAT(found, IsOk());
  ASSERT_FALSE(found->empty());
  EXPECT_EQ(found->front().version, V(3));
  EXPECT_EQ(found->back().version, V(1));
  EXPECT_EQ(schemas_->GetConfig(SubjectName("orders"), false)->level, CompatibilityLevel::kNone);
}

TEST_F(SchemaDiffs, ARegistrationTellsWhoMadeItAndWhetherItIsNew) {
  const auto made = Register("fresh", "a:int");
  ASSERT_THAT(made, IsOk());
  EXPECT_TRUE(made->created);
  EXPECT_EQ(made->created_by, "operator/ann");
  EXPECT_EQ(made->created_at, clock_.Now());
  EXPECT_FALSE(Register("fresh", "a:int")->created);
  EXPECT_FALSE(schemas_->GetVersion(SubjectName("fresh"), V(1), false)->created);
}

}  // namespace
}  // namespace muster::registry
