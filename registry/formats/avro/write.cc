#include "registry/formats/avro/write.h"

#include <algorithm>
#include <unordered_set>

#include "registry/formats/avro/names.h"
#include "registry/formats/avro/write_default.h"

namespace muster::registry::formats::avro {
namespace {

// Where an attribute goes in the normal form: those of the logical type first.
int Rank(const std::string& name, bool decimal) {
  if (name == "logicalType") return 0;
  if (decimal && name == "precision") return 1;
  return decimal && name == "scale" ? 2 : 3;
}

class Writer {
 public:
  Writer(const Graph& graph, int source, Form form) : graph_(graph), source_(source), form_(form) {}

  void Type(const Node& node, std::string_view space) {
    if (IsNamed(node.kind)) return Named(node, space);
    if (node.kind == Kind::kUnion) return Union(node, space);
    if (node.inner == nullptr && node.attributes.empty()) return WriteText(NameOf(node.kind), out_);
    out_ += "{\"type\":";
    WriteText(NameOf(node.kind), out_);
    if (node.inner != nullptr) {
      Key(node.kind == Kind::kArray ? "items" : "values");
      Type(*node.inner, space);
    }
    Attributes(node.attributes);
    out_.push_back('}');
  }

  std::string Take() { return std::move(out_); }

 private:
  void Key(std::string_view key) {
    out_.push_back(',');
    WriteText(key, out_);
    out_.push_back(':');
  }
  void Text(std::string_view key, std::string_view text) {
    Key(key);
    WriteText(text, out_);
  }
  void Texts(std::string_view key, const std::vector<std::string>& texts) {
    Key(key);
    out_.push_back('[');
    for (std::size_t i = 0; i < texts.size(); ++i) {
      if (i != 0) out_.push_back(',');
      WriteText(texts[i], out_);
    }
    out_.push_back(']');
  }

  void Union(const Node& node, std::string_view space) {
    out_.push_back('[');
    for (const Node* branch : node.branches) {
      if (branch != node.branches.front()) out_.push_back(',');
      Type(*branch, space);
    }
    out_.push_back(']');
  }

  void Named(const Node& node, std::string_view space) {
    if (node.source != source_ || !written_.insert(&node).second)
      return WriteText(Mention(graph_, node.name, space), out_);
    out_ += "{\"type\":";
    const bool error = node.is_error && form_ == Form::kText;
    WriteText(error ? "error" : NameOf(node.kind), out_);
    Text("name", node.name.simple);
    if (node.name.space != space) Text("namespace", node.name.space);
    if (node.doc && (form_ == Form::kText || !node.doc->empty())) Text("doc", *node.doc);
    if (node.kind == Kind::kRecord) Fields(node);
    if (node.kind == Kind::kEnum) Texts("symbols", node.symbols);
    if (node.enum_default) Text("default", *node.enum_default);
    if (node.kind == Kind::kFixed) {
      Key("size");
      out_ += std::to_string(node.size);
    }
    Attributes(node.attributes);
    Aliases(node);
    out_.push_back('}');
  }

  void Fields(const Node& record) {
    Key("fields");
    out_.push_back('[');
    for (std::size_t i = 0; i < record.fields.size(); ++i) {
      if (i != 0) out_.push_back(',');
      OneField(record.fields[i], record.name.space);
    }
    out_.push_back(']');
  }

  void OneField(const Field& field, std::string_view space) {
    out_ += "{\"name\":";
    WriteText(field.name, out_);
    Key("type");
    Type(*field.type, space);
    if (field.doc) Text("doc", *field.doc);
    if (field.default_value) {
      Key("default");
      if (form_ == Form::kText)
        WriteValue(*field.default_value, MemberOrder::kKept, out_);
      else
        WriteNormalDefault(*field.default_value, *field.type, out_);
    }
    if (field.order == SortOrder::kDescending) Text("order", "descending");
    if (field.order == SortOrder::kIgnore) Text("order", "ignore");
    if (!field.aliases.empty()) {
      std::vector<std::string> aliases = field.aliases;
      if (form_ == Form::kNormal) std::sort(aliases.begin(), aliases.end());
      Texts("aliases", aliases);
    }
    Attributes(field.attributes);
    out_.push_back('}');
  }

  void Aliases(const Node& node) {
    if (node.aliases.empty()) return;
    std::vector<Name> aliases = node.aliases;
    if (form_ == Form::kNormal)
      std::sort(aliases.begin(), aliases.end(),
                [](const Name& a, const Name& b) { return a.Full() < b.Full(); });
    std::vector<std::string> texts;
    for (const Name& alias : aliases) texts.push_back(MentionAlias(alias, node.name.space));
    Texts("aliases", texts);
  }

  void Attributes(const Value::Object& attributes) {
    const MemberOrder order = form_ == Form::kText ? MemberOrder::kKept : MemberOrder::kSorted;
    std::vector<const Member*> members;
    bool decimal = false;
    for (const Member& member : attributes) {
      members.push_back(&member);
      const auto* text = member.value.As<std::string>();
      decimal |= member.name == "logicalType" && text != nullptr && *text == "decimal";
    }
    if (order == MemberOrder::kSorted)
      std::sort(members.begin(), members.end(), [decimal](const Member* a, const Member* b) {
        return std::pair(Rank(a->name, decimal), std::string_view(a->name)) <
               std::pair(Rank(b->name, decimal), std::string_view(b->name));
      });
    for (const Member* member : members) {
      Key(member->name);
      WriteValue(member->value, order, out_);
    }
  }

  const Graph& graph_;
  int source_;
  Form form_;
  std::unordered_set<const Node*> written_;
  std::string out_;
};
}  // namespace

std::string WriteSchema(const Graph& graph, const Node& root, int source, Form form) {
  Writer writer(graph, source, form);
  writer.Type(root, "");
  return writer.Take();
}

}  // namespace muster::registry::formats::avro
