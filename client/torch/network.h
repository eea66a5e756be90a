#pragma once
// TorchScript modules made in C++ alone, for models that nobody wants to write Python for.
#include <cstdint>
#include <string_view>

#include "client/torch/script_module.h"

namespace muster::client {

// "mlp:420-64-32-1": linear layers "fc1", "fc2", ... with ReLU between them. "linear:14" or
// "linear:14-2": one layer whose tensors are "weight" and "bias".
// Initialised as torch's Linear is by default (uniform in +-1 / sqrt(inputs)), drawn from `seed`.
//   errors  INVALID_ARGUMENT on another text, a width outside 1 to 65,536, or over 64 layers.
StatusOr<ScriptModule> MakeNetwork(std::string_view spec, std::uint64_t seed);

// Writes a module file; the same module gives the same bytes.
Status SaveModule(ScriptModule& module, const std::filesystem::path& path);

}  // namespace muster::client
