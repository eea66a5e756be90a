#include "registry/subject_parsing.h"

#include <set>
#include <string>

namespace muster::registry {
namespace {

template <typename... Args>
Status Invalid(fmt::format_string<Args...> f, Args&&... args) {
  return WithReason(InvalidArgument(f, std::forward<Args>(args)...), Reason::kSCHEMA_INVALID);
}

class Resolution {
 public:
  Resolution(const ReferenceSource& source, const ReferenceLimits& limits)
      : source_(source), limits_(limits) {}

  // Recurses as deep as references do, at most limits_.depth.
  Status Visit(const SchemaContent& content, int depth) {
    for (const SchemaReference& reference : content.references) {
      if (open_.contains(reference.name))
        return Invalid("reference '{}' leads back to itself", Shown(reference));
      if (!names_.insert(reference.name).second) continue;
      MUSTER_TRY(Enter(reference, content.type, depth));
    }
    return Ok();
  }

  std::vector<ReferencedSchema>&& Take() { return std::move(found_); }

 private:
  static std::string Shown(const SchemaReference& r) { return r.name.substr(0, 80); }

  Status Enter(const SchemaReference& reference, SchemaType type, int depth) {
    const SchemaHandle target = source_(reference);
    if (target == nullptr)
      return Invalid("reference '{}': there is no version {} of subject '{}'", Shown(reference),
                     reference.version.value(),
                     reference.subject.value().substr(0, kLongestSubject));
    if (target->content.type != type)
      return Invalid("reference '{}': is {}, not {}", Shown(reference),
                     NameOf(target->content.type), NameOf(type));
    bytes_ += target->content.text.size();
    if (depth >= limits_.depth || names_.size() > limits_.schemas || bytes_ > limits_.bytes)
      return Invalid("references lead to more than {} schemas, {} bytes or {} levels",
                     limits_.schemas, limits_.bytes, limits_.depth);
    open_.insert(reference.name);
    MUSTER_TRY(Visit(target->content, depth + 1));
    open_.erase(reference.name);
    found_.push_back({reference.name, target->content.text});
    return Ok();
  }

  const ReferenceSource& source_;
  const ReferenceLimits& limits_;
  std::vector<ReferencedSchema> found_;
  std::set<std::string> names_;
  std::set<std::string> open_;  // Between the text and here.
  std::size_t bytes_ = 0;
};
}  // namespace

StatusOr<std::vector<ReferencedSchema>> ResolveReferences(const SchemaContent& content,
                                                          const ReferenceSource& source,
                                                          const ReferenceLimits& limits) {
  Resolution resolution(source, limits);
  MUSTER_TRY(resolution.Visit(content, 0));
  return resolution.Take();
}

StatusOr<ParsedSchemas::Parsed> ParsedSchemas::Parse(const SchemaContent& content,
                                                     const ReferenceSource& source) const {
  MUSTER_ASSIGN(const auto references, ResolveReferences(content, source));
  return parser_.Parse(content.type, content.text, references);
}

StatusOr<ParsedSchemas::Parsed> ParsedSchemas::Get(const IdentifiedSchema& schema,
                                                   const ReferenceSource& source) {
  {
    absl::MutexLock lock(&mu_);
    if (const auto it = known_.find(schema.id); it != known_.end()) return it->second;
  }
  MUSTER_ASSIGN(Parsed parsed, Parse(schema.content, source));
  absl::MutexLock lock(&mu_);
  if (!known_.emplace(schema.id, parsed).second) return parsed;
  order_.push_back({schema.id, schema.content.text.size() + kEntryBytes});
  bytes_ += order_.back().bytes;
  while (bytes_ > kMostBytes && order_.size() > 1) {
    bytes_ -= order_.front().bytes;
    known_.erase(order_.front().id);
    order_.pop_front();
  }
  return parsed;
}

}  // namespace muster::registry
