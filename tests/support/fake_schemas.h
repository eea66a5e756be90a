#pragma once
// A schema format small enough to see through, for tests of what stands on the formats: fields
// "name:type", with a default when '=' follows, and "&name" for the fields of a reference. Types
// widen from int over long to double; nothing else is like text.
#include <algorithm>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <utility>

#include "registry/schema.h"

namespace muster::testing {

class FakeSchema final : public registry::Schema {
 public:
  struct Field {
    int width = 0;  // 0: text; 1 to 3: numbers.
    bool has_default = false;
  };
  using Fields = std::map<std::string, Field>;

  FakeSchema(registry::SchemaType type, std::string text, std::string normalised, Fields fields)
      : type_(type),
        text_(std::move(text)),
        normalised_(std::move(normalised)),
        fields_(std::move(fields)) {}

  registry::SchemaType type() const override { return type_; }
  const std::string& text() const override { return text_; }
  const std::string& normalised() const override { return normalised_; }
  const Fields& fields() const { return fields_; }

  StatusOr<std::vector<registry::Difference>> Compare(
      const registry::Schema& update, const registry::CompareBudget& budget) const override {
    if (update.type() != type_) return InvalidArgument("another type");
    const Fields& theirs = static_cast<const FakeSchema&>(update).fields_;
    if (fields_.size() + theirs.size() > budget.steps)
      return WithReason(ResourceExhausted("too many steps"), Reason::kSCHEMA_TOO_COMPLEX);
    std::vector<registry::Difference> out;
    for (const auto& [name, field] : theirs) {
      const auto ours = fields_.find(name);
      if (ours == fields_.end())
        out.push_back({field.has_default ? "FIELD_ADDED" : "FIELD_WITHOUT_DEFAULT", "/" + name,
                       field.has_default, "the field was not there"});
      else if (!Widens(ours->second.width, field.width))
        out.push_back({"FIELD_TYPE_CHANGED", "/" + name, false, "the type does not widen"});
    }
    for (const auto& [name, field] : fields_)
      if (!theirs.contains(name)) out.push_back({"FIELD_REMOVED", "/" + name, true, "it is gone"});
    return out;
  }

 private:
  static bool Widens(int from, int to) { return from == to || (from > 0 && to >= from); }

  const registry::SchemaType type_;
  const std::string text_;
  const std::string normalised_;
  const Fields fields_;
};

class FakeSchemaParser final : public registry::SchemaParser {
 public:
  StatusOr<std::shared_ptr<const registry::Schema>> Parse(
      registry::SchemaType type, std::string_view text,
      std::span<const registry::ReferencedSchema> references) const override {
    std::map<std::string, std::string> texts;
    for (const auto& reference : references) texts[reference.name] = reference.text;
    FakeSchema::Fields fields;
    MUSTER_TRY(Add(text, texts, 0, fields));
    if (fields.empty()) return Invalid("no fields");
    std::string normalised;
    for (const auto& [name, field] : fields)
      normalised += fmt::format("{}{}:{}{}", normalised.empty() ? "" : " ", name,
                                kTypes[field.width], field.has_default ? "=" : "");
    return std::make_shared<const FakeSchema>(type, Squeezed(text), normalised, fields);
  }

 private:
  static constexpr const char* kTypes[] = {"text", "int", "long", "double"};

  static Status Invalid(std::string_view why) {
    return WithReason(InvalidArgument("{}", why), Reason::kSCHEMA_INVALID);
  }

  static std::string Squeezed(std::string_view text) {
    std::istringstream in{std::string(text)};
    std::string out;
    for (std::string word; in >> word;) out += (out.empty() ? "" : " ") + word;
    return out;
  }

  static Status Add(std::string_view text, const std::map<std::string, std::string>& references,
                    int depth, FakeSchema::Fields& fields) {
    if (depth > kMostDepth) return Invalid("too deep");
    std::istringstream in{std::string(text)};
    for (std::string word; in >> word;) {
      if (word.starts_with('&')) {
        const auto it = references.find(word.substr(1));
        if (it == references.end()) return Invalid("an unknown name");
        MUSTER_TRY(Add(it->second, references, depth + 1, fields));
        continue;
      }
      const bool has_default = word.ends_with('=');
      if (has_default) word.pop_back();
      const auto colon = word.find(':');
      if (colon == 0 || colon == std::string::npos) return Invalid("not a field");
      const auto type = std::find(std::begin(kTypes), std::end(kTypes), word.substr(colon + 1));
      if (type == std::end(kTypes)) return Invalid("an unknown type");
      const int width = static_cast<int>(type - std::begin(kTypes));
      if (!fields.emplace(word.substr(0, colon), FakeSchema::Field{width, has_default}).second)
        return Invalid("a field twice");
    }
    return Ok();
  }
};

}  // namespace muster::testing
