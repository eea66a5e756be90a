#pragma once
// A schema as a file on this machine, and how options say what belongs to it.
#include <muster/v1/schema.pb.h>

#include <optional>
#include <string>
#include <vector>

#include "cli/world.h"

namespace muster::cli {

inline constexpr std::size_t kMaxSchemaBytes = std::size_t{1} << 20;  // As the registry has it.

struct SchemaArguments {
  std::string path;                     // "-": stdin.
  std::string type;                     // Empty: by the file's name.
  std::vector<std::string> references;  // NAME=SUBJECT@VERSION.
  std::vector<std::string> properties;  // KEY=VALUE.
};

// INVALID_ARGUMENT that names the option or the file, and what to do; NOT_FOUND.
StatusOr<v1::Schema> LoadSchema(const World& world, const SchemaArguments& arguments);

// A refusal of the server, with the file where it is about the text in it.
Status AboutSchema(const Status& status, const std::string& path);

// "latest" is 0; nullopt for what is no version.
std::optional<std::uint64_t> ParseSchemaVersion(const std::string& text);

}  // namespace muster::cli
