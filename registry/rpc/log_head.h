#pragma once
// What the log shows of itself, for devices and auditors alike. Translates; what is shown,
// registry/audit/head.h says.
#include <muster/v1/log.pb.h>

#include <string>

#include "registry/audit/head.h"

namespace muster::registry {

//   key  the log's verifier, which goes along.
// Errors as ShowHead's. Safe from any thread.
StatusOr<v1::LogHead> ReadLogHead(const Hasher& hasher, audit::MerkleLog& log,
                                  const std::string& key, const v1::GetLogHeadRequest& request);

}  // namespace muster::registry
