#include "config/message_reader.h"

#include <google/protobuf/descriptor.h>

#include <map>
#include <vector>

#include "base/nearest.h"
#include "config/scalar.h"
#include "config/text.h"

namespace muster::config {
namespace {
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

const FieldDescriptor* FindField(const Descriptor& type, const std::string& key) {
  if (const FieldDescriptor* field = type.FindFieldByName(key)) return field;
  return type.FindFieldByCamelcaseName(key);
}

std::vector<std::string> FieldNames(const Descriptor& type) {
  std::vector<std::string> names;
  for (int i = 0; i < type.field_count(); ++i) names.push_back(type.field(i)->name());
  return names;
}

std::string Join(const std::string& parent, std::string_view child) {
  return parent.empty() ? std::string(child) : fmt::format("{}.{}", parent, child);
}

class Reader {
 public:
  Reader(SourceMap& source, Problems& problems) : source_(source), problems_(problems) {}

  void Fields(const YamlNode& map, std::string_view ignored_key, const std::string& path,
              Message& message) {
    std::map<std::string, const YamlNode*>
        seen;  // Field, or "oneof <name>" -> the key that set it.
    for (std::size_t i = 0; i + 1 < map.items.size(); i += 2) {
      const YamlNode& key = *map.items[i];
      if (!CheckKey(key, path)) continue;
      if (!ignored_key.empty() && key.text == ignored_key) continue;
      const FieldDescriptor* field = FindField(*message.GetDescriptor(), key.text);
      const std::string at = Join(path, field == nullptr ? Shortened(key.text) : field->name());
      if (field == nullptr) {
        problems_.Add(key.at, at, Reason::kFIELD_UNKNOWN,
                      fmt::format("unknown field in {}{}", message.GetDescriptor()->full_name(),
                                  DidYouMean(key.text, FieldNames(*message.GetDescriptor()))));
      } else if (IsFirst(key, *field, at, seen)) {
        source_.Add(at, key.at);
        Field(*map.items[i + 1], *field, at, message);
      }
    }
  }

 private:
  // Counts a visit; false once the file asks for too much. That is reported once.
  bool Enter(const YamlNode& node, const std::string& path, int depth) {
    if (exhausted_) return false;
    if (++visited_ <= kMaxNodes && depth <= kMaxDepth) return true;
    exhausted_ = true;
    problems_.Add(node.at, path, Reason::kFIELD_INVALID,
                  depth > kMaxDepth ? fmt::format("deeper than {} levels", kMaxDepth)
                                    : fmt::format("aliases make more than {} values", kMaxNodes));
    return false;
  }

  void Invalid(const YamlNode& node, const std::string& path, std::string_view text) {
    problems_.Add(node.at, path, Reason::kFIELD_INVALID, text);
  }

  bool CheckKey(const YamlNode& key, const std::string& path) {
    if (key.kind == YamlNode::Kind::kScalar) return true;
    Invalid(key, path, fmt::format("a key must be text, not {}", KindText(key)));
    return false;
  }

  // A field may be set once, and of a oneof only one field.
  bool IsFirst(const YamlNode& key, const FieldDescriptor& field, const std::string& path,
               std::map<std::string, const YamlNode*>& seen) {
    if (const auto [it, first] = seen.emplace(field.name(), &key); !first) {
      problems_.Add(key.at, path, Reason::kFIELD_DUPLICATE,
                    fmt::format("set twice; first in line {}", it->second->at.line));
      return false;
    }
    const auto* oneof = field.real_containing_oneof();
    if (oneof == nullptr) return true;
    const auto [it, first] = seen.emplace("oneof " + oneof->name(), &key);
    if (first) return true;
    problems_.Add(key.at, path, Reason::kFIELD_DUPLICATE,
                  fmt::format("only one {} may be set, and line {} sets '{}'", oneof->name(),
                              it->second->at.line, it->second->text));
    return false;
  }

  void Field(const YamlNode& node, const FieldDescriptor& field, const std::string& path,
             Message& message) {
    if (field.is_map()) return Map(node, field, path, message);
    if (field.is_repeated()) return List(node, field, path, message);
    Value(node, field, path, message);
  }

  void List(const YamlNode& node, const FieldDescriptor& field, const std::string& path,
            Message& message) {
    if (node.kind == YamlNode::Kind::kNull) return;
    if (node.kind != YamlNode::Kind::kList)
      return Invalid(node, path, fmt::format("expected a list, not {}", KindText(node)));
    for (std::size_t i = 0; i < node.items.size() && !exhausted_; ++i) {
      const std::string at = fmt::format("{}[{}]", path, i);
      source_.Add(at, node.items[i]->at);
      Value(*node.items[i], field, at, message);
      if (const std::string name = NameOfLast(field, message); !name.empty())
        source_.AddName(fmt::format("{}[{}]", path, name), at);
    }
  }

  // What the last item of a list of messages calls itself; empty when it has no name.
  static std::string NameOfLast(const FieldDescriptor& field, const Message& message) {
    if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return "";
    const FieldDescriptor* name = field.message_type()->FindFieldByName("name");
    const int count = message.GetReflection()->FieldSize(message, &field);
    if (name == nullptr || name->is_repeated() || count == 0 ||
        name->cpp_type() != FieldDescriptor::CPPTYPE_STRING)
      return "";
    const Message& item = message.GetReflection()->GetRepeatedMessage(message, &field, count - 1);
    return item.GetReflection()->GetString(item, name);
  }

  void Map(const YamlNode& node, const FieldDescriptor& field, const std::string& path,
           Message& message) {
    if (node.kind == YamlNode::Kind::kNull) return;
    if (node.kind != YamlNode::Kind::kMap)
      return Invalid(node, path, fmt::format("expected a map, not {}", KindText(node)));
    std::map<std::string, int> first_lines;
    for (std::size_t i = 0; i + 1 < node.items.size() && !exhausted_; i += 2) {
      const YamlNode& key = *node.items[i];
      if (!CheckKey(key, path)) continue;
      const std::string at = Join(path, Shortened(key.text));
      if (const auto [it, first] = first_lines.emplace(key.text, key.at.line); !first) {
        problems_.Add(key.at, at, Reason::kFIELD_DUPLICATE,
                      fmt::format("set twice; first in line {}", it->second));
        continue;
      }
      source_.Add(at, key.at);
      Message& entry = *message.GetReflection()->AddMessage(&message, &field);
      YamlNode quoted = key;  // "017:" is a fine name of a label, quoted or not.
      quoted.quoted = quoted.quoted || field.message_type()->map_key()->cpp_type() ==
                                           FieldDescriptor::CPPTYPE_STRING;
      if (const auto problem = TakeScalar(quoted, *field.message_type()->map_key(), entry))
        Invalid(key, at, *problem);
      Value(*node.items[i + 1], *field.message_type()->map_value(), at, entry);
    }
  }

  // One value: the singular field, or one more element of the repeated one.
  void Value(const YamlNode& node, const FieldDescriptor& field, const std::string& path,
             Message& message) {
    if (!Enter(node, path, depth_ + 1)) return;
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      if (node.kind != YamlNode::Kind::kMap && node.kind != YamlNode::Kind::kNull)
        return Invalid(node, path, fmt::format("expected a map of fields, not {}", KindText(node)));
      const auto& reflection = *message.GetReflection();
      ++depth_;
      Fields(node, "", path,
             field.is_repeated() ? *reflection.AddMessage(&message, &field)
                                 : *reflection.MutableMessage(&message, &field));
      --depth_;
      return;
    }
    if (node.kind != YamlNode::Kind::kScalar)
      return Invalid(node, path,
                     fmt::format("expected {}, not {}", Expected(field), KindText(node)));
    if (const auto problem = TakeScalar(node, field, message)) Invalid(node, path, *problem);
  }

  SourceMap& source_;
  Problems& problems_;
  std::size_t visited_ = 0;
  int depth_ = 0;
  bool exhausted_ = false;
};

}  // namespace

void ReadMessage(const YamlNode& root, std::string_view ignored_key, Message& message,
                 SourceMap& source, Problems& problems) {
  Reader(source, problems).Fields(root, ignored_key, "", message);
}

}  // namespace muster::config
