#include "registry/formats/protobuf/print.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>

#include <map>
#include <set>
#include <string_view>
#include <vector>

#include "registry/formats/protobuf/lines.h"

namespace muster::registry::formats {
namespace {
namespace pb = google::protobuf;

std::string_view LastPart(std::string_view name) {
  return name.substr(name.rfind('.') + 1);  // npos + 1 is 0.
}

template <typename Element>
std::vector<std::string> OptionsOf(const Element& element) {
  std::vector<std::string> out;
  for (const auto& option : element.options().uninterpreted_option())
    out.push_back(OptionText(option));
  return out;
}

std::string DefaultText(const pb::FieldDescriptorProto& field) {
  if (!field.has_type()) return field.default_value();  // An enum's.
  switch (field.type()) {
    case pb::FieldDescriptorProto::TYPE_STRING: return Quoted(field.default_value());
    case pb::FieldDescriptorProto::TYPE_BYTES:  // The parser keeps it escaped.
      return '"' + field.default_value() + '"';
    default: return field.default_value();
  }
}

std::vector<std::string> FieldOptionsOf(const pb::FieldDescriptorProto& field) {
  std::vector<std::string> out = OptionsOf(field);
  if (field.has_default_value()) out.push_back("default = " + DefaultText(field));
  if (field.has_json_name()) out.push_back("json_name = " + Quoted(field.json_name()));
  return out;
}

std::string TypeText(const pb::FieldDescriptorProto& field) {
  if (field.has_type_name()) return field.type_name();
  return pb::FieldDescriptor::TypeName(static_cast<pb::FieldDescriptor::Type>(field.type()));
}

std::string_view LabelText(const pb::FieldDescriptorProto& field, bool proto3) {
  switch (field.label()) {
    case pb::FieldDescriptorProto::LABEL_REPEATED: return "repeated ";
    case pb::FieldDescriptorProto::LABEL_REQUIRED: return "required ";
    default: return proto3 && !field.proto3_optional() ? "" : "optional ";
  }
}

// "5", "7 to 9" or "10 to max"; `last` is in the range.
std::string RangeText(int first, int last, bool to_max) {
  if (to_max) return fmt::format("{} to max", first);
  return first == last ? std::to_string(first) : fmt::format("{} to {}", first, last);
}

class Printer {
 public:
  explicit Printer(bool proto3) : proto3_(proto3) {}

  std::string File(const pb::FileDescriptorProto& file) {
    lines_.Line(fmt::format("syntax = \"{}\";", proto3_ ? "proto3" : "proto2"));
    if (file.has_package()) lines_.Line("package " + file.package() + ";");
    Imports(file);
    Options(file);
    Types(file.message_type(), file.enum_type(), GroupsOf(file));
    Extensions(file.extension(), file.message_type());
    for (const auto& service : file.service()) Service(service);
    return lines_.Take();
  }

 private:
  using Messages = pb::RepeatedPtrField<pb::DescriptorProto>;
  using Enums = pb::RepeatedPtrField<pb::EnumDescriptorProto>;
  using Fields = pb::RepeatedPtrField<pb::FieldDescriptorProto>;

  // Messages that are printed where a field needs them.
  static void AddGroups(const Fields& fields, std::set<std::string_view>& groups) {
    for (const auto& field : fields)
      if (field.type() == pb::FieldDescriptorProto::TYPE_GROUP)
        groups.insert(LastPart(field.type_name()));
  }
  static std::set<std::string_view> GroupsOf(const pb::FileDescriptorProto& file) {
    std::set<std::string_view> groups;
    AddGroups(file.extension(), groups);
    return groups;
  }
  static std::set<std::string_view> GroupsOf(const pb::DescriptorProto& message) {
    std::set<std::string_view> groups;
    AddGroups(message.field(), groups);
    AddGroups(message.extension(), groups);
    return groups;
  }

  void Imports(const pb::FileDescriptorProto& file) {
    std::map<int, std::string_view> kinds;
    for (const int i : file.weak_dependency()) kinds[i] = "weak ";
    for (const int i : file.public_dependency()) kinds[i] = "public ";
    lines_.Section();
    for (int i = 0; i < file.dependency_size(); ++i)
      lines_.Line(fmt::format("import {}{};", kinds[i], Quoted(file.dependency(i))));
  }

  template <typename Element>
  void Options(const Element& element) {
    lines_.Section();
    for (const std::string& option : OptionsOf(element)) lines_.Line("option " + option + ";");
  }

  void Types(const Messages& messages, const Enums& enums,
             const std::set<std::string_view>& groups) {
    lines_.Section();
    for (const auto& message : messages) {
      if (message.options().map_entry() || groups.contains(message.name())) continue;
      lines_.Open("message " + message.name());
      Body(message);
      lines_.Close();
    }
    for (const auto& type : enums) Enum(type);
  }

  void Body(const pb::DescriptorProto& message) {
    Reserved(message, [](const auto& range) {
      return RangeText(range.start(), range.end() - 1,
                       range.end() > pb::FieldDescriptor::kMaxNumber);
    });
    Options(message);
    lines_.Section();
    for (const auto& field : message.field())
      if (!field.has_oneof_index() || field.proto3_optional())
        Field(field, LabelText(field, proto3_), message.nested_type());
    Oneofs(message);
    lines_.Section();
    for (const auto& range : message.extension_range())
      lines_.Statement("extensions " + RangeText(range.start(), range.end() - 1,
                                                 range.end() > pb::FieldDescriptor::kMaxNumber),
                       OptionsOf(range));
    Types(message.nested_type(), message.enum_type(), GroupsOf(message));
    Extensions(message.extension(), message.nested_type());
  }

  template <typename Element, typename Text>
  void Reserved(const Element& element, Text text) {
    lines_.Section();
    std::string numbers;
    for (const auto& range : element.reserved_range())
      numbers += (numbers.empty() ? "" : ", ") + text(range);
    if (!numbers.empty()) lines_.Line("reserved " + numbers + ";");
    std::string names;
    for (const auto& name : element.reserved_name())
      names += (names.empty() ? "" : ", ") + Quoted(name);
    if (!names.empty()) lines_.Line("reserved " + names + ";");
  }

  void Oneofs(const pb::DescriptorProto& message) {
    std::vector<std::vector<const pb::FieldDescriptorProto*>> members(
        static_cast<std::size_t>(message.oneof_decl_size()));
    for (const auto& field : message.field())
      if (field.has_oneof_index() && !field.proto3_optional())
        members[static_cast<std::size_t>(field.oneof_index())].push_back(&field);
    lines_.Section();
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (members[i].empty()) continue;  // It stands for an `optional`.
      const auto& oneof = message.oneof_decl(static_cast<int>(i));
      lines_.Open("oneof " + oneof.name());
      Options(oneof);
      lines_.Section();
      for (const auto* field : members[i]) Field(*field, "", message.nested_type());
      lines_.Close();
    }
  }

  // `beside` are the messages of the scope that the field is in, with maps' entries and groups.
  void Field(const pb::FieldDescriptorProto& field, std::string_view label,
             const Messages& beside) {
    const pb::DescriptorProto* const type = Beside(field, beside);
    if (type != nullptr && type->options().map_entry()) {
      lines_.Statement(fmt::format("map<{}, {}> {} = {}", TypeText(type->field(0)),
                                   TypeText(type->field(1)), field.name(), field.number()),
                       FieldOptionsOf(field));
    } else if (type != nullptr && field.type() == pb::FieldDescriptorProto::TYPE_GROUP) {
      lines_.Statement(fmt::format("{}group {} = {}", label, type->name(), field.number()),
                       FieldOptionsOf(field), true);
      Body(*type);
      lines_.Close();
    } else {
      lines_.Statement(
          fmt::format("{}{} {} = {}", label, TypeText(field), field.name(), field.number()),
          FieldOptionsOf(field));
    }
  }

  const pb::DescriptorProto* Beside(const pb::FieldDescriptorProto& field,
                                    const Messages& messages) {
    if (!field.has_type_name()) return nullptr;
    auto [index, fresh] = indexes_.try_emplace(&messages);
    if (fresh)
      for (const auto& message : messages) index->second.emplace(message.name(), &message);
    const auto found = index->second.find(LastPart(field.type_name()));
    return found == index->second.end() ? nullptr : found->second;
  }

  void Enum(const pb::EnumDescriptorProto& type) {
    lines_.Open("enum " + type.name());
    Reserved(type, [](const auto& range) {
      return RangeText(range.start(), range.end(), range.end() == INT32_MAX);
    });
    Options(type);
    lines_.Section();
    for (const auto& value : type.value())
      lines_.Statement(fmt::format("{} = {}", value.name(), value.number()), OptionsOf(value));
    lines_.Close();
  }

  void Extensions(const Fields& fields, const Messages& beside) {
    lines_.Section();
    for (int i = 0; i < fields.size();) {
      lines_.Open("extend " + fields[i].extendee());
      for (const std::string& extendee = fields[i].extendee();
           i < fields.size() && fields[i].extendee() == extendee; ++i)
        Field(fields[i], LabelText(fields[i], proto3_), beside);
      lines_.Close();
    }
  }

  void Service(const pb::ServiceDescriptorProto& service) {
    lines_.Section();
    lines_.Open("service " + service.name());
    Options(service);
    lines_.Section();
    for (const auto& method : service.method()) {
      const std::string head = fmt::format(
          "rpc {} ({}{}) returns ({}{})", method.name(), method.client_streaming() ? "stream " : "",
          method.input_type(), method.server_streaming() ? "stream " : "", method.output_type());
      if (OptionsOf(method).empty()) {
        lines_.Line(head + ";");
        continue;
      }
      lines_.Open(head);
      Options(method);
      lines_.Close();
    }
    lines_.Close();
  }

  bool proto3_;
  Lines lines_;
  // Of each list of messages that a field asked for, by name: a linear search would be quadratic.
  std::map<const Messages*, std::map<std::string_view, const pb::DescriptorProto*>> indexes_;
};
}  // namespace

std::string Print(const pb::FileDescriptorProto& file) {
  return Printer(file.syntax() == "proto3").File(file);
}

}  // namespace muster::registry::formats
