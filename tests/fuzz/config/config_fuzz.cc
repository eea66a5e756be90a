// Any bytes as a resource file, an agent's settings and a list of roles: an error with a reason or
// a message, never a crash, and what was accepted survives protobuf's own serialisation.
#include <muster/v1/agent.pb.h>

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/load.h"
#include "config/roles_file.h"

namespace {

template <typename T>
void MustSerialise(const T& message) {
  T again;
  if (!again.ParseFromString(message.SerializeAsString())) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto resources = muster::config::ParseResources(text, "fuzz.yaml");
  if (!resources.ok() && !muster::ReasonOf(resources.status())) std::abort();
  if (resources.ok())
    for (const auto& resource : *resources)
      std::visit([](const auto& m) { MustSerialise(m); }, resource.message);

  muster::v1::AgentConfig settings;
  const auto source = muster::config::ParseInto(text, "fuzz.yaml", settings);
  if (!source.ok() && !muster::ReasonOf(source.status())) std::abort();
  if (source.ok()) MustSerialise(settings);

  const auto roles = muster::config::ParseRoles(text, "fuzz.yaml");
  if (!roles.ok() && !muster::ReasonOf(roles.status())) std::abort();
  return 0;
}
