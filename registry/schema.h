#pragma once
// Schemas as the registry sees them: text that was parsed once, and what changed between two of
// them. Ports only; registry/formats has Avro, JSON Schema and Protobuf. Levels and versions are
// judged in registry/subject.h.
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace muster::registry {

enum class SchemaType { kAvro, kJson, kProtobuf };
std::string_view NameOf(SchemaType type);  // "AVRO", as Confluent's API spells it.
std::optional<SchemaType> ParseSchemaType(std::string_view name);

// Another schema that a text names: Avro by full name, JSON Schema by `$ref`, Protobuf by import.
struct ReferencedSchema {
  std::string name;
  std::string text;
};

// One thing that is not as it was. Codes and paths are Confluent's ("TYPE_CHANGED",
// "#/properties/foo"), so that its users find what they know.
struct Difference {
  std::string code;
  std::string path;
  bool compatible = false;  // Whether a reader of the update still reads what the original wrote.
  std::string detail;       // A sentence with what was and what is.
  friend bool operator==(const Difference&, const Difference&) = default;
};

// How much a comparison may cost: a schema of recursive or nested alternatives can ask for
// exponentially many steps.
struct CompareBudget {
  std::uint64_t steps = 1'000'000;  // Pairs of (sub)schemas looked at.
  int depth = 200;                  // Pairs inside one another.
};

// A parsed schema. Immutable, and safe from any thread.
class Schema {
 public:
  virtual ~Schema() = default;
  virtual SchemaType type() const = 0;
  // The text that is kept and answered: what was registered, with insignificant space gone where
  // the format's own registry does so.
  virtual const std::string& text() const = 0;
  // The same meaning in one spelling: two schemas that only look different have equal forms.
  virtual const std::string& normalised() const = 0;
  // Every difference from this schema, the original, to `update`; none when a reader cannot tell
  // them apart. INVALID_ARGUMENT when `update` is of another type; RESOURCE_EXHAUSTED
  // (SCHEMA_TOO_COMPLEX) beyond the budget.
  virtual StatusOr<std::vector<Difference>> Compare(const Schema& update,
                                                    const CompareBudget& budget) const = 0;
};

class SchemaParser {
 public:
  static constexpr std::size_t kMostBytes = std::size_t{1} << 20;  // Of a text.
  static constexpr int kMostDepth = 100;                           // Of its nesting.

  virtual ~SchemaParser() = default;
  // `references` has those of references too, each before what names it. INVALID_ARGUMENT
  // (SCHEMA_INVALID) with the place and the reason when the text is no schema of that type: too
  // long or deep, not parsable, duplicate field, unknown name.
  virtual StatusOr<std::shared_ptr<const Schema>> Parse(
      SchemaType type, std::string_view text,
      std::span<const ReferencedSchema> references) const = 0;
};

}  // namespace muster::registry
