// Verdicts, codes and paths of the cases that Confluent tests its own comparison with. Names and
// verdicts are theirs (snapshot 794611bd86d), the schemas are ours.
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/unit/registry_json/fixture.h"

namespace muster::registry::formats {
namespace {

// Each case of the file holds exactly; a name may stand for several.
void Holds(const std::string& file, std::size_t count) {
  std::ifstream in(std::string(MUSTER_JSON_CASES) + "/" + file);
  const auto cases = nlohmann::ordered_json::parse(in);
  EXPECT_EQ(cases.size(), count);
  for (const auto& c : cases) {
    SCOPED_TRACE(c.at("name").get<std::string>() + "\n" + c.dump(1));
    const Found found = Compared(c.at("original").dump(), c.at("update").dump());
    EXPECT_EQ(found.changes, c.at("changes").get<std::vector<std::string>>());
    EXPECT_EQ(found.compatible, c.at("compatible").get<bool>());
  }
}

TEST(ConfluentCases, HoldForDraft7) { Holds("single.json", 104); }
TEST(ConfluentCases, HoldForDraft2020) { Holds("single-2020-12.json", 113); }
TEST(ConfluentCases, HoldForCombinedSchemasOfDraft7) { Holds("combined.json", 28); }
TEST(ConfluentCases, HoldForCombinedSchemasOfDraft2020) { Holds("combined-2020-12.json", 18); }

}  // namespace
}  // namespace muster::registry::formats
