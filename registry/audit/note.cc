#include "registry/audit/note.h"

#include <algorithm>
#include <array>

#include "registry/audit/encoding.h"

namespace muster::registry::audit {
namespace {
constexpr std::string_view kDash = "\xe2\x80\x94 ";  // U+2014 and a space.
constexpr std::byte kEd25519{1};
constexpr std::size_t kIdBytes = 4;
constexpr std::size_t kIdDigits = 8;

template <typename... Args>
Status Invalid(fmt::format_string<Args...> f, Args&&... args) {
  return WithReason(InvalidArgument(f, std::forward<Args>(args)...), Reason::kNOTE_INVALID);
}
Status NotSigned(std::string_view what) {
  return WithReason(Unauthenticated("note: {}", what), Reason::kNOTE_INVALID);
}

// Unicode's White_Space.
bool IsSpace(std::int32_t c) {
  constexpr std::int32_t kSpaces[] = {0x20,   0x85,   0xa0,   0x1680, 0x2028,
                                      0x2029, 0x202f, 0x205f, 0x3000};
  return (c >= 0x09 && c <= 0x0d) || (c >= 0x2000 && c <= 0x200a) ||
         std::ranges::find(kSpaces, c) != std::end(kSpaces);
}

bool IsName(std::string_view text) {
  if (text.empty()) return false;
  while (!text.empty()) {
    const std::int32_t c = TakeCodePoint(text);
    if (c < 0x20 || c == '+' || IsSpace(c)) return false;
  }
  return true;
}

std::uint32_t ReadId(ByteView bytes) {
  std::uint32_t id = 0;
  for (const std::byte b : bytes.first(kIdBytes)) id = id << 8 | std::to_integer<std::uint32_t>(b);
  return id;
}

StatusOr<NoteSignature> ParseSignature(std::string_view line) {
  if (!line.starts_with(kDash)) return Invalid("a signature line that does not begin with a dash");
  line.remove_prefix(kDash.size());
  const std::size_t space = line.find(' ');
  if (space == line.npos || !IsName(line.substr(0, space)))
    return Invalid("a signature line without the name of a key");
  const StatusOr<Bytes> bytes = FromBase64(line.substr(space + 1));
  if (!bytes.ok() || bytes->size() <= kIdBytes)
    return Invalid("a signature that is not base64 of a key's id and more");
  return NoteSignature{std::string(line.substr(0, space)), ReadId(*bytes),
                       Bytes(bytes->begin() + kIdBytes, bytes->end())};
}

std::string LineOf(const NoteSignature& signature) {
  Bytes bytes;
  for (int shift = 24; shift >= 0; shift -= 8)
    bytes.push_back(static_cast<std::byte>(signature.key_id >> shift & 0xff));
  bytes.insert(bytes.end(), signature.signature.begin(), signature.signature.end());
  return fmt::format("{}{} {}\n", kDash, signature.key_name, ToBase64(bytes));
}

// The key's type and bytes, as its id and its text form have them.
Bytes Typed(const SigningPublic& key) {
  Bytes out{kEd25519};
  out.insert(out.end(), key.begin(), key.end());
  return out;
}

Status CheckHolds(const NoteSignature& signature, const NoteKey& key, std::string_view text,
                  const Crypto& crypto) {
  Signature bytes;
  if (signature.signature.size() != bytes.size()) return NotSigned("a signature of another length");
  std::ranges::copy(signature.signature, bytes.begin());
  if (!crypto.Verify(key.public_key(), AsBytes(text), bytes).ok())
    return NotSigned("a signature of a known key that does not hold");
  return Ok();
}
}  // namespace

StatusOr<Note> ParseNote(std::string_view note) {
  if (note.size() > kMostNoteBytes) return Invalid("a note of {} bytes", note.size());
  if (!IsText(note)) return Invalid("a note that is not UTF-8 or has control characters");
  const std::size_t end = note.rfind("\n\n");
  if (end == note.npos || !note.ends_with('\n')) return Invalid("a note without signatures");
  Note out{std::string(note.substr(0, end + 1)), {}};
  for (std::string_view lines = note.substr(end + 2); !lines.empty();) {
    if (out.signatures.size() == kMostNoteSignatures)
      return Invalid("a note with more than {} signatures", kMostNoteSignatures);
    const std::size_t newline = lines.find('\n');
    MUSTER_ASSIGN(NoteSignature signature, ParseSignature(lines.substr(0, newline)));
    out.signatures.push_back(std::move(signature));
    lines.remove_prefix(newline + 1);
  }
  if (out.signatures.empty()) return Invalid("a note without signatures");
  return out;
}

StatusOr<std::string> EncodeNote(const Note& note) {
  std::string out = note.text + '\n';
  for (const NoteSignature& signature : note.signatures) out += LineOf(signature);
  MUSTER_ASSIGN(const Note back, ParseNote(out));
  if (back != note) return Invalid("text or a signature that a note cannot hold");
  return out;
}

StatusOr<NoteKey> NoteKey::Make(std::string name, const SigningPublic& key, const Hasher& hasher) {
  if (!IsName(name)) return Invalid("a key's name that is empty, or has a space or a plus");
  Bytes named(AsBytes(name).begin(), AsBytes(name).end());
  named.push_back(std::byte{'\n'});
  const Bytes typed = Typed(key);
  named.insert(named.end(), typed.begin(), typed.end());
  return NoteKey(std::move(name), ReadId(hasher.Sha256(named).bytes()), key);
}

std::string NoteKey::ToString() const {
  return fmt::format("{}+{:08x}+{}", name_, id_, ToBase64(Typed(key_)));
}

StatusOr<NoteKey> NoteKey::Parse(std::string_view text, const Hasher& hasher) {
  if (text.size() > kMostNoteBytes) return Invalid("a key of {} bytes", text.size());
  const std::size_t plus = text.find('+');
  if (plus == text.npos || text.size() < plus + kIdDigits + 2)
    return Invalid("a key that is not NAME+ID+BASE64");
  const StatusOr<Bytes> typed = FromBase64(text.substr(plus + kIdDigits + 2));
  SigningPublic key;
  if (!typed.ok() || typed->size() != key.size() + 1 || typed->front() != kEd25519)
    return Invalid("a key that is not one of Ed25519 in base64");
  std::copy(typed->begin() + 1, typed->end(), key.begin());
  MUSTER_ASSIGN(NoteKey out, Make(std::string(text.substr(0, plus)), key, hasher));
  if (out.ToString() != text) return Invalid("a key whose id is another's");
  return out;
}

StatusOr<NoteSignature> SignText(std::string_view text, const std::string& name,
                                 const Signer& signer, const Hasher& hasher) {
  MUSTER_ASSIGN(const NoteKey key, NoteKey::Make(name, signer.public_key(), hasher));
  MUSTER_ASSIGN(const Signature signature, signer.Sign(AsBytes(text)));
  return NoteSignature{name, key.id(), Bytes(signature.begin(), signature.end())};
}

StatusOr<Note> OpenNote(std::string_view note, std::span<const NoteKey> known,
                        const Crypto& crypto) {
  MUSTER_ASSIGN(Note parsed, ParseNote(note));
  Note out{std::move(parsed.text), {}};
  for (NoteSignature& signature : parsed.signatures) {
    const auto is_its = [&](const NoteKey& key) {
      return key.name() == signature.key_name && key.id() == signature.key_id;
    };
    const auto key = std::ranges::find_if(known, is_its);
    if (key == known.end()) continue;
    if (std::find_if(key + 1, known.end(), is_its) != known.end())
      return Invalid("two known keys of one name and id");
    MUSTER_TRY(CheckHolds(signature, *key, out.text, crypto));
    const bool again = std::ranges::any_of(out.signatures, [&](const NoteSignature& earlier) {
      return earlier.key_name == signature.key_name && earlier.key_id == signature.key_id;
    });
    if (!again) out.signatures.push_back(std::move(signature));
  }
  if (out.signatures.empty()) return NotSigned("no known key signed it");
  return out;
}

}  // namespace muster::registry::audit
