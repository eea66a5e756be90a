#include "registry/evidence/bundle.h"

#include "tests/unit/registry_evidence/fixture.h"

namespace muster::registry::evidence {
namespace {

TEST(Bundle, ReadsBackAsItWasWritten) {
  History history;
  const Bundle bundle = *history.Export();
  const auto again = ParseBundle(*EncodeBundle(bundle));
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(*again, bundle);
}

TEST(Bundle, InAnotherSpellingIsRefused) {
  History history;
  std::string text = *EncodeBundle(*history.Export());
  text.insert(1, " ");
  EXPECT_THAT(ParseBundle(text),
              Fails(absl::StatusCode::kInvalidArgument, Reason::kARTEFACT_INVALID));
}

TEST(Bundle, OfAnotherFormatOrShapeIsRefused) {
  for (
      const char* text :
      {"", "{}", "[1]", "null", R"({"format":"muster-evidence/2"})",
       R"({"checkpoint":"","format":"muster-evidence/1","key":"","leaves":{},"model":"","statement":"","version":1})",
       R"({"checkpoint":"","format":"muster-evidence/1","key":"","leaves":[1],"model":"","statement":"","version":1})"})
    EXPECT_THAT(ParseBundle(text),
                Fails(absl::StatusCode::kInvalidArgument, Reason::kARTEFACT_INVALID))
        << text;
}

// A fact beyond what a leaf holds travels beside it.
TEST(Bundle, CarriesAFactThatIsTooLongForALeaf) {
  History history;
  history.Write(
      "model/wear", 4,
      R"({"alias":"champion","from":2,"version":1,"why":")" + std::string(70'000, 'x') + R"("})",
      "AliasMoved");
  ASSERT_THAT(history.log().Advance(), IsOk());
  ASSERT_THAT(history.log().Publish(), IsOk());
  Bundle bundle = *history.Export();
  EXPECT_FALSE(bundle.leaves.back().fact.empty());
  ASSERT_THAT(Verify(bundle, std::nullopt, history.crypto()), IsOk());
  bundle.leaves.back().fact[100] = 'y';
  EXPECT_THAT(Verify(bundle, std::nullopt, history.crypto()),
              Fails(absl::StatusCode::kInvalidArgument, Reason::kARTEFACT_INVALID));
}

}  // namespace
}  // namespace muster::registry::evidence
