#pragma once
// What a device says that it serves. In domain types; coordinator/rpc judges what it reads.
#include <string>

#include "base/ids.h"

namespace muster::coordinator {

struct ServingState {
  ModelName model;
  std::string alias;
  VersionNumber version;             // In service; 0: none.
  VersionNumber refused;             // It failed there and is not to be offered again; 0: none.
  std::string monitors_digest = {};  // Of the rules that it runs; empty: none.
  friend bool operator==(const ServingState&, const ServingState&) = default;
};

}  // namespace muster::coordinator
