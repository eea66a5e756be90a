#include "registry/formats/json/compiler.h"

#include <algorithm>

namespace muster::registry::formats::json {

Compiler::Step::Step(Compiler& compiler, std::string_view key)
    : path_(compiler.path_), size_(compiler.path_.size()) {
  path_.push_back('/');
  for (const char c : key) {
    if (c == '~')
      path_ += "~0";
    else if (c == '/')
      path_ += "~1";
    else
      path_.push_back(c);
  }
}

StatusOr<Graph> Compiler::Compile() {
  Node* root = Schema(documents_.root());
  MUSTER_TRY(status_);
  MUSTER_TRY(Link());
  MUSTER_TRY(Unwind());
  graph_.root = &Seen(*root);
  return std::move(graph_);
}

Node* Compiler::Make(Kind kind) {
  Node& node = graph_.nodes.emplace_back();
  node.kind = kind;
  return &node;
}

Node* Compiler::Schema(const Place& place) {
  const auto known = compiled_.find(place.value);
  if (known != compiled_.end()) return known->second;
  Node* node = nullptr;
  if (place.value->Is(Value::Kind::kBool)) {
    node = Make(place.value->flag ? Kind::kTrue : Kind::kFalse);
  } else if (place.value->Is(Value::Kind::kObject) && status_.ok()) {
    node = Compose(place);
  } else {
    Refuse("a schema is an object, true or false");
    node = Make(Kind::kEmpty);
  }
  compiled_.emplace(place.value, node);
  return node;
}

// The keywords of one object, by kind: what is combined first, as Confluent's parsers sort, and the
// rest in the order that its modern one happens to have. Paths count it.
Node* Compiler::Compose(const Place& place) {
  const bool modern = IsModern(place.document->draft);
  Definitions(place);
  Nodes combined;
  Nodes plain;
  if (!modern && place.value->Find("$ref")) {
    plain.push_back(Refer(place, "$ref"));  // What stands beside it did not count before 2019-09.
  } else {
    std::set<Kind> covered;
    CombinedParts(place, combined);
    FixedParts(place, plain);
    TypedParts(place, covered, combined, plain);
    SniffedParts(place, covered, plain);
    for (const std::string_view keyword : {"$ref", "$dynamicRef", "$recursiveRef"})
      if (modern && place.value->Find(keyword)) plain.push_back(Refer(place, keyword));
    LastParts(place, plain);
  }
  combined.insert(combined.end(), plain.begin(), plain.end());
  Node* node = Together(std::move(combined));
  Annotate(place, *node);
  return node;
}

Node* Compiler::Together(Nodes parts) {
  if (parts.empty()) return Make(Kind::kEmpty);
  if (parts.size() == 1) return parts.front();
  Node* node = Make(Kind::kCombined);
  auto all = std::make_unique<Combination>();
  all->generated = true;
  all->subschemas.assign(parts.begin(), parts.end());
  all->distinct = all->subschemas;
  node->facets = std::move(all);
  return node;
}

void Compiler::Annotate(const Place& place, Node& node) {
  Annotations out;
  const Draft draft = place.document->draft;
  auto id = Text(place, draft == Draft::k4 ? "id" : "$id");
  if (!IsModern(draft)) out.id = std::move(id);  // Confluent's modern parser loses it.
  Text(place, "$schema");
  out.title = Text(place, "title");
  out.description = Text(place, "description");
  const bool beside_ref = node.kind == Kind::kReference && !IsModern(draft);  // Does not count.
  if (const Value* value = place.value->Find("default"); value && !beside_ref)
    out.fallback = Spell(*value, Spelling::kMeaning);
  const Value* connect = place.value->Find("connect.type");
  out.connect_bytes = connect && connect->Is(Value::Kind::kText) && connect->text == "bytes";
  if (out != Annotations{}) node.annotations = std::make_unique<Annotations>(std::move(out));
}

// Definitions are checked although nothing may refer to them.
void Compiler::Definitions(const Place& place) {
  for (const std::string_view keyword : {"definitions", "$defs"})
    Children(place, keyword, [](const std::string&, Node*) {});
}

Node* Compiler::Refer(const Place& place, std::string_view keyword) {
  Node* node = Make(Kind::kReference);
  node->facets = Reference{};
  const Step step(*this, keyword);
  const Value* value = place.value->Find(keyword);
  if (!value->Is(Value::Kind::kText))
    Refuse("is not text");
  else
    pending_.push_back({node, place, value->text, path_});
  return node;
}

// Compiles what references lead to, which may bring more of them.
Status Compiler::Link() {
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    const Pending pending = pending_[i];
    MUSTER_ASSIGN(const Place target, Target(pending));
    path_ = pending.reference.find('#') == std::string::npos ? pending.reference + "#"
                                                             : pending.reference;
    pending.node->facets = Reference{Schema(target)};
    MUSTER_TRY(status_);
  }
  return Ok();
}

StatusOr<Place> Compiler::Target(const Pending& pending) {
  const Place target = documents_.Resolve(pending.from, pending.reference);
  if (!target.value)
    return InvalidAt(pending.path, "'{}' is not known here", Shown(pending.reference));
  if (!target.value->Is(Value::Kind::kObject) && !target.value->Is(Value::Kind::kBool))
    return InvalidAt(pending.path, "'{}' is no schema", Shown(pending.reference));
  return target;
}

// Lets each reference point past others, to what they all mean.
Status Compiler::Unwind() {
  for (const Pending& pending : pending_) {
    std::vector<Node*> chain;
    Node* at = pending.node;
    while (at->kind == Kind::kReference && chain.size() <= pending_.size()) {
      chain.push_back(at);
      at = std::get<Reference>(at->facets).target;
    }
    if (at->kind == Kind::kReference)
      return InvalidAt(pending.path, "'{}' leads in a circle", Shown(pending.reference));
    for (Node* node : chain) node->facets = Reference{at};
  }
  return Ok();
}

const Value* Compiler::Get(const Place& place, std::string_view keyword, Value::Kind kind,
                           std::string_view what) {
  const Value* value = place.value->Find(keyword);
  if (!value || value->Is(kind)) return value;
  const Step step(*this, keyword);
  Refuse("is not {}", what);
  return nullptr;
}

std::optional<std::string> Compiler::Text(const Place& place, std::string_view keyword) {
  const Value* value = Get(place, keyword, Value::Kind::kText, "text");
  return value ? std::optional(value->text) : std::nullopt;
}

std::optional<Decimal> Compiler::Number(const Place& place, std::string_view keyword) {
  const Value* value = Get(place, keyword, Value::Kind::kNumber, "a number");
  return value ? std::optional(Decimal::Of(value->text)) : std::nullopt;
}

std::optional<Decimal> Compiler::Count(const Place& place, std::string_view keyword) {
  auto number = Number(place, keyword);
  if (!number || (number->integer() && !number->negative())) return number;
  const Step step(*this, keyword);
  Refuse("is not a whole number of at least 0");
  return std::nullopt;
}

bool Compiler::Flag(const Place& place, std::string_view keyword) {
  const Value* value = Get(place, keyword, Value::Kind::kBool, "true or false");
  return value && value->flag;
}

std::set<std::string, std::less<>> Compiler::Names(const Value& list) {
  std::set<std::string, std::less<>> names;
  for (const Value& item : list.items) {
    if (!item.Is(Value::Kind::kText))
      Refuse("holds something that is not text");
    else if (!names.insert(item.text).second)
      Refuse("holds '{}' twice", Shown(item.text));
  }
  return names;
}

const Node* Compiler::Child(const Place& place, std::string_view keyword) {
  const Value* value = place.value->Find(keyword);
  if (!value) return nullptr;
  const Step step(*this, keyword);
  return Schema(Inside(place, *value));
}

}  // namespace muster::registry::formats::json
