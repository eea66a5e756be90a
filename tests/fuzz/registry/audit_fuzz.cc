// Any bytes as a note, a checkpoint, a key, a tile's path, a bundle, a proof, evidence of a fork, a
// frontier and a log's state: a Status or a value, never a crash. What is taken has one form, and
// comes back in it.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "platform/sha256.h"
#include "registry/audit/checkpoint.h"
#include "registry/audit/fork_file.h"
#include "registry/audit/frontier.h"
#include "registry/audit/leaf.h"
#include "registry/audit/log_state.h"
#include "registry/audit/proofs.h"
#include "registry/audit/tiles.h"

namespace muster::registry::audit {
namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

void TryTexts(std::string_view text, const Hasher& hasher) {
  if (const auto note = ParseNote(text); note.ok()) {
    Require(*EncodeNote(*note) == text);
    (void)ParseCheckpoint(note->text);
  }
  if (const auto checkpoint = ParseCheckpoint(text); checkpoint.ok())
    Require(*EncodeCheckpoint(*checkpoint) == text);
  if (const auto key = NoteKey::Parse(text, hasher); key.ok()) Require(key->ToString() == text);
  if (const auto tile = ParseTilePath(text); tile.ok()) Require(PathOf(*tile) == text);
}

void TryProofs(std::string_view text, const Hasher& hasher) {
  if (const auto proof = ParseInclusionProof(text); proof.ok()) {
    Require(*EncodeProof(*proof) == text);
    (void)Verify(hasher, *proof, Digest(), {proof->tree_size, Digest()});
  }
  if (const auto file = ParseForkFile(text); file.ok())
    Require(*ParseForkFile(*EncodeForkFile(*file)) == *file);
  if (const auto past = ParsePast(text); past.ok())
    Require(*ParsePast(*EncodePast(*past)) == *past);
  if (const auto proof = ParseConsistencyProof(text); proof.ok()) {
    Require(*EncodeProof(*proof) == text);
    (void)Verify(hasher, *proof, {proof->old_size, Digest()}, {proof->new_size, Digest()});
  }
}

void TryBytes(ByteView bytes, const Hasher& hasher) {
  for (const std::uint64_t width : {std::uint64_t{1}, std::uint64_t{3}, kTileWidth})
    if (const auto leaves = ParseBundle(bytes, width); leaves.ok())
      Require(leaves->size() == width);
  if (const auto frontier = Frontier::Parse(bytes); frontier.ok()) {
    const Bytes again = frontier->Encode();
    Require(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
  }
  if (const auto state = LogState::Parse(bytes, hasher); state.ok()) {
    const Bytes again = state->Encode();
    Require(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
  }
}

}  // namespace
}  // namespace muster::registry::audit

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace audit = muster::registry::audit;
  const muster::platform::OpenSslHasher hasher;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  audit::TryTexts(text, hasher);
  audit::TryProofs(text, hasher);
  audit::TryBytes(muster::AsBytes(text), hasher);
  return 0;
}
