#pragma once
// `muster-edge quarantine`: what lies in a site's quarantine, shown and cleared where it is. Works
// while the agent runs; it talks to nobody.
#include <cstdint>
#include <filesystem>
#include <string>

#include "base/status.h"
#include "client/pipeline/quarantine.h"

namespace muster::client {

struct QuarantineArguments {
  std::string which;  // "turbofan" or "turbofan/3"; empty: all.
  std::string rule;   // Of show: only rows that break it; likewise field and node.
  std::string field;
  std::string node;
  std::uint32_t limit = 20;  // Of show: the newest so many; 0: all.
  bool json = false;
  bool all = false;  // Of clear, without `which`.
};

// Each returns what to print; errors are INVALID_ARGUMENT (FIELD_INVALID) for what was asked,
// NOT_FOUND (RESOURCE_NOT_FOUND), and those of reading files.
StatusOr<std::string> ListQuarantine(const std::filesystem::path& state_dir,
                                     const QuarantineArguments& arguments);
StatusOr<std::string> ShowQuarantine(const std::filesystem::path& state_dir,
                                     const QuarantineArguments& arguments);
StatusOr<std::string> ClearQuarantine(const std::filesystem::path& state_dir,
                                      const QuarantineArguments& arguments);

}  // namespace muster::client
