#pragma once
// From JSON to nodes. Everything but defaults is checked here; those need the whole schema.
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "registry/formats/avro/node.h"

namespace muster::registry::formats::avro {

// A field whose default is still to be checked, and its place.
struct PendingDefault {
  const Field* field;
  std::string path;
};

// Parses one text after the other into `graph`: each knows the names of those before. Its depth is
// that of the JSON, which is bounded. After an error the graph is of no use.
class Parser {
 public:
  explicit Parser(Graph& graph) : graph_(graph) {}
  // The schema that `value` is, as text number `source`. INVALID_ARGUMENT (SCHEMA_INVALID).
  StatusOr<const Node*> Parse(const Value& value, int source);
  const std::vector<PendingDefault>& pending() const { return pending_; }  // Of the last text.

 private:
  StatusOr<const Node*> Type(const Value& value, const std::string& space);
  StatusOr<const Node*> Defined(const Value& object, const std::string& space);
  StatusOr<const Node*> Mentioned(const std::string& text, const std::string& space);
  StatusOr<const Node*> Union(const Value::List& branches, const std::string& space);
  StatusOr<const Node*> Holder(const Value& object, Kind kind, const std::string& space);
  StatusOr<const Node*> Record(const Value& object, bool is_error, const std::string& space);
  StatusOr<const Node*> Enum(const Value& object, const std::string& space);
  StatusOr<const Node*> Fixed(const Value& object, const std::string& space);

  StatusOr<Node*> Named(const Value& object, Kind kind, const std::string& space);
  Status Fields(const Value& object, Node& record);
  StatusOr<Field> OneField(const Value& object, const std::string& space);
  Status Default(const Value& object, Field& field);
  Status Symbols(const Value& object, Node& node);
  StatusOr<std::vector<std::string>> AliasTexts(const Value& object);
  Status UnknownType(const std::string& text) const;

  Node& New(Kind kind);
  const Node* Plain(Kind kind);  // A primitive without attributes; one node for all.

  Graph& graph_;
  int source_ = 0;
  std::string path_;
  std::array<const Node*, 8> plain_{};
  std::vector<PendingDefault> pending_;
};

}  // namespace muster::registry::formats::avro
