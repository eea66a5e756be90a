#pragma once
// Checkpoints: what a log says of itself at some size, as a signed note (C2SP's tlog-checkpoint).
// Two of them that contradict each other are evidence against whoever signed them (fork.h).
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "registry/audit/merkle.h"
#include "registry/audit/note.h"

namespace muster::registry::audit {

struct Checkpoint {
  std::string origin;  // Which log: also the name of the key that signs for it.
  TreeHead tree;
  std::vector<std::string> extensions;  // Further lines; this project writes none.
  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

// All errors below are INVALID_ARGUMENT (NOTE_INVALID) unless said otherwise.

// Three lines or more: origin, size, root in base64, extensions. Errors when ParseCheckpoint would
// not give it back.
StatusOr<std::string> EncodeCheckpoint(const Checkpoint& checkpoint);
// The inverse, for foreign text: no empty line, no leading zeroes, a root of 32 bytes, UTF-8.
StatusOr<Checkpoint> ParseCheckpoint(std::string_view text);

// The note that says `checkpoint`, signed under the name of its origin.
StatusOr<std::string> SignCheckpoint(const Checkpoint& checkpoint, const Signer& signer,
                                     const Hasher& hasher);
// What a foreign note says, once one of the log's `keys` has signed it and is named as its origin.
// Errors as OpenNote's.
StatusOr<Checkpoint> OpenCheckpoint(std::string_view note, std::span<const NoteKey> keys,
                                    const Crypto& crypto);

}  // namespace muster::registry::audit
