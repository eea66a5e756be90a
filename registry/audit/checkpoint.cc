#include "registry/audit/checkpoint.h"

#include <algorithm>

#include "registry/audit/encoding.h"

namespace muster::registry::audit {
namespace {
template <typename... Args>
Status Invalid(fmt::format_string<Args...> f, Args&&... args) {
  return WithReason(InvalidArgument("checkpoint: {}", fmt::format(f, std::forward<Args>(args)...)),
                    Reason::kNOTE_INVALID);
}

// Takes a line that is not empty off the front of `text`.
StatusOr<std::string_view> TakeLine(std::string_view& text) {
  const std::size_t newline = text.find('\n');
  if (newline == text.npos) return Invalid("cut short");
  if (newline == 0) return Invalid("an empty line");
  const std::string_view line = text.substr(0, newline);
  text.remove_prefix(newline + 1);
  return line;
}
}  // namespace

StatusOr<Checkpoint> ParseCheckpoint(std::string_view text) {
  if (text.size() > kMostNoteBytes) return Invalid("{} bytes", text.size());
  if (!IsText(text)) return Invalid("not UTF-8, or with control characters");
  Checkpoint out;
  MUSTER_ASSIGN(const std::string_view origin, TakeLine(text));
  MUSTER_ASSIGN(const std::string_view size, TakeLine(text));
  MUSTER_ASSIGN(const std::string_view root, TakeLine(text));
  const StatusOr<std::uint64_t> count = ParseCount(size);
  if (!count.ok()) return Invalid("size: {}", MessageOf(count.status()));
  const StatusOr<Digest> hash = ParseHash(root);
  if (!hash.ok()) return Invalid("root: {}", MessageOf(hash.status()));
  out.origin = origin;
  out.tree = {*count, *hash};
  while (!text.empty()) {
    MUSTER_ASSIGN(const std::string_view extension, TakeLine(text));
    out.extensions.emplace_back(extension);
  }
  return out;
}

StatusOr<std::string> EncodeCheckpoint(const Checkpoint& checkpoint) {
  std::string out = fmt::format("{}\n{}\n{}\n", checkpoint.origin, checkpoint.tree.size,
                                ToBase64(checkpoint.tree.root.bytes()));
  for (const std::string& extension : checkpoint.extensions) out += extension + '\n';
  MUSTER_ASSIGN(const Checkpoint back, ParseCheckpoint(out));
  if (back != checkpoint) return Invalid("a line that a checkpoint cannot hold");
  return out;
}

StatusOr<std::string> SignCheckpoint(const Checkpoint& checkpoint, const Signer& signer,
                                     const Hasher& hasher) {
  Note note;
  MUSTER_ASSIGN(note.text, EncodeCheckpoint(checkpoint));
  MUSTER_ASSIGN(NoteSignature signature, SignText(note.text, checkpoint.origin, signer, hasher));
  note.signatures.push_back(std::move(signature));
  return EncodeNote(note);
}

StatusOr<Checkpoint> OpenCheckpoint(std::string_view note, std::span<const NoteKey> keys,
                                    const Crypto& crypto) {
  MUSTER_ASSIGN(const Note opened, OpenNote(note, keys, crypto));
  MUSTER_ASSIGN(Checkpoint checkpoint, ParseCheckpoint(opened.text));
  const bool by_its_log = std::ranges::any_of(
      opened.signatures,
      [&](const NoteSignature& signature) { return signature.key_name == checkpoint.origin; });
  if (!by_its_log)
    return WithReason(Unauthenticated("checkpoint: of another log than its key's"),
                      Reason::kNOTE_INVALID);
  return checkpoint;
}

}  // namespace muster::registry::audit
