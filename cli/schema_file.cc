#include "cli/schema_file.h"

#include <algorithm>
#include <filesystem>

#include "cli/artefacts.h"
#include "cli/text.h"

namespace muster::cli {
namespace {

StatusOr<v1::Schema::Type> TypeOf(const SchemaArguments& arguments) {
  if (arguments.type == "avro") return v1::Schema::AVRO;
  if (arguments.type == "json") return v1::Schema::JSON;
  if (arguments.type == "protobuf") return v1::Schema::PROTOBUF;
  const std::string extension = std::filesystem::path(arguments.path).extension().string();
  if (extension == ".avsc") return v1::Schema::AVRO;
  if (extension == ".json") return v1::Schema::JSON;
  if (extension == ".proto") return v1::Schema::PROTOBUF;
  return InvalidArgument(
      "{}: what type of schema is it? Names end in .avsc, .json or .proto, or --type avro|json|"
      "protobuf says it",
      Clean(arguments.path));
}

StatusOr<std::string> ReadSchema(const World& world, const std::string& path) {
  std::string text;
  if (path == "-") {
    MUSTER_ASSIGN(text, world.read_stdin(kMaxSchemaBytes + 1));
  } else {
    std::error_code error;
    const auto size = std::filesystem::file_size(path, error);
    if (!error && size > kMaxSchemaBytes)
      return InvalidArgument("{}: {} are more than a schema's {}", Clean(path), ByteText(size),
                             ByteText(kMaxSchemaBytes));
    MUSTER_ASSIGN(const Bytes bytes, ReadBytes(path));
    text = std::string(AsText(bytes));
  }
  if (text.size() > kMaxSchemaBytes)
    return InvalidArgument("{}: more than a schema's {}", path, ByteText(kMaxSchemaBytes));
  return text;
}

Status AddReference(const std::string& text, v1::Schema& out) {
  // A name may be a URL, so the last signs count.
  const std::size_t at = text.rfind('@');
  const std::size_t equals = at == text.npos ? at : text.rfind('=', at);
  const auto version = at == text.npos ? std::nullopt : ParseSchemaVersion(text.substr(at + 1));
  if (equals == text.npos || equals == 0 || !version || *version == 0)
    return InvalidArgument(
        "--reference {}: is not NAME=SUBJECT@VERSION, as in common.proto=common-value@3",
        Clean(text));
  v1::SchemaReference& reference = *out.add_references();
  reference.set_name(text.substr(0, equals));
  reference.set_subject(text.substr(equals + 1, at - equals - 1));
  reference.set_version(*version);
  return Ok();
}
}  // namespace

std::optional<std::uint64_t> ParseSchemaVersion(const std::string& text) {
  if (text == "latest") return 0;
  const bool digits = std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || text.empty() || text.size() > 10 || text == "0") return std::nullopt;
  return std::stoull(text);
}

StatusOr<v1::Schema> LoadSchema(const World& world, const SchemaArguments& arguments) {
  v1::Schema out;
  MUSTER_ASSIGN(const v1::Schema::Type type, TypeOf(arguments));
  out.set_type(type);
  MUSTER_ASSIGN(*out.mutable_text(), ReadSchema(world, arguments.path));
  for (const std::string& reference : arguments.references)
    MUSTER_TRY(AddReference(reference, out));
  for (const std::string& pair : arguments.properties) {
    const std::size_t at = pair.find('=');
    if (at == 0 || at == pair.npos)
      return InvalidArgument("--property {}: is not KEY=VALUE", Clean(pair));
    (*out.mutable_metadata()->mutable_properties())[pair.substr(0, at)] = pair.substr(at + 1);
  }
  return out;
}

Status AboutSchema(const Status& status, const std::string& path) {
  const auto reason = ReasonOf(status);
  const bool about = reason == Reason::kSCHEMA_INVALID || reason == Reason::kSCHEMA_TOO_LARGE ||
                     reason == Reason::kSCHEMA_TOO_COMPLEX;
  return about ? Prefixed(status, path == "-" ? "<stdin>" : path) : status;
}

}  // namespace muster::cli
