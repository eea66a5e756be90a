#pragma once
// Signed notes: text and the signatures under it, C2SP's signed-note with Ed25519 (type 01). Text
// means nothing until a key that is known has signed it.
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/crypto.h"
#include "base/status.h"

namespace muster::registry::audit {

inline constexpr std::size_t kMostNoteBytes = std::size_t{1} << 18;
inline constexpr std::size_t kMostNoteSignatures = 64;  // C2SP asks for 16 at least.

// "— name base64(id, signature)". Name and id together say whose it is.
struct NoteSignature {
  std::string key_name;
  std::uint32_t key_id = 0;
  Bytes signature;
  friend bool operator==(const NoteSignature&, const NoteSignature&) = default;
};

struct Note {
  std::string text;  // Ends in a newline.
  std::vector<NoteSignature> signatures;
  friend bool operator==(const Note&, const Note&) = default;
};

// All errors below are INVALID_ARGUMENT (NOTE_INVALID) unless said otherwise.

// Text, an empty line, and 1 to 64 lines of signatures. Refuses what is longer than kMostNoteBytes,
// text that is not UTF-8 or has control characters other than newlines, names that are empty or
// have a space or a plus, and base64 in any but its one form: EncodeNote of what comes out is what
// went in. Nothing is verified.
StatusOr<Note> ParseNote(std::string_view note);
// Errors when ParseNote would not give `note` back.
StatusOr<std::string> EncodeNote(const Note& note);

// Whose signature to believe: a name, an Ed25519 key, and the id that follows from both, the first
// 4 bytes of SHA-256(name, 0A, 01, key).
class NoteKey {
 public:
  static StatusOr<NoteKey> Make(std::string name, const SigningPublic& key, const Hasher& hasher);
  // "name+1a2b3c4d+base64(01, key)", as ToString writes it; an id that is another's is refused.
  static StatusOr<NoteKey> Parse(std::string_view text, const Hasher& hasher);
  std::string ToString() const;

  const std::string& name() const { return name_; }
  std::uint32_t id() const { return id_; }
  const SigningPublic& public_key() const { return key_; }
  friend bool operator==(const NoteKey&, const NoteKey&) = default;

 private:
  NoteKey(std::string name, std::uint32_t id, const SigningPublic& key)
      : name_(std::move(name)), id_(id), key_(key) {}
  std::string name_;
  std::uint32_t id_;
  SigningPublic key_;
};

// A signature over `text` under the name `name`. Errors of the signer are passed on.
StatusOr<NoteSignature> SignText(std::string_view text, const std::string& name,
                                 const Signer& signer, const Hasher& hasher);

// The note with one signature for each of the `known` keys that signed it, in the note's order.
// Signatures of other keys are left out. UNAUTHENTICATED (NOTE_INVALID) when no known key signed
// it, or when a signature that is said to be of a known key does not hold, be it a second one.
// Two known keys with one name and id are refused. Cost: at most 64 Ed25519 verifications.
StatusOr<Note> OpenNote(std::string_view note, std::span<const NoteKey> known,
                        const Crypto& crypto);

}  // namespace muster::registry::audit
