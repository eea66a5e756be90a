#include "registry/http/log_http.h"

#include "registry/audit/leaf.h"
#include "registry/audit/tiles.h"

namespace muster::registry {
namespace {
constexpr std::string_view kBytes = "application/octet-stream";

platform::HttpReply Missing(std::string_view what) {
  return {.status = 404, .body = fmt::format("{}\n", what)};
}

platform::HttpReply Error(const Status& status) {
  if (status.code() == absl::StatusCode::kNotFound) return Missing(MessageOf(status));
  return {.status = 500, .body = fmt::format("{}\n", MessageOf(status))};
}

StatusOr<Bytes> Read(audit::MerkleLog& log, const audit::TileId& tile) {
  if (tile.level == audit::kEntries) {
    MUSTER_ASSIGN(const std::vector<std::string> leaves, log.Leaves(tile));
    return audit::EncodeBundle(leaves);
  }
  MUSTER_ASSIGN(const std::vector<Digest> hashes, log.Tile(tile));
  Bytes out;
  out.reserve(hashes.size() * sizeof(Digest));
  for (const Digest& hash : hashes) out.insert(out.end(), hash.bytes().begin(), hash.bytes().end());
  return out;
}

// Neither a tile of some width nor a bundle ever changes.
platform::HttpReply Tile(audit::MerkleLog& log, std::string_view path) {
  const auto tile = audit::ParseTilePath(path);
  if (!tile.ok()) return Missing(MessageOf(tile.status()));
  const auto bytes = Read(log, *tile);
  if (!bytes.ok()) return Error(bytes.status());
  return {.body = std::string(AsText(*bytes)),
          .content_type = std::string(kBytes),
          .headers = {{"Cache-Control", "max-age=604800, immutable"}}};
}
}  // namespace

platform::HttpHandler MakeLogHandler(audit::MerkleLog& log, std::string key, std::string prefix) {
  return [&log, key = std::move(key),
          prefix = std::move(prefix)](const platform::HttpRequest& request) -> platform::HttpReply {
    if (request.method != "GET" && request.method != "HEAD")
      return {.status = 405, .body = "GET or HEAD\n", .headers = {{"Allow", "GET, HEAD"}}};
    const std::string_view path = std::string_view(request.path).substr(prefix.size());
    if (path == "/key") return {.body = key + "\n"};
    if (path == "/checkpoint") {
      const auto checkpoint = log.checkpoint();
      if (!checkpoint) return Missing("nothing is recorded yet");
      return {.body = *checkpoint, .headers = {{"Cache-Control", "no-cache"}}};
    }
    if (path.starts_with("/tile/")) return Tile(log, path.substr(1));
    return Missing("checkpoint, key, tile/<L>/<N> and tile/entries/<N> are here");
  };
}

}  // namespace muster::registry
