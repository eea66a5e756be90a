#pragma once
// Files of models between this machine and the coordinator. Digests are checked at both ends.
#include <string>

#include "base/bytes.h"
#include "cli/shell.h"

namespace muster::cli {

inline constexpr std::uint64_t kMaxArtefactBytes = 16ull << 30;

// NOT_FOUND, or RESOURCE_EXHAUSTED beyond kMaxArtefactBytes.
StatusOr<Bytes> ReadBytes(const std::string& path);
// Written beside and renamed, so that half a file never bears the name.
Status WriteBytes(const std::string& path, ByteView bytes);

// Stores the bytes at the coordinator. DATA_LOSS (DIGEST_MISMATCH) when it stored something else.
StatusOr<Digest> PutArtefact(Shell& shell, const std::string& label, ByteView bytes);
// Fetches what `digest` names, resuming a few times when the connection breaks. DATA_LOSS
// (DIGEST_MISMATCH) when other bytes came.
StatusOr<Bytes> GetArtefact(Shell& shell, const std::string& label, const std::string& digest);

// The parameters that a TorchScript module brings, as a safetensors file, by `muster-torch inspect`
// in a process of its own. INVALID_ARGUMENT (ARTEFACT_INVALID) when it cannot read the module.
StatusOr<Bytes> ParamsOfModule(World& world, const std::string& module_path);

}  // namespace muster::cli
