// Any bytes as JSON schemas: a Status or a schema, never a crash. What is a schema reads back as
// itself, and differs from itself in nothing.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "registry/formats/json/json_schema.h"

namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace registry = muster::registry;
  // What stands before the first NUL is the schema, and what follows one that it may refer to.
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string_view text = bytes.substr(0, bytes.find('\0'));
  std::vector<registry::ReferencedSchema> references;
  if (text.size() < bytes.size())
    references.push_back({"other.json", std::string(bytes.substr(text.size() + 1))});
  const auto schema = registry::formats::ParseJsonSchema(text, references);
  if (!schema.ok()) {
    Require(muster::ReasonOf(schema.status()) == muster::Reason::kSCHEMA_INVALID);
    return 0;
  }
  const auto again = registry::formats::ParseJsonSchema((*schema)->text(), references);
  Require(again.ok() && (*again)->text() == (*schema)->text());
  Require((*again)->normalised() == (*schema)->normalised());
  const registry::CompareBudget budget{.steps = 20'000, .depth = 100};
  const auto differences = (*schema)->Compare(**again, budget);
  if (differences.ok())
    Require(differences->empty());
  else
    Require(muster::ReasonOf(differences.status()) == muster::Reason::kSCHEMA_TOO_COMPLEX);
  return 0;
}
