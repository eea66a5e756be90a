#pragma once
// Whether a file has the shape of a TorchScript archive. Looks at a zip's directory, never at what
// the entries hold, and runs nothing. What torch.save writes is a zip, too: a pickle, which runs
// whatever its writer wished on whoever loads it.
#include "base/blobs.h"
#include "base/status.h"

namespace muster::registry {

// OK when it is a zip whose entries lie in one folder that has code/, constants.pkl and data.pkl.
// INVALID_ARGUMENT (ARTEFACT_INVALID) otherwise, saying of a pickle that it is one. Cost: reads the
// file's last 64 KiB and its directory, of at most 16 MiB and 65,536 entries.
Status CheckTorchScript(const BlobReader& file);

}  // namespace muster::registry
