#pragma once
// The texts that one schema is made of, and how `$ref` finds its way between them: by `$id`,
// anchor, JSON pointer, or the name of a reference. Never fetches anything.
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "registry/formats/json/value.h"
#include "registry/schema.h"

namespace muster::registry::formats::json {

enum class Draft { k4, k6, k7, k2019, k2020 };
// By `$schema`; `otherwise` when there is none, or none that is known.
Draft DraftOf(const Value& document, Draft otherwise);
inline bool IsModern(Draft draft) { return draft >= Draft::k2019; }

struct Document {
  std::string uri;  // Without a fragment; empty when nothing gave it one.
  std::shared_ptr<const Value> root;
  Draft draft = Draft::k7;
  std::unordered_map<const Value*, const std::string*> bases;  // Inside what has an `$id`.
};

// A subschema and what it takes to read it.
struct Place {
  const Value* value = nullptr;
  const Document* document = nullptr;
  const std::string* base = nullptr;  // In force around it, its own `$id` not yet applied.
};

class Documents {
 public:
  // SCHEMA_INVALID when a text is not JSON, is neither object nor boolean, is too long or deep, or
  // when there are more than 1,000 references or 16 MiB of them. O(bytes).
  static StatusOr<Documents> Load(std::string_view text,
                                  std::span<const ReferencedSchema> references);
  Documents(Documents&&) = default;
  Documents& operator=(Documents&&) = default;

  Place root() const;
  const Value& value() const { return *all_.front()->root; }  // Of the schema itself.
  // What `reference`, written at `from`, names; a Place without a value when nothing is there.
  Place Resolve(const Place& from, std::string_view reference);
  // The base inside `place`: its own, or what its `$id` makes of it.
  static const std::string* BaseWithin(const Place& place);

 private:
  Documents() = default;
  void Add(std::shared_ptr<const Value> root, std::string uri, Draft draft);
  void Index(Document& document, const Value& value, const std::string* base);
  void IndexNames(const Place& place, std::string_view id, const std::string& base);
  const std::string* Keep(std::string uri) { return &*uris_.insert(std::move(uri)).first; }
  Place Whole(const Place& from, std::string_view uri, std::string_view spelled) const;
  Place Walk(Place at, std::string_view pointer);
  const Value* Child(const Value& parent, const std::string& key);

  std::vector<std::unique_ptr<Document>> all_;  // The schema itself comes first.
  std::set<std::string> uris_;
  std::map<std::string, Place, std::less<>> by_uri_;  // Of ids, anchors ("uri#name") and names.
  // Members of large objects that a pointer led through.
  std::unordered_map<const Value*, std::unordered_map<std::string_view, const Value*>> members_;
};

}  // namespace muster::registry::formats::json
