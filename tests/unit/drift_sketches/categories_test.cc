#include "drift/sketches/categories.h"

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace muster::drift {
namespace {
using ::muster::testing::Fails;
using ::muster::testing::IsOk;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr std::string_view kText = R"({"categories":["gas","oil"],"counts":[2,1,1,1]})";

CategoryCounts Sample() {
  CategoryCounts out = *CategoryCounts::Over({"oil", "gas"});
  for (const char* name : {"gas", "oil", "steam", "gas"}) EXPECT_THAT(out.Add(name), IsOk());
  EXPECT_THAT(out.AddNull(), IsOk());
  return out;
}

TEST(CategoryCounts, CountTheUnseenApartFromTheNull) {
  const CategoryCounts counts = Sample();
  EXPECT_EQ(counts.cells()[0], 2u);
  EXPECT_EQ(counts.cells()[1], 1u);
  EXPECT_EQ(counts.unseen(), 1u);
  EXPECT_EQ(counts.nulls(), 1u);
  EXPECT_EQ(counts.rows(), 5u);
  EXPECT_EQ(counts.values().size(), 3u);
}

TEST(CategoryCounts, MergeOnlyWithTheSameCategories) {
  CategoryCounts counts = Sample();
  ASSERT_THAT(counts.Merge(Sample()), IsOk());
  EXPECT_EQ(counts.rows(), 10u);
  EXPECT_EQ(counts.cells()[0], 4u);
  const CategoryCounts before = counts;
  EXPECT_THAT(counts.Merge(*CategoryCounts::Over({"gas", "sun"})),
              Fails(kInvalid, Reason::kCONTRACT_MISMATCH));
  EXPECT_EQ(counts, before);
}

TEST(CategoryCounts, RefuseMoreThanTheMostCountsUnchanged) {
  CategoryCounts full =
      *CategoryCounts::Parse(R"({"categories":["a"],"counts":[9007199254740991,0,0]})");
  const CategoryCounts before = full;
  EXPECT_THAT(full.Add("a"), Fails(kInvalid, Reason::kDATA_OUT_OF_RANGE));
  EXPECT_THAT(full.Merge(before), Fails(kInvalid, Reason::kDATA_OUT_OF_RANGE));
  EXPECT_EQ(full, before);
}

TEST(CategoryCounts, WantNamesThatCanBeWritten) {
  for (const std::vector<std::string>& names : {std::vector<std::string>{},
                                                {""},
                                                {"a", "a"},
                                                {"\n"},
                                                {"\xff"},
                                                {std::string(65, 'a')},
                                                std::vector<std::string>(kMostCategories + 1, "a")})
    EXPECT_THAT(CategoryCounts::Over(names), Fails(kInvalid, Reason::kFIELD_INVALID));
}

TEST(CategoryCounts, HaveOneText) {
  EXPECT_EQ(Sample().Encode(), kText);
  EXPECT_EQ(*CategoryCounts::Parse(kText), Sample());
}

TEST(CategoryCounts, RefuseTextsThatTheyWouldNotHaveWritten) {
  for (const std::string& text :
       std::vector<std::string>{"", "[]", R"({"categories":["oil","gas"],"counts":[1,2,1,1]})",
                                R"({"categories":["gas","oil"],"counts":[2,1,1]})",
                                R"({"categories":["gas","gas"],"counts":[2,1,1,1]})",
                                R"({"categories":[1,2],"counts":[2,1,1,1]})",
                                R"({"categories":["gas","oil"],"counts":[2,1,1,-1]})",
                                R"({"categories":["gas","oil"],"counts":[9007199254740991,1,0,0]})",
                                std::string(kMostCategoriesBytes + 1, ' ')})
    EXPECT_THAT(CategoryCounts::Parse(text), Fails(kInvalid, Reason::kARTEFACT_INVALID)) << text;
}

TEST(CategoryCounts, OfTheMostAndLongestNamesStillHaveAText) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kMostCategories; ++i)
    names.push_back(fmt::format("{:03}{}", i, std::string(kMostCategoryBytes - 3, '"')));
  const CategoryCounts counts = *CategoryCounts::Over(names);
  EXPECT_EQ(*CategoryCounts::Parse(counts.Encode()), counts);
}

}  // namespace
}  // namespace muster::drift
