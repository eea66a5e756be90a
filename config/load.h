#pragma once
// Files of resources and of settings: YAML or JSON in, protobuf messages out. Every mistake in a
// file is told at once, as "file:line:column: field: what". Never talks to a server; what values
// mean is judged by whoever takes the message.
#include <muster/v1/campaign.pb.h>
#include <muster/v1/contract.pb.h>
#include <muster/v1/model.pb.h>
#include <muster/v1/monitor.pb.h>
#include <muster/v1/trigger.pb.h>

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/status.h"
#include "config/source_map.h"

namespace muster::config {

// One document with `kind: Contract`, `Model`, `Monitor`, `Campaign`, `Trigger`, or `Statistics`,
// which is a campaign that counts (statistics_kind.h). The kinds stand in the order in which they
// need one another.
struct Resource {
  std::variant<v1::Contract, v1::Model, v1::Monitor, v1::Campaign, v1::Trigger> message;
  SourceMap source;
};
std::string_view KindOf(const Resource& resource);  // "Contract", "Model", …
const std::string& NameOf(const Resource& resource);

// All documents of a text; `file` is how messages call it. INVALID_ARGUMENT with reason
// FIELD_UNKNOWN, FIELD_DUPLICATE or FIELD_INVALID (of the first mistake) and the path of its field;
// the message has a line for each of the first 20. Limits: 4 MiB, 100,000 values, 64 levels.
StatusOr<std::vector<Resource>> ParseResources(std::string_view text, const std::string& file);
// The same of a file. NOT_FOUND or PERMISSION_DENIED when it cannot be read.
StatusOr<std::vector<Resource>> LoadResources(const std::string& path);

template <typename T>
struct Loaded {
  T message;
  SourceMap source;
};
// A file that holds one message and no `kind`, such as an agent's settings. Errors as above.
StatusOr<SourceMap> ParseInto(std::string_view text, const std::string& file,
                              google::protobuf::Message& message);
StatusOr<SourceMap> LoadInto(const std::string& path, google::protobuf::Message& message);
template <typename T>
StatusOr<Loaded<T>> LoadMessage(const std::string& path) {
  Loaded<T> out;
  MUSTER_ASSIGN(out.source, LoadInto(path, out.message));
  return out;
}

// An error that names a field (FieldOf), with the place of that field in the file put before it.
Status Located(const Status& status, const SourceMap& source);

}  // namespace muster::config
