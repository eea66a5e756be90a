#include "registry/formats/protobuf/link.h"

#include <map>
#include <string>
#include <utility>

#include "registry/formats/protobuf/known_files.h"
#include "registry/formats/protobuf/limits.h"

namespace muster::registry::formats {
namespace {
namespace pb = google::protobuf;
constexpr char kOwnName[] = "(this schema)";  // Brackets, as no import is likely to have them.

Status CheckCount(std::span<const ReferencedSchema> references) {
  if (references.size() > kMostReferences)
    return Invalid("{} references are more than {}", references.size(), kMostReferences);
  std::size_t bytes = 0;
  for (const ReferencedSchema& reference : references) bytes += reference.text.size();
  if (bytes > kMostReferenceBytes)
    return Invalid("references: {} bytes are more than {}", bytes, kMostReferenceBytes);
  return Ok();
}

StatusOr<Source> AddFile(const std::string& name, std::string_view text, Sizes& sizes,
                         Linked& linked) {
  MUSTER_ASSIGN(Source source, ReadSource(text, *linked.pool));
  MUSTER_TRY(sizes.Add(*source.file));
  source.file->set_name(name);
  MUSTER_ASSIGN(linked.file, Build(source, *linked.pool));
  return source;
}
}  // namespace

StatusOr<Linked> Link(std::string_view text, std::span<const ReferencedSchema> references) {
  MUSTER_TRY(CheckCount(references));
  Linked linked;
  linked.pool = std::make_unique<pb::DescriptorPool>(&KnownFiles());
  Sizes sizes;
  std::map<std::string_view, std::string_view> seen;  // One file may be behind many references.
  for (const ReferencedSchema& reference : references) {
    const auto [first, fresh] = seen.emplace(reference.name, reference.text);
    if (!fresh && first->second == reference.text) continue;
    const auto added = AddFile(reference.name, reference.text, sizes, linked);
    if (!added.ok())
      return Prefixed(added.status(), fmt::format("reference '{}'", Excerpt(reference.name)));
  }
  MUSTER_ASSIGN(linked.source, AddFile(kOwnName, text, sizes, linked));
  return linked;
}

}  // namespace muster::registry::formats
