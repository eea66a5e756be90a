#include <algorithm>
#include <cstdlib>
#include <set>

#include "registry/formats/avro/match.h"
#include "registry/formats/avro/parse.h"
#include "registry/formats/avro/report.h"
#include "tests/unit/registry_avro/avro_testing.h"
#include "tests/unit/registry_avro/random_schema.h"

namespace muster::registry::formats {
namespace {
using avro::Kind;
using avro::Node;
using ::testing::IsEmpty;

std::uint64_t Seeds() { return std::getenv("MUSTER_SOAK") ? 100'000 : 2'000; }

TEST(AvroProperty, TextAndNormalFormMeanWhatWasParsed) {
  for (std::uint64_t seed = 1; seed <= Seeds(); ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    const SchemaPtr schema = Parsed(RandomSchema(seed).Text());
    ASSERT_NE(schema, nullptr);
    const SchemaPtr text = Parsed(schema->text()), normal = Parsed(schema->normalised());
    ASSERT_EQ(text->text(), schema->text());
    ASSERT_EQ(text->normalised(), schema->normalised());
    ASSERT_EQ(normal->normalised(), schema->normalised());
  }
}

TEST(AvroProperty, ASchemaHasNoDifferenceFromItselfWithOtherDocs) {
  for (std::uint64_t seed = 1; seed <= Seeds(); ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    RandomSchema plain(seed), commented(seed);
    commented.AddDocs();
    ASSERT_THAT(Differences(plain.Text(), commented.Text()), IsEmpty());
  }
}

TEST(AvroProperty, OptionalFieldsWithADefaultBreakNobody) {
  for (std::uint64_t seed = 1; seed <= Seeds(); ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    RandomSchema plain(seed), more(seed);
    more.AddOptionalFields();
    const std::string was = plain.Text(), now = more.Text();
    ASSERT_THAT(Breaking(was, now), IsEmpty());
    ASSERT_THAT(Breaking(now, was), IsEmpty());
  }
}

// The nodes of one schema, for checks against the definition itself.
struct Nodes {
  explicit Nodes(const std::string& text) : value(*avro::ReadValue(text)) {
    root = *avro::Parser(graph).Parse(value, 0);
  }
  avro::Value value;
  avro::Graph graph;
  const Node* root = nullptr;
};

// One step of the specification's rules, with `reads` for what is inside.
template <typename Reads>
bool Step(const Node& r, const Node& w, Reads reads) {
  const auto any = [&](const Node& writer) {
    for (const Node* branch : r.branches)
      if (reads(*branch, writer)) return true;
    return false;
  };
  if (w.kind == Kind::kUnion) {
    for (const Node* branch : w.branches)
      if (!reads(r, *branch)) return false;
    return true;
  }
  if (r.kind == Kind::kUnion) return any(w);
  if (r.kind != w.kind) return avro::Promotes(w.kind, r.kind);
  if (r.inner != nullptr) return reads(*r.inner, *w.inner);
  if (!avro::IsNamed(r.kind)) return true;
  if (r.name.simple != w.name.simple) return false;
  if (r.kind == Kind::kFixed) return r.size == w.size;
  if (r.kind == Kind::kEnum) return r.enum_default || avro::SymbolsOnlyIn(w, r).empty();
  for (const avro::Field& field : r.fields) {
    const avro::FieldMatch match = avro::MatchField(field, w);
    if (match.field == nullptr ? !field.default_value
                               : match.another || !reads(*field.type, *match.field->type))
      return false;
  }
  return true;
}

// The greatest relation that the rules hold for, by taking away until nothing changes.
bool ReadsByDefinition(const Nodes& reader, const Nodes& writer) {
  std::set<std::pair<const Node*, const Node*>> no;
  const auto reads = [&](const Node& r, const Node& w) { return !no.contains({&r, &w}); };
  for (bool changed = true; changed;) {
    changed = false;
    for (const Node& r : reader.graph.nodes)
      for (const Node& w : writer.graph.nodes)
        if (reads(r, w) && !Step(r, w, reads)) changed = no.insert({&r, &w}).second;
  }
  return reads(*reader.root, *writer.root);
}

TEST(AvroProperty, TheVerdictIsThatOfTheDefinitionAndOfTheDifferences) {
  std::uint64_t readable = 0;
  for (std::uint64_t seed = 1; seed <= Seeds() / 2; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    // Half of them are close relatives: the same until a point.
    RandomSchema one(seed), two(seed % 2 == 0 ? seed + 1'000'000 : seed);
    if (seed % 2 != 0) two.AddOptionalFields();
    const Nodes a(one.Text()), b(two.Text());
    for (const auto& [reader, writer] : {std::pair(&a, &b), std::pair(&b, &a)}) {
      avro::Meter meter{CompareBudget()};
      avro::Judge judge(meter);
      const bool reads = judge.Reads(*reader->root, *writer->root);
      ASSERT_EQ(reads, ReadsByDefinition(*reader, *writer));
      avro::Report report(meter, judge);
      report.Walk(*reader->root, *writer->root);
      const auto found = report.Take();
      ASSERT_EQ(reads, std::all_of(found.begin(), found.end(),
                                   [](const Difference& d) { return d.compatible; }));
      ASSERT_THAT(meter.status(), testing::IsOk());
      readable += reads ? 1 : 0;
    }
  }
  EXPECT_GT(readable, Seeds() / 4);  // Neither answer is rare.
  EXPECT_LT(readable, Seeds() * 9 / 10);
}

}  // namespace
}  // namespace muster::registry::formats
