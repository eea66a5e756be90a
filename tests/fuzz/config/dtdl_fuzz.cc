// Any bytes as a model of a digital twin: an error with a reason, or a contract of bounded size
// that names each field once; never a crash.
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string_view>

#include "config/dtdl.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto import = muster::config::ImportDtdl(text);
  if (!import.ok()) {
    if (!muster::ReasonOf(import.status())) std::abort();
    return 0;
  }
  const auto& fields = import->contract.fields();
  if (fields.empty() || fields.size() > 1000) std::abort();
  std::set<std::string> names;
  for (const auto& field : fields)
    if (!names.insert(field.name()).second) std::abort();
  muster::v1::Contract again;
  if (!again.ParseFromString(import->contract.SerializeAsString())) std::abort();
  return 0;
}
