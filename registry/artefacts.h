#pragma once
// What the registry asks of a model's files before a version names them. Looks at bytes, never runs
// them: whether a module loads is for the worker to find out.
#include <cstdint>

#include "base/blobs.h"
#include "base/bytes.h"
#include "base/status.h"

namespace muster::registry {

// How many parameters the safetensors file holds. FAILED_PRECONDITION (BLOB_NOT_FOUND) when there
// is no such blob; INVALID_ARGUMENT (ARTEFACT_INVALID) when it is not safetensors, a tensor is not
// F32, there is none, or a value is not finite. Reads the file once, in pieces of 1 MiB.
StatusOr<std::uint64_t> CountParameters(Blobs& blobs, const Digest& params);

// OK when the blob has the shape of a TorchScript archive (torchscript.h); a plain pickle is
// refused. Errors as above.
Status CheckModule(Blobs& blobs, const Digest& module);

}  // namespace muster::registry
