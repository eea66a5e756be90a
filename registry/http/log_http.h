#pragma once
// The log as C2SP's tlog-tiles serve it, for anybody's verifier: the checkpoint, tiles of hashes,
// and bundles of the facts themselves. Reads only.
#include <string>

#include "platform/http_server.h"
#include "registry/audit/merkle_log.h"

namespace muster::registry {

// Under `prefix` ("/log"):
//   GET /log/checkpoint         the last signed checkpoint; 404 before the first
//   GET /log/key                the key to verify it with, "name+id+base64"
//   GET /log/tile/<L>/<N>[.p/W] hashes; /log/tile/entries/<N>[.p/W] facts as leaves (leaf.h)
// 404 for a tile that the log has not, 405 for another method, 500 when what is kept is not what
// was logged. `log` outlives the handler and is asked from several threads at once.
platform::HttpHandler MakeLogHandler(audit::MerkleLog& log, std::string key, std::string prefix);

}  // namespace muster::registry
