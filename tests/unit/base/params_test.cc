#include "base/params.h"

#include <gtest/gtest.h>

namespace muster {
namespace {
TEST(Layout, SortsByNameAndLaysTensorsBackToBack) {
  const auto layout = Layout::Make({{"fc2.bias", DType::kF32, {3}},
                                    {"fc1.weight", DType::kF32, {2, 4}},
                                    {"fc1.bias", DType::kF32, {0}},
                                    {"scale", DType::kF32, {}}});
  ASSERT_TRUE(layout.ok()) << layout.status();
  ASSERT_EQ(layout->tensors().size(), 4u);
  const std::string names[] = {"fc1.bias", "fc1.weight", "fc2.bias", "scale"};
  const std::size_t offsets[] = {0, 0, 8, 11}, counts[] = {0, 8, 3, 1};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(layout->tensors()[i].name, names[i]);
    EXPECT_EQ(layout->offset(i), offsets[i]);
    EXPECT_EQ(layout->count(i), counts[i]);
  }
  EXPECT_EQ(layout->size(), 12u);
}

TEST(Layout, WithoutTensorsIsEmpty) {
  EXPECT_EQ(Layout::Make({})->size(), 0u);
  EXPECT_EQ(*Layout::Make({}), Layout());
}

TEST(Layout, RefusesWhatIsNotOneFlatSpanOfFloats) {
  const std::vector<std::vector<TensorSpec>> bad = {
      {{"a", DType::kF32, {1}}, {"a", DType::kF32, {2}}},
      {{"a", DType::kF32, {-1}}},
      {{"a", DType::kF32, {0, -1}}},
      {{"a", DType::kF16, {1}}},
      {{"a", DType::kI64, {1}}},
      {{"a", DType::kF32, {1LL << 41}}},
      {{"a", DType::kF32, {1LL << 32, 1LL << 32}}},
      {{"a", DType::kF32, {1LL << 62, 4}}},
      {{"a", DType::kF32, {1LL << 40}}, {"b", DType::kF32, {1}}},
  };
  for (const auto& tensors : bad)
    EXPECT_EQ(Layout::Make(tensors).status().code(), absl::StatusCode::kInvalidArgument)
        << tensors[0].name << ShapeText(tensors[0].shape);
  std::vector<TensorSpec> many(65'537);
  for (std::size_t i = 0; i < many.size(); ++i) many[i].name = std::to_string(i);
  EXPECT_FALSE(Layout::Make(many).ok());
  many.pop_back();
  EXPECT_TRUE(Layout::Make(many).ok());
}

TEST(Layout, ADifferenceIsNamed) {
  const auto make = [](std::vector<TensorSpec> t) { return *Layout::Make(std::move(t)); };
  const Layout mine = make({{"a", DType::kF32, {1}}, {"b", DType::kF32, {2, 3}}});
  EXPECT_TRUE(mine.CheckSame(mine).ok());
  const auto message = [&](const Layout& theirs) {
    const Status status = mine.CheckSame(theirs);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    return std::string(MessageOf(status));
  };
  EXPECT_NE(message(make({{"a", DType::kF32, {1}}, {"b", DType::kF32, {3, 2}}})).find("[3, 2]"),
            std::string::npos);
  EXPECT_NE(message(make({{"a", DType::kF32, {1}}, {"c", DType::kF32, {2, 3}}})).find("'c'"),
            std::string::npos);
  EXPECT_NE(message(make({{"a", DType::kF32, {1}}})).find("2 are expected"), std::string::npos);
  // A scalar is not a vector of one.
  EXPECT_FALSE(make({{"a", DType::kF32, {}}}).CheckSame(make({{"a", DType::kF32, {1}}})).ok());
}

TEST(DType, NamesAndSizesAreThoseOfSafetensors) {
  const std::tuple<DType, std::string_view, std::size_t> all[] = {
      {DType::kF32, "F32", 4},  {DType::kF16, "F16", 2}, {DType::kBF16, "BF16", 2},
      {DType::kI64, "I64", 8},  {DType::kI32, "I32", 4}, {DType::kU8, "U8", 1},
      {DType::kBool, "BOOL", 1}};
  for (const auto& [dtype, name, size] : all) {
    EXPECT_EQ(NameOf(dtype), name);
    EXPECT_EQ(SizeOf(dtype), size);
  }
}

TEST(ShapeText, IsAListInBrackets) {
  EXPECT_EQ(ShapeText(std::vector<std::int64_t>{420, 64}), "[420, 64]");
  EXPECT_EQ(ShapeText({}), "[]");
}
}  // namespace
}  // namespace muster
