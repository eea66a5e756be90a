#pragma once
// From JSON to nodes. Every keyword that is compared is checked here, so that a node is right
// because it exists; keywords that no draft knows are ignored, as drafts ask.
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/status.h"
#include "registry/formats/json/documents.h"
#include "registry/formats/json/node.h"

namespace muster::registry::formats::json {

class Compiler {
 public:
  explicit Compiler(Documents& documents) : documents_(documents) {}

  // SCHEMA_INVALID with the JSON pointer of the first keyword whose value is none of its kind, or
  // of a `$ref` that leads nowhere or in a circle. O(bytes), as deep as the text nests.
  StatusOr<Graph> Compile();

 private:
  // A `$ref` on the way to its target.
  struct Pending {
    Node* node;
    Place from;
    std::string reference;
    std::string path;
  };
  // Puts one more step on path_ while it lives.
  class Step {
   public:
    Step(Compiler& compiler, std::string_view key);
    ~Step() { path_.resize(size_); }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    std::string& path_;
    std::size_t size_;
  };
  using Nodes = std::vector<Node*>;

  Node* Schema(const Place& place);
  Node* Compose(const Place& place);
  Node* Make(Kind kind);
  Node* Together(Nodes parts);
  void Annotate(const Place& place, Node& node);
  void Definitions(const Place& place);
  Node* Refer(const Place& place, std::string_view keyword);
  Status Link();
  Status Unwind();
  StatusOr<Place> Target(const Pending& pending);

  // Parts of one object (compile_parts.cc).
  void CombinedParts(const Place& place, Nodes& parts);
  void TypedParts(const Place& place, std::set<Kind>& covered, Nodes& combined, Nodes& plain);
  void SniffedParts(const Place& place, const std::set<Kind>& covered, Nodes& parts);
  void FixedParts(const Place& place, Nodes& parts);
  void LastParts(const Place& place, Nodes& parts);
  Node* Typed(const Place& place, std::string_view type, std::set<Kind>& covered);
  Node* Combined(const Place& place, std::string_view keyword, Criterion criterion);

  // One kind each (compile_kinds.cc).
  Node* StringNode(const Place& place);
  Node* NumberNode(const Place& place, bool integer);
  Node* ObjectNode(const Place& place);
  Node* ArrayNode(const Place& place);
  void Dependencies(const Place& place, ObjectFacets& facets);
  void Items(const Place& place, ArrayFacets& facets);
  void Contains(const Place& place, ArrayFacets& facets);
  void ExclusiveLimit(const Place& place, std::string_view keyword, std::optional<Decimal>& limit,
                      bool& flag);

  // Keywords by the kind of their value; null or nothing when absent or wrong (an error).
  const Value* Get(const Place& place, std::string_view keyword, Value::Kind kind,
                   std::string_view what);
  std::optional<std::string> Text(const Place& place, std::string_view keyword);
  std::optional<Decimal> Number(const Place& place, std::string_view keyword);
  std::optional<Decimal> Count(const Place& place, std::string_view keyword);
  bool Flag(const Place& place, std::string_view keyword);
  std::set<std::string, std::less<>> Names(const Value& list);  // A list of different texts.
  const Node* Child(const Place& place, std::string_view keyword);
  template <typename Put>
  void Children(const Place& place, std::string_view keyword, Put put);
  template <typename... Args>
  void Refuse(fmt::format_string<Args...> f, Args&&... args) {
    if (status_.ok()) status_ = InvalidAt(path_, f, std::forward<Args>(args)...);
  }
  static Place Inside(const Place& place, const Value& value) {
    return {&value, place.document, Documents::BaseWithin(place)};
  }

  Documents& documents_;
  Graph graph_;
  Status status_;           // The first error; what follows it is not kept.
  std::string path_ = "#";  // The JSON pointer of what is being read.
  std::unordered_map<const Value*, Node*> compiled_;
  std::vector<Pending> pending_;
};

// Of each member of an object of schemas: put(name, node).
template <typename Put>
void Compiler::Children(const Place& place, std::string_view keyword, Put put) {
  const Value* object = Get(place, keyword, Value::Kind::kObject, "an object of schemas");
  if (!object) return;
  const Step outer(*this, keyword);
  for (const Member& member : object->members) {
    const Step inner(*this, member.key);
    put(member.key, Schema(Inside(place, member.value)));
  }
}

}  // namespace muster::registry::formats::json
