// What a comparison may cost, and what it costs.

#include "tests/unit/registry_protobuf/fixture.h"

namespace muster::registry::formats {
namespace {
using muster::testing::Fails;
using muster::testing::IsOk;

const auto kTooComplex = Fails(absl::StatusCode::kResourceExhausted, Reason::kSCHEMA_TOO_COMPLEX);

std::string Wide(int fields, const std::string& type) {
  std::string body;
  for (int i = 1; i <= fields; ++i) body += fmt::format("{} reading_{} = {};\n", type, i, i);
  return Proto3("message A {\n" + body + "}");
}

// `levels` files, each of a message with two fields of the one before.
References Doubling(int levels, const std::string& scalar) {
  References out = {{"0.proto", Proto3("message M0 { " + scalar + " x = 1; }")}};
  for (int i = 1; i <= levels; ++i)
    out.push_back(
        {fmt::format("{}.proto", i),
         Proto3(fmt::format("import \"{0}.proto\"; message M{1} {{ M{0} a = 1; M{0} b = 2; }}",
                            i - 1, i))});
  return out;
}
std::string Top(int levels) {
  return Proto3(fmt::format("import \"{0}.proto\"; message A {{ M{0} m = 1; }}", levels));
}

TEST(Budget, LetsTwoMessagesOfAThousandFieldsPass) {
  const auto differences = Parsed(Wide(1000, "int32"))->Compare(*Parsed(Wide(1000, "string")), {});
  ASSERT_THAT(differences, IsOk());
  EXPECT_EQ(differences->size(), 1000u);
}

TEST(Budget, EndsAComparisonThatTakesMoreSteps) {
  const auto was = Parsed(Wide(100, "int32"));
  EXPECT_THAT(was->Compare(*was, {.steps = 50, .depth = 200}), kTooComplex);
  EXPECT_THAT(was->Compare(*was, {.steps = 110, .depth = 200}), IsOk());
  std::string values;
  for (int i = 0; i < 100; ++i) values += fmt::format("V{} = {};", i, i);
  const auto type = Parsed(Proto3("enum E {" + values + "}"));
  EXPECT_THAT(type->Compare(*type, {.steps = 50, .depth = 200}), kTooComplex);
}

TEST(Budget, EndsAComparisonThatGoesDeeper) {
  const auto schema = Parsed(Top(20), Doubling(20, "int32"));
  EXPECT_THAT(schema->Compare(*schema, {.steps = 1'000'000, .depth = 10}), kTooComplex);
  EXPECT_THAT(schema->Compare(*schema, {.steps = 1'000'000, .depth = 22}), IsOk());
}

TEST(Budget, IsNotUsedUpByTypesThatManyFieldsShare) {
  const auto was = Parsed(Top(60), Doubling(60, "int32"));  // 2^60 paths.
  const auto is = Parsed(Top(60), Doubling(60, "string"));
  const auto differences = was->Compare(*is, {.steps = 1000, .depth = 200});
  ASSERT_THAT(differences, IsOk());
  EXPECT_EQ(differences->size(), 1u + 2 * 60 + 1);
}

TEST(Budget, IsNotUsedUpByImportedTypesThatAllNameEachOther) {
  const auto dense = [](const std::string& scalar) {
    std::string text;
    for (int i = 0; i < 30; ++i) {
      text += fmt::format("message M{} {{ {} x = 100;", i, scalar);
      for (int k = 0; k < 30; ++k) text += fmt::format(" M{} f{} = {};", k, k, k + 1);
      text += "}\n";
    }
    return References{{"dense.proto", Proto3(text)}};
  };
  const std::string text = Proto3("import \"dense.proto\"; message A { M0 m = 1; }");
  const auto was = Parsed(text, dense("int32"));
  const auto is = Parsed(text, dense("string"));
  ASSERT_THAT(was->Compare(*was, {}), IsOk());
  const auto differences = was->Compare(*is, {});
  ASSERT_THAT(differences, IsOk());
  EXPECT_GE(differences->size(), 31u);
}

}  // namespace
}  // namespace muster::registry::formats
