// Any bytes as a resource file and as an agent's settings: an error with a reason or a message,
// never a crash, and what was accepted survives protobuf's own serialisation.
#include <muster/v1/agent.pb.h>

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/load.h"

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
  return 0;
}
