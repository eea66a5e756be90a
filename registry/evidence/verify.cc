#include "registry/evidence/verify.h"

#include <map>

#include "registry/audit/merkle.h"
#include "registry/evidence/dsse.h"

namespace muster::registry::evidence {
namespace {
template <typename... Args>
Status Invalid(fmt::format_string<Args...> f, Args&&... args) {
  return WithReason(InvalidArgument(f, std::forward<Args>(args)...), Reason::kARTEFACT_INVALID);
}

Status CheckLeaves(const Bundle& bundle, const audit::TreeHead& tree, const Hasher& hasher) {
  audit::InclusionVerifier verifier(hasher, tree);
  for (const Leaf& leaf : bundle.leaves) {
    const Digest hash = audit::LeafHash(hasher, AsBytes(leaf.text));
    if (const Status in = verifier.Verify(leaf.index, hash, leaf.hashes); !in.ok())
      return Prefixed(in, fmt::format("leaf {}", leaf.index));
  }
  return Ok();
}

// Facts that are left out would show as gaps: each stream begins at 0 and counts on.
StatusOr<std::size_t> CheckStreams(const std::vector<LeafFact>& facts) {
  std::map<std::string_view, std::uint64_t> next;
  for (const LeafFact& fact : facts) {
    const std::uint64_t expected = next[fact.stream]++;
    if (fact.seq != expected)
      return Invalid("leaf {}: fact {} of '{}' is left out", fact.leaf, expected, fact.stream);
  }
  return next.size();
}

StatusOr<std::vector<Subject>> FilesOf(const Bundle& bundle, const std::vector<LeafFact>& facts) {
  for (const LeafFact& fact : facts) {
    if (fact.stream != "model/" + bundle.model || fact.header.type != "ModelVersionCreated")
      continue;
    JsonReader reader(fact.body);
    if (reader.Unsigned("version") != bundle.version) continue;
    std::vector<Subject> files;
    for (const auto& [member, name] :
         {std::pair("params", "params.safetensors"), std::pair("module", "module.pt")}) {
      if (!reader.Has(member)) continue;
      const std::string text = reader.Text(member);
      MUSTER_TRY(reader.status());
      MUSTER_ASSIGN(const Digest digest, Digest::Parse(text));
      files.push_back({name, digest});
    }
    return files;
  }
  return Invalid("no fact in it makes version {} of model '{}'", bundle.version, bundle.model);
}

StatusOr<DeviceRun> Answer(const Bundle& bundle, const std::vector<LeafFact>& facts) {
  MUSTER_ASSIGN(DeviceRun run, DeviceRunIn(facts, *bundle.question));
  MUSTER_TRY(CheckRunIs(run, bundle.model, bundle.version));
  MUSTER_ASSIGN(const std::vector<Subject> files, FilesOf(bundle, facts));
  if (run.version != 0 && (files.empty() || files[0].digest.ToString() != run.params))
    return Invalid("leaf {}: device {} was given parameters {}, which are not those of version {}",
                   run.leaf, run.question.device, run.params.substr(0, 80), bundle.version);
  return run;
}

Status CheckStatement(const Bundle& bundle, const Verified& verified, const audit::NoteKey& key,
                      const Crypto& crypto) {
  MUSTER_ASSIGN(const Envelope envelope, ParseEnvelope(bundle.statement));
  if (const Status signed_by = Verify(envelope, key.public_key(), crypto); !signed_by.ok())
    return WithReason(Prefixed(signed_by, "the statement about the model's files"),
                      Reason::kNOTE_INVALID);
  MUSTER_ASSIGN(const std::vector<Subject> files, FilesOf(bundle, verified.facts));
  MUSTER_ASSIGN(const std::string said,
                StatementOf(bundle, verified.checkpoint.tree.size, files, crypto));
  if (envelope.key_id != key.ToString() || envelope.payload_type != kInTotoPayload ||
      envelope.payload != said)
    return Invalid("{}", bundle.question
                             ? "the statement about the device is of another question, other facts "
                               "or other files"
                             : "the statement about the model's files says something else than "
                               "the facts");
  return Ok();
}
}  // namespace

StatusOr<Verified> Verify(const Bundle& bundle, const std::optional<std::string>& key,
                          const Crypto& crypto) {
  MUSTER_ASSIGN(const audit::NoteKey verifier,
                audit::NoteKey::Parse(key ? *key : bundle.key, crypto));
  if (key && *key != bundle.key)
    return WithReason(Unauthenticated("the bundle is signed with key {}, not with {}",
                                      bundle.key.substr(0, 120), *key),
                      Reason::kNOTE_INVALID);
  Verified out;
  MUSTER_ASSIGN(out.checkpoint,
                audit::OpenCheckpoint(bundle.checkpoint, std::span(&verifier, 1), crypto));
  MUSTER_TRY(CheckLeaves(bundle, out.checkpoint.tree, crypto));
  MUSTER_ASSIGN(out.facts, FactsOf(bundle, crypto));
  MUSTER_ASSIGN(out.streams, CheckStreams(out.facts));
  if (bundle.question) {
    MUSTER_ASSIGN(out.run, Answer(bundle, out.facts));
  }
  MUSTER_TRY(CheckStatement(bundle, out, verifier, crypto));
  return out;
}

}  // namespace muster::registry::evidence
