#include "registry/formats/json/json_schema.h"

#include <string>
#include <utility>

#include "registry/formats/json/compare.h"
#include "registry/formats/json/compiler.h"
#include "registry/formats/json/documents.h"

namespace muster::registry::formats {
namespace {
class JsonSchema : public Schema {
 public:
  JsonSchema(std::string text, std::string normalised, json::Graph graph)
      : text_(std::move(text)), normalised_(std::move(normalised)), graph_(std::move(graph)) {}

  SchemaType type() const override { return SchemaType::kJson; }
  const std::string& text() const override { return text_; }
  const std::string& normalised() const override { return normalised_; }
  StatusOr<std::vector<Difference>> Compare(const Schema& update,
                                            const CompareBudget& budget) const override {
    const auto* other = dynamic_cast<const JsonSchema*>(&update);
    if (!other)
      return InvalidArgument("a JSON schema is not compared with {}", NameOf(update.type()));
    return json::CompareGraphs(graph_, other->graph_, budget);
  }

 private:
  std::string text_;
  std::string normalised_;
  json::Graph graph_;
};
}  // namespace

StatusOr<std::shared_ptr<const Schema>> ParseJsonSchema(
    std::string_view text, std::span<const ReferencedSchema> references) {
  MUSTER_ASSIGN(json::Documents documents, json::Documents::Load(text, references));
  MUSTER_ASSIGN(json::Graph graph, json::Compiler(documents).Compile());
  const json::Value& value = documents.value();
  return std::make_shared<const JsonSchema>(json::Spell(value, json::Spelling::kAsWritten),
                                            json::Spell(value, json::Spelling::kSorted),
                                            std::move(graph));
}

}  // namespace muster::registry::formats
