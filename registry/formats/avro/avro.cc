#include "registry/formats/avro/avro.h"

#include <set>
#include <string>

#include "registry/formats/avro/defaults.h"
#include "registry/formats/avro/error.h"
#include "registry/formats/avro/parse.h"
#include "registry/formats/avro/report.h"
#include "registry/formats/avro/write.h"

namespace muster::registry::formats {
namespace {
using namespace avro;

class AvroSchema final : public Schema {
 public:
  Status Read(std::string_view text, std::span<const ReferencedSchema> references) {
    Parser parser(graph_);
    int source = 0;
    std::set<std::string_view> seen;
    std::size_t bytes = 0;
    for (const ReferencedSchema& reference : references) {
      if (!seen.insert(reference.text).second) continue;
      if ((bytes += reference.text.size()) > kMostReferenceBytes)
        return Invalid("", "the references have more than {} bytes together", kMostReferenceBytes);
      const auto node = ReadOne(parser, reference.text, source);
      if (!node.ok())
        return Prefixed(node.status(), fmt::format("reference {}", Shown(reference.name)));
      context_ += WriteSchema(graph_, **node, source++, Form::kNormal);
    }
    MUSTER_ASSIGN(root_, ReadOne(parser, text, source));
    MUSTER_TRY(CheckDefaults(parser.pending()));
    text_ = WriteSchema(graph_, *root_, source, Form::kText);
    normalised_ = WriteSchema(graph_, *root_, source, Form::kNormal);
    return Ok();
  }

  SchemaType type() const override { return SchemaType::kAvro; }
  const std::string& text() const override { return text_; }
  const std::string& normalised() const override { return normalised_; }

  StatusOr<std::vector<Difference>> Compare(const Schema& update,
                                            const CompareBudget& budget) const override {
    const auto* reader = dynamic_cast<const AvroSchema*>(&update);
    if (reader == nullptr)
      return WithReason(InvalidArgument("the schema is AVRO, its update {}", NameOf(update.type())),
                        Reason::kSCHEMA_INVALID);
    if (reader->normalised_ == normalised_ && reader->context_ == context_)
      return std::vector<Difference>();
    Meter meter(budget);
    Judge judge(meter);
    Report report(meter, judge);
    report.Walk(*reader->root_, *root_);
    MUSTER_TRY(meter.status());
    return report.Take();
  }

 private:
  static StatusOr<const Node*> ReadOne(Parser& parser, std::string_view text, int source) {
    if (text.size() > SchemaParser::kMostBytes)
      return Invalid("", "{} bytes are more than {}", text.size(), SchemaParser::kMostBytes);
    MUSTER_ASSIGN(const Value value, ReadValue(text));
    return parser.Parse(value, source);
  }

  Graph graph_;
  const Node* root_ = nullptr;
  std::string text_;
  std::string normalised_;
  std::string context_;  // What the references mean, which normalised_ only names.
};
}  // namespace

StatusOr<std::shared_ptr<const Schema>> ParseAvro(std::string_view text,
                                                  std::span<const ReferencedSchema> references) {
  auto schema = std::make_shared<AvroSchema>();
  MUSTER_TRY(schema->Read(text, references));
  return std::shared_ptr<const Schema>(std::move(schema));
}

}  // namespace muster::registry::formats
