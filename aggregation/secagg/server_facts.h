#pragma once
// Facts of a secure session as journal rows and back. docs/PROTOCOL.md lists the fields. All of
// them are public: promises, sets, signatures; no fact can hold a share or a key.
#include <string>

#include "aggregation/secagg/server_session.h"
#include "base/fact.h"

namespace muster::aggregation::secagg {

StatusOr<std::string> EncodeServerFact(const ServerFact& fact, std::string_view by, Timestamp at);
// DATA_LOSS when a row of our own journal does not read.
StatusOr<ServerFact> DecodeServerFact(std::string_view row);

}  // namespace muster::aggregation::secagg
