#include "registry/formats/protobuf/shape.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <utility>

namespace muster::registry::formats {
namespace {
namespace pb = google::protobuf;
using Kind = TypeShape::Kind;

ScalarGroup GroupOf(pb::FieldDescriptor::Type type) {
  switch (type) {
    case pb::FieldDescriptor::TYPE_SINT32:
    case pb::FieldDescriptor::TYPE_SINT64: return ScalarGroup::kZigzag;
    case pb::FieldDescriptor::TYPE_FIXED32:
    case pb::FieldDescriptor::TYPE_SFIXED32: return ScalarGroup::kFixed32;
    case pb::FieldDescriptor::TYPE_FIXED64:
    case pb::FieldDescriptor::TYPE_SFIXED64: return ScalarGroup::kFixed64;
    case pb::FieldDescriptor::TYPE_FLOAT: return ScalarGroup::kFloat;
    case pb::FieldDescriptor::TYPE_DOUBLE: return ScalarGroup::kDouble;
    case pb::FieldDescriptor::TYPE_STRING:
    case pb::FieldDescriptor::TYPE_BYTES: return ScalarGroup::kBytes;
    default: return ScalarGroup::kVarint;  // Enums too.
  }
}

Label LabelOf(const pb::FieldDescriptor& field) {
  if (field.is_map() || field.real_containing_oneof() != nullptr) return Label::kNone;
  if (field.is_repeated()) return Label::kRepeated;
  if (field.is_required()) return Label::kRequired;
  return field.has_optional_keyword() ? Label::kOptional : Label::kNone;
}

std::string LocalName(const pb::Descriptor& message) {
  const std::string& package = message.file()->package();
  return package.empty() ? message.full_name() : message.full_name().substr(package.size() + 1);
}

EnumShape EnumOf(const pb::EnumDescriptor& type) {
  std::map<int, std::string> values;
  for (int i = 0; i < type.value_count(); ++i)
    values[type.value(i)->number()] = type.value(i)->name();
  EnumShape out{type.name(), {}};
  for (auto& [number, name] : values) out.values.push_back({number, name});
  return out;
}

class Shaper {
 public:
  explicit Shaper(const pb::FileDescriptor& file) : own_(file) {}

  FileShape Run() {
    out_.package = own_.package();
    // Those of extensions at this level count as messages: no field says that they are groups.
    out_.declared = ScopeOf(own_, [](const pb::Descriptor&) { return true; });
    while (!awaited_.empty()) {
      const auto [message, index] = awaited_.front();
      awaited_.pop_front();
      MessageShape shape = ShapeOfMessage(*message);
      out_.messages[index] = std::move(shape);  // Which grew meanwhile.
    }
    return std::move(out_);
  }

 private:
  MessageIndex IndexOf(const pb::Descriptor& message) {
    const auto [at, fresh] = indexes_.emplace(&message, out_.messages.size());
    if (fresh) {
      out_.messages.emplace_back();
      awaited_.emplace_back(&message, at->second);
    }
    return at->second;
  }

  MessageShape ShapeOfMessage(const pb::Descriptor& message) {
    MessageShape out;
    out.name = message.name();
    out.local_name = LocalName(message);
    out.imported = message.file() != &own_;
    for (int i = 0; i < message.real_oneof_decl_count(); ++i)
      out.oneofs.push_back(message.oneof_decl(i)->name());
    std::set<const pb::Descriptor*> inlined;
    for (int i = 0; i < message.field_count(); ++i) {
      const pb::FieldDescriptor& field = *message.field(i);
      out.fields.push_back(ShapeOfField(field));
      if (field.is_map() || field.type() == pb::FieldDescriptor::TYPE_GROUP)
        inlined.insert(field.message_type());
    }
    std::sort(out.fields.begin(), out.fields.end(),
              [](const FieldShape& a, const FieldShape& b) { return a.number < b.number; });
    out.nested =
        ScopeOf(message, [&](const pb::Descriptor& type) { return !inlined.contains(&type); });
    return out;
  }

  FieldShape ShapeOfField(const pb::FieldDescriptor& field) {
    const pb::OneofDescriptor* const oneof = field.real_containing_oneof();
    return {field.number(), field.name(), LabelOf(field), TypeOf(field),
            oneof == nullptr ? -1 : oneof->index()};
  }

  TypeShape TypeOf(const pb::FieldDescriptor& field) {
    if (field.is_map()) return MapOf(*field.message_type());
    TypeShape out;
    out.kind = field.type() == pb::FieldDescriptor::TYPE_GROUP     ? Kind::kGroup
               : field.type() == pb::FieldDescriptor::TYPE_MESSAGE ? Kind::kMessage
                                                                   : Kind::kScalar;
    out.spelled = field.type_name();
    out.scalar = GroupOf(field.type());
    if (field.message_type() != nullptr) {
      out.message = IndexOf(*field.message_type());
      out.spelled = field.message_type()->full_name();
    } else if (field.enum_type() != nullptr) {
      out.spelled = field.enum_type()->full_name();
    }
    return out;
  }

  TypeShape MapOf(const pb::Descriptor& entry) {
    const TypeShape key = TypeOf(*entry.map_key());
    TypeShape value = TypeOf(*entry.map_value());
    return {Kind::kMap,   key.scalar,    value.kind,
            value.scalar, value.message, "map<" + key.spelled + ", " + value.spelled + ">"};
  }

  static int Count(const pb::FileDescriptor& file) { return file.message_type_count(); }
  static int Count(const pb::Descriptor& message) { return message.nested_type_count(); }
  static const pb::Descriptor& Type(const pb::FileDescriptor& file, int i) {
    return *file.message_type(i);
  }
  static const pb::Descriptor& Type(const pb::Descriptor& message, int i) {
    return *message.nested_type(i);
  }

  template <typename Parent, typename Counts>
  ScopeShape ScopeOf(const Parent& parent, Counts counts) {
    ScopeShape out;
    for (int i = 0; i < Count(parent); ++i)
      if (counts(Type(parent, i))) out.messages.push_back(IndexOf(Type(parent, i)));
    for (int i = 0; i < parent.enum_type_count(); ++i)
      out.enums.push_back(EnumOf(*parent.enum_type(i)));
    return out;
  }

  const pb::FileDescriptor& own_;
  FileShape out_;
  std::map<const pb::Descriptor*, MessageIndex> indexes_;
  std::deque<std::pair<const pb::Descriptor*, MessageIndex>> awaited_;
};
}  // namespace

FileShape ShapeOf(const pb::FileDescriptor& file) { return Shaper(file).Run(); }

}  // namespace muster::registry::formats
