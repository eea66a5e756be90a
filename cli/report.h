#pragma once
// The file that says what was measured of a version.
#include <muster/v1/model.pb.h>

#include <string>

#include "base/status.h"
#include "config/load.h"

namespace muster::cli {

inline StatusOr<config::Loaded<v1::Report>> LoadReport(const std::string& path) {
  return config::LoadMessage<v1::Report>(path);
}

// A refusal of the server with the place in the file, when it is about the file.
inline Status AboutReport(const Status& status, const config::SourceMap& source) {
  const std::string field = FieldOf(status);
  for (const char* part : {"metrics", "slices", "energy"})
    if (field.starts_with(part)) return config::Located(status, source);
  return status;
}

}  // namespace muster::cli
