#pragma once
// What the tests of JSON schemas share: parsing that has to work, and differences as short texts.
#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "registry/formats/json/json_schema.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/registry_json/invalid_at.h"

namespace muster::registry::formats {

using SchemaPtr = std::shared_ptr<const Schema>;

inline SchemaPtr Parsed(std::string_view text,
                        const std::vector<ReferencedSchema>& references = {}) {
  auto schema = ParseJsonSchema(text, references);
  EXPECT_TRUE(schema.ok()) << schema.status() << "\n" << text.substr(0, 500);
  return schema.ok() ? *schema : nullptr;
}

struct Found {
  bool compatible = true;
  std::vector<std::string> changes;  // "TYPE_CHANGED #/items", in order.
};

inline Found Summary(const std::vector<Difference>& differences) {
  Found found;
  for (const Difference& difference : differences) {
    found.compatible = found.compatible && difference.compatible;
    found.changes.push_back(difference.code + " " + difference.path);
    EXPECT_THAT(difference.detail, ::testing::EndsWith("."));
  }
  return found;
}

inline Found Compared(const SchemaPtr& original, const SchemaPtr& update,
                      const CompareBudget& budget = {}) {
  if (!original || !update) return {};
  const auto differences = original->Compare(*update, budget);
  EXPECT_TRUE(differences.ok()) << differences.status();
  return differences.ok() ? Summary(*differences) : Found{};
}

inline Found Compared(std::string_view original, std::string_view update) {
  return Compared(Parsed(original), Parsed(update));
}

// The changes alone, for expectations.
inline std::vector<std::string> Changes(std::string_view original, std::string_view update) {
  return Compared(original, update).changes;
}

inline StatusOr<SchemaPtr> Parse(std::string_view text,
                                 const std::vector<ReferencedSchema>& references = {}) {
  return ParseJsonSchema(text, references);
}

constexpr std::string_view k2020 = R"("$schema":"https://json-schema.org/draft/2020-12/schema",)";
constexpr std::string_view k2019 = R"("$schema":"https://json-schema.org/draft/2019-09/schema",)";
constexpr std::string_view k4 = R"("$schema":"http://json-schema.org/draft-04/schema#",)";
// "{...}" with a `$schema` put first.
inline std::string In(std::string_view draft, std::string_view object) {
  return "{" + std::string(draft) + std::string(object.substr(1));
}

}  // namespace muster::registry::formats
