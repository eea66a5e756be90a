#include "registry/formats/protobuf/protobuf.h"

#include <string>
#include <utility>

#include "registry/formats/protobuf/canonical.h"
#include "registry/formats/protobuf/compare.h"
#include "registry/formats/protobuf/limits.h"
#include "registry/formats/protobuf/link.h"
#include "registry/formats/protobuf/print.h"
#include "registry/formats/protobuf/shape.h"

namespace muster::registry::formats {
namespace {
class ProtobufSchema : public Schema {
 public:
  ProtobufSchema(std::string text, std::string normalised, FileShape shape)
      : text_(std::move(text)), normalised_(std::move(normalised)), shape_(std::move(shape)) {}

  SchemaType type() const override { return SchemaType::kProtobuf; }
  const std::string& text() const override { return text_; }
  const std::string& normalised() const override { return normalised_; }
  StatusOr<std::vector<Difference>> Compare(const Schema& update,
                                            const CompareBudget& budget) const override {
    const auto* const other = dynamic_cast<const ProtobufSchema*>(&update);
    if (other == nullptr)
      return InvalidArgument("a PROTOBUF schema is not compared with one of {}",
                             NameOf(update.type()));
    return CompareShapes(shape_, other->shape_, budget);
  }

 private:
  std::string text_;
  std::string normalised_;
  FileShape shape_;
};

bool DeclaresNothing(const google::protobuf::FileDescriptor& file) {
  return file.message_type_count() == 0 && file.enum_type_count() == 0 &&
         file.extension_count() == 0 && file.service_count() == 0;
}
}  // namespace

StatusOr<std::shared_ptr<const Schema>> ParseProtobuf(
    std::string_view text, std::span<const ReferencedSchema> references) {
  MUSTER_ASSIGN(const Linked linked, Link(text, references));
  if (DeclaresNothing(*linked.file)) return Invalid("the file declares nothing");
  std::string kept = Print(*linked.source.file);
  std::string normalised = Print(Normalised(*linked.source.file, *linked.file));
  // Layout may make a text longer, and what is kept has to be read again.
  MUSTER_TRY(Prefixed(ScanText(kept).status(), "in one declaration a line"));
  MUSTER_TRY(Prefixed(ScanText(normalised).status(), "with names in full"));
  return std::make_shared<ProtobufSchema>(std::move(kept), std::move(normalised),
                                          ShapeOf(*linked.file));
}

}  // namespace muster::registry::formats
