#pragma once
// The envelope of every fact: its type, who caused it and when, beside the lifecycle's own fields.
#include <string>
#include <string_view>

#include "base/caller.h"
#include "base/canonical_json.h"
#include "base/clock.h"

namespace muster {

struct FactHeader {
  std::string type;  // Past tense, CamelCase: "UpdatesCounted".
  std::string by;    // Caller::Text().
  Timestamp at;
};

// `body` is an object without the members "type", "by" and "at", which this adds.
inline StatusOr<std::string> EncodeFact(const FactHeader& header, Json body) {
  body["type"] = header.type;
  body["by"] = header.by;
  body["at"] = UnixMillis(header.at);
  return CanonicalJson(body);
}

inline StatusOr<FactHeader> HeaderOf(const Json& fact) {
  JsonReader reader(fact);
  FactHeader header{reader.Text("type"), reader.Text("by"), FromUnixMillis(reader.Integer("at"))};
  MUSTER_TRY(reader.status());
  return header;
}

}  // namespace muster
