#include "registry/formats/json/documents.h"

#include <array>
#include <charconv>

#include "registry/formats/json/uri.h"

namespace muster::registry::formats::json {
namespace {
constexpr std::size_t kMostReferences = 1'000;
constexpr std::size_t kMostReferencedBytes = std::size_t{16} << 20;
constexpr std::size_t kMostUri = 2'048;  // Longer ids name nothing.
constexpr std::size_t kFewMembers = 16;

struct DraftName {
  std::string_view prefix;
  Draft draft;
};
constexpr std::array<DraftName, 5> kDrafts = {{
    {"json-schema.org/draft-04/schema", Draft::k4},
    {"json-schema.org/draft-06/schema", Draft::k6},
    {"json-schema.org/draft-07/schema", Draft::k7},
    {"json-schema.org/draft/2019-09/schema", Draft::k2019},
    {"json-schema.org/draft/2020-12/schema", Draft::k2020},
}};

std::string_view TextOf(const Value& object, std::string_view key) {
  const Value* value = object.Find(key);
  const bool usable = value && value->Is(Value::Kind::kText) && value->text.size() <= kMostUri;
  return usable ? std::string_view(value->text) : std::string_view();
}

// Values of these hold data, not schemas: an "$id" in them is none.
bool HoldsData(std::string_view key) {
  return key == "enum" || key == "const" || key == "default" || key == "examples";
}

StatusOr<std::shared_ptr<const Value>> Read(std::string_view text) {
  if (text.size() > SchemaParser::kMostBytes)
    return InvalidAt("#", "{} bytes are more than {}", text.size(), SchemaParser::kMostBytes);
  MUSTER_ASSIGN(Value value, ParseValue(text, SchemaParser::kMostDepth));
  if (!value.Is(Value::Kind::kObject) && !value.Is(Value::Kind::kBool))
    return InvalidAt("#", "a schema is an object, true or false");
  return std::make_shared<const Value>(std::move(value));
}
}  // namespace

Draft DraftOf(const Value& document, Draft otherwise) {
  std::string_view uri = TextOf(document, "$schema");
  for (const std::string_view scheme : {"http://", "https://"})
    if (uri.starts_with(scheme)) uri.remove_prefix(scheme.size());
  for (const DraftName& known : kDrafts)
    if (uri.starts_with(known.prefix)) return known.draft;
  return otherwise;
}

StatusOr<Documents> Documents::Load(std::string_view text,
                                    std::span<const ReferencedSchema> references) {
  if (references.size() > kMostReferences)
    return InvalidAt("#", "{} references are more than {}", references.size(), kMostReferences);
  Documents out;
  MUSTER_ASSIGN(auto root, Read(text));
  const Draft draft = DraftOf(*root, Draft::k7);
  out.Add(std::move(root), "", draft);
  const std::string base = *out.BaseWithin(out.root());
  std::size_t bytes = 0;
  for (const ReferencedSchema& reference : references) {
    bytes += reference.text.size();
    if (bytes > kMostReferencedBytes)
      return InvalidAt("#", "references of more than {} bytes", kMostReferencedBytes);
    auto read = Read(reference.text);
    if (!read.ok())
      return Prefixed(read.status(), fmt::format("reference '{}'", Shown(reference.name)));
    const Draft its = DraftOf(**read, draft);
    // The schema may name it as it was registered, or against its own `$id`.
    out.Add(*read, std::string(WithoutFragment(reference.name)), its);
    out.Add(*std::move(read), std::string(WithoutFragment(ResolveUri(base, reference.name))), its);
  }
  return out;
}

void Documents::Add(std::shared_ptr<const Value> root, std::string uri, Draft draft) {
  if (!uri.empty() && by_uri_.contains(uri)) return;
  all_.push_back(std::make_unique<Document>(Document{std::move(uri), std::move(root), draft, {}}));
  Document& document = *all_.back();
  const std::string* base = Keep(document.uri);
  if (!base->empty()) by_uri_.emplace(*base, Place{document.root.get(), &document, base});
  Index(document, *document.root, base);
}

Place Documents::root() const {
  const Document& first = *all_.front();
  return {first.root.get(), &first, &*uris_.find(first.uri)};
}

const std::string* Documents::BaseWithin(const Place& place) {
  const auto it = place.document->bases.find(place.value);
  return it == place.document->bases.end() ? place.base : it->second;
}

// Finds ids and anchors in `value`; as deep as the text nests, which is bounded.
void Documents::Index(Document& document, const Value& value, const std::string* base) {
  for (const Value& item : value.items) Index(document, item, base);
  if (!value.Is(Value::Kind::kObject)) return;
  const Place place{&value, &document, base};
  const std::string_view id = TextOf(value, document.draft == Draft::k4 ? "id" : "$id");
  if (!id.empty()) {
    base = Keep(std::string(WithoutFragment(ResolveUri(*base, id))));
    document.bases.emplace(&value, base);
  }
  IndexNames(place, id, *base);
  for (const Member& member : value.members)
    if (!HoldsData(member.key)) Index(document, member.value, base);
}

void Documents::IndexNames(const Place& place, std::string_view id, const std::string& base) {
  const auto named = [&](std::string_view name) { return base + "#" + std::string(name); };
  if (!id.empty() && FragmentOf(id).empty()) by_uri_.emplace(base, place);
  if (!FragmentOf(id).empty()) by_uri_.emplace(named(FragmentOf(id)), place);  // Drafts 6 and 7.
  for (const std::string_view keyword : {"$anchor", "$dynamicAnchor"})
    if (const std::string_view name = TextOf(*place.value, keyword); !name.empty())
      by_uri_.emplace(named(name), place);
}

Place Documents::Resolve(const Place& from, std::string_view reference) {
  if (reference.size() > kMostUri) return {};
  const std::string uri = ResolveUri(*BaseWithin(from), reference);
  const Place whole = Whole(from, WithoutFragment(uri), WithoutFragment(reference));
  const std::string fragment = PercentDecoded(FragmentOf(uri));
  if (!whole.value || fragment.empty()) return whole;
  if (!fragment.starts_with('/')) {
    const auto it = by_uri_.find(std::string(WithoutFragment(uri)) + "#" + fragment);
    return it == by_uri_.end() ? Place{} : it->second;
  }
  const Place found = Walk(whole, fragment);
  if (found.value || !reference.starts_with('#')) return found;
  // Many write pointers from the text's root although an `$id` between started a new one.
  const Document& document = *from.document;
  return Walk({document.root.get(), &document, Keep(document.uri)}, fragment);
}

Place Documents::Whole(const Place& from, std::string_view uri, std::string_view spelled) const {
  if (uri.empty() || (spelled.empty() && uri == from.document->uri))
    return {from.document->root.get(), from.document, &*uris_.find(from.document->uri)};
  for (const std::string_view name : {uri, spelled})
    if (const auto it = by_uri_.find(name); it != by_uri_.end()) return it->second;
  return {};
}

Place Documents::Walk(Place at, std::string_view pointer) {
  while (!pointer.empty() && at.value) {
    pointer.remove_prefix(1);
    const std::size_t end = std::min(pointer.find('/'), pointer.size());
    std::string key(pointer.substr(0, end));
    pointer.remove_prefix(end);
    for (const auto& [escaped, plain] : {std::pair("~1", "/"), std::pair("~0", "~")})
      for (std::size_t i = key.find(escaped); i != key.npos; i = key.find(escaped, i + 1))
        key.replace(i, 2, plain);
    at.base = BaseWithin(at);
    at.value = Child(*at.value, key);
  }
  return at.value ? at : Place{};
}

const Value* Documents::Child(const Value& parent, const std::string& key) {
  if (parent.Is(Value::Kind::kArray)) {
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
    const bool number = error == std::errc{} && end == key.data() + key.size();
    return number && index < parent.items.size() ? &parent.items[index] : nullptr;
  }
  if (parent.members.size() <= kFewMembers) return parent.Find(key);
  auto& index = members_[&parent];
  if (index.empty())
    for (const Member& member : parent.members) index.emplace(member.key, &member.value);
  const auto it = index.find(key);
  return it == index.end() ? nullptr : it->second;
}

}  // namespace muster::registry::formats::json
