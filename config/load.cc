#include "config/load.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "base/nearest.h"
#include "config/message_reader.h"
#include "config/problems.h"
#include "config/statistics_kind.h"
#include "config/text.h"
#include "config/yaml_tree.h"

namespace muster::config {
namespace {
using Message = decltype(Resource::message);

constexpr std::string_view kStatistics = "Statistics";

const std::vector<std::string>& Kinds() {
  static const auto& kinds = *new std::vector<std::string>{
      "Contract", "Model", "Monitor", "Campaign", "Trigger", std::string(kStatistics)};
  return kinds;
}

// The empty message of a kind, or nullopt.
std::optional<Message> MessageOf(std::string_view kind) {
  if (kind == "Contract") return v1::Contract();
  if (kind == "Model") return v1::Model();
  if (kind == "Monitor") return v1::Monitor();
  if (kind == "Campaign" || kind == kStatistics) return v1::Campaign();
  if (kind == "Trigger") return v1::Trigger();
  return std::nullopt;
}

StatusOr<std::string> ReadFile(const std::string& path) {
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  // One byte past the limit is enough to see that the file is too large.
  std::string text(kMaxFileBytes + 1, '\0');
  if (in) in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in && !in.eof()) {
    const int error = errno;
    if (error == EACCES) return PermissionDenied("{}: {}", path, std::strerror(error));
    return NotFound("{}: {}", path, error == 0 ? "cannot be read" : std::strerror(error));
  }
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

// What a document says it is.
struct Begun {
  Message message;
  bool statistics = false;  // A campaign in the flat form of `kind: Statistics`.
};

// The message that the document's `kind` names, or nullopt and a problem.
std::optional<Begun> Begin(const YamlNode& document, Problems& problems) {
  if (document.kind != YamlNode::Kind::kMap) {
    problems.Add(
        document.at, "", Reason::kFIELD_INVALID,
        fmt::format("expected a resource (a map with a kind), not {}", KindText(document)));
    return std::nullopt;
  }
  const YamlNode* kind = nullptr;
  for (std::size_t i = 0; i + 1 < document.items.size(); i += 2) {
    if (document.items[i]->text != "kind") continue;
    if (kind != nullptr) {
      problems.Add(document.items[i]->at, "kind", Reason::kFIELD_DUPLICATE, "set twice");
      return std::nullopt;
    }
    kind = document.items[i + 1];
  }
  const std::string known = fmt::format("{}", fmt::join(Kinds(), ", "));
  if (kind == nullptr) {
    problems.Add(document.at, "kind", Reason::kFIELD_INVALID, "missing; one of " + known);
    return std::nullopt;
  }
  std::optional<Message> message = MessageOf(kind->text);
  if (message) return Begun{*std::move(message), kind->text == kStatistics};
  problems.Add(kind->at, "kind", Reason::kFIELD_INVALID,
               fmt::format("unknown kind '{}', not one of {}{}", Shortened(kind->text), known,
                           DidYouMean(kind->text, Kinds())));
  return std::nullopt;
}

}  // namespace

std::string_view KindOf(const Resource& resource) {
  const auto* campaign = std::get_if<v1::Campaign>(&resource.message);
  return campaign != nullptr && campaign->has_statistics() ? kStatistics
                                                           : Kinds()[resource.message.index()];
}

const std::string& NameOf(const Resource& resource) {
  return std::visit([](const auto& m) -> const std::string& { return m.name(); }, resource.message);
}

StatusOr<std::vector<Resource>> ParseResources(std::string_view text, const std::string& file) {
  MUSTER_ASSIGN(YamlTree tree, ParseYaml(text, file));
  Problems problems(file);
  std::vector<Resource> out;
  for (const YamlNode* document : tree.documents) {
    if (document->kind == YamlNode::Kind::kNull) continue;  // Between two "---".
    std::optional<Begun> begun = Begin(*document, problems);
    if (!begun) continue;
    Resource& resource =
        out.emplace_back(Resource{std::move(begun->message), {file, document->at}});
    const YamlNode& root =
        begun->statistics ? CampaignOfStatistics(*document, tree, problems) : *document;
    std::visit([&](auto& m) { ReadMessage(root, "kind", m, resource.source, problems); },
               resource.message);
  }
  if (problems.empty() && out.empty())
    problems.Add({}, "", Reason::kFIELD_INVALID, "holds no resource");
  MUSTER_TRY(problems.status());
  return out;
}

StatusOr<std::vector<Resource>> LoadResources(const std::string& path) {
  MUSTER_ASSIGN(const std::string text, ReadFile(path));
  return ParseResources(text, path);
}

StatusOr<SourceMap> ParseInto(std::string_view text, const std::string& file,
                              google::protobuf::Message& message) {
  MUSTER_ASSIGN(const YamlTree tree, ParseYaml(text, file));
  Problems problems(file);
  if (tree.documents.size() > 1)
    problems.Add(tree.documents[1]->at, "", Reason::kFIELD_INVALID, "a second document");
  const YamlNode empty;
  const YamlNode& root = tree.documents.empty() ? empty : *tree.documents.front();
  SourceMap source(file, root.at);
  if (root.kind == YamlNode::Kind::kMap) {
    ReadMessage(root, "", message, source, problems);
  } else {
    problems.Add(root.at, "", Reason::kFIELD_INVALID,
                 fmt::format("expected a map of fields, not {}", KindText(root)));
  }
  MUSTER_TRY(problems.status());
  return source;
}

StatusOr<SourceMap> LoadInto(const std::string& path, google::protobuf::Message& message) {
  MUSTER_ASSIGN(const std::string text, ReadFile(path));
  return ParseInto(text, path, message);
}

Status Located(const Status& status, const SourceMap& source) {
  if (status.ok()) return status;
  return Prefixed(status, source.Where(FieldOf(status)));
}

}  // namespace muster::config
