#pragma once
// What the tests of Protobuf schemas share: short ways to say a schema and what changed in it.
#include <gmock/gmock.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "registry/formats/protobuf/protobuf.h"
#include "tests/support/status_matchers.h"

namespace muster::registry::formats {

using References = std::vector<ReferencedSchema>;

inline std::string Proto2(const std::string& body) { return "syntax = \"proto2\";\n" + body; }
inline std::string Proto3(const std::string& body) { return "syntax = \"proto3\";\n" + body; }

inline std::shared_ptr<const Schema> Parsed(const std::string& text,
                                            const References& references = {}) {
  const auto schema = ParseProtobuf(text, references);
  EXPECT_TRUE(schema.ok()) << schema.status() << "\n" << text;
  return schema.ok() ? *schema : nullptr;
}

inline std::vector<Difference> Differences(const Schema& original, const Schema& update) {
  const auto differences = original.Compare(update, {});
  EXPECT_TRUE(differences.ok()) << differences.status();
  return differences.ok() ? *differences : std::vector<Difference>();
}

inline bool Compatible(const std::vector<Difference>& differences) {
  return std::all_of(differences.begin(), differences.end(),
                     [](const Difference& d) { return d.compatible; });
}

// "FIELD_ADDED #/A/2" of each.
inline std::vector<std::string> Names(const std::vector<Difference>& differences) {
  std::vector<std::string> out;
  for (const Difference& difference : differences)
    out.push_back(difference.code + " " + difference.path);
  return out;
}

inline std::vector<std::string> Changes(const std::string& original, const std::string& update) {
  const auto was = Parsed(original);
  const auto is = Parsed(update);
  return was && is ? Names(Differences(*was, *is)) : std::vector<std::string>{"unparsed"};
}

// One of Confluent's named cases, with schemas of our own.
struct Case {
  std::string name;
  bool compatible;
  std::vector<std::string> changes;
  std::string original;
  std::string update;
  References original_references = {};
  References update_references = {};
};

inline void ExpectVerdicts(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const auto was = Parsed(c.original, c.original_references);
    const auto is = Parsed(c.update, c.update_references);
    ASSERT_TRUE(was && is);
    const auto differences = Differences(*was, *is);
    EXPECT_EQ(Compatible(differences), c.compatible);
    EXPECT_THAT(Names(differences), ::testing::UnorderedElementsAreArray(c.changes));
    for (const Difference& difference : differences) EXPECT_FALSE(difference.detail.empty());
  }
}

}  // namespace muster::registry::formats
