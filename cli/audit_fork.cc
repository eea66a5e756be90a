// muster audit checkpoint, past, fork: what two people who saw different histories hold up.
#include <muster/v1/evidence.grpc.pb.h>

#include <algorithm>

#include "cli/artefacts.h"
#include "cli/commands.h"
#include "cli/key_option.h"
#include "cli/text.h"
#include "registry/audit/fork_file.h"

namespace muster::cli {
namespace {
namespace audit = registry::audit;

struct Arguments {
  std::string out, of, first, second, past, key;
  std::uint64_t since = 0;
};

Status GiveText(Shell& shell, const std::string& out, std::string_view text) {
  if (!out.empty() && out != "-") return WriteBytes(out, AsBytes(text));
  shell.world.screen.Out(text);
  return Ok();
}

// What a note says that nobody has verified yet.
StatusOr<audit::Checkpoint> Read(const std::string& note) {
  MUSTER_ASSIGN(const audit::Note parsed, audit::ParseNote(note));
  return audit::ParseCheckpoint(parsed.text);
}

StatusOr<Digest> HashOf(const std::string& bytes) {
  std::array<std::byte, 32> out;
  const ByteView view = AsBytes(bytes);
  if (view.size() != out.size())
    return WithReason(DataLoss("the coordinator's proof has a hash of {} bytes", view.size()),
                      Reason::kPROOF_INVALID);
  std::copy(view.begin(), view.end(), out.begin());
  return Digest(out);
}

// What the coordinator's tree of `size` leaves began with at `since`.
StatusOr<audit::Past> AskPast(Shell& shell, std::uint64_t since, std::uint64_t size) {
  v1::GetLogHeadRequest request;
  request.set_since(since);
  request.set_size(size);
  MUSTER_ASSIGN(const auto head, shell.Ask(&v1::EvidenceService::Stub::GetLogHead, request));
  audit::Past out;
  MUSTER_ASSIGN(out.root, HashOf(head.past_root()));
  for (const std::string& hash : head.proof()) {
    MUSTER_ASSIGN(out.proof.emplace_back(), HashOf(hash));
  }
  return out;
}

Status Checkpoint(Shell& shell, const Arguments& arguments) {
  MUSTER_ASSIGN(const auto head, shell.Ask(&v1::EvidenceService::Stub::GetLogHead, {}));
  if (head.checkpoint().empty())
    return WithReason(Unavailable("the coordinator has recorded nothing yet"),
                      Reason::kRESOURCE_NOT_FOUND);
  return GiveText(shell, arguments.out, head.checkpoint());
}

Status GivePast(Shell& shell, const Arguments& arguments) {
  MUSTER_ASSIGN(const std::string note, shell.world.disk.ReadText(arguments.of));
  const auto newer = Read(note);
  if (!newer.ok()) return Prefixed(newer.status(), arguments.of);
  MUSTER_ASSIGN(const audit::Past past, AskPast(shell, arguments.since, newer->tree.size));
  MUSTER_ASSIGN(const std::string text, audit::EncodePast(past));
  return GiveText(shell, arguments.out, text + "\n");
}

// Two notes with their past, or what a witness put away.
StatusOr<audit::ForkFile> FileOf(Shell& shell, const Arguments& arguments) {
  audit::ForkFile out;
  MUSTER_ASSIGN(const std::string first, shell.world.disk.ReadText(arguments.first));
  if (arguments.second.empty()) {
    auto file = audit::ParseForkFile(first);
    if (!file.ok()) return Prefixed(file.status(), arguments.first);
    out = *std::move(file);
  } else {
    out.evidence.first = first;
    MUSTER_ASSIGN(out.evidence.second, shell.world.disk.ReadText(arguments.second));
  }
  if (!arguments.past.empty()) {
    MUSTER_ASSIGN(const std::string text, shell.world.disk.ReadText(arguments.past));
    auto past = audit::ParsePast(text);
    if (!past.ok()) return Prefixed(past.status(), arguments.past);
    out.evidence.past = *std::move(past);
  }
  return out;
}

StatusOr<audit::NoteKey> KeyFor(Shell& shell, const Arguments& arguments,
                                const audit::ForkFile& file) {
  MUSTER_ASSIGN(const std::optional<std::string> given, KeyOption(shell, arguments.key));
  const std::string text = given.value_or(file.key);
  if (text.empty())
    return WithReason(InvalidArgument("--key is missing: the log's key is DATA/log/key.pub at the "
                                      "coordinator, and what agents pinned"),
                      Reason::kNOTE_INVALID);
  return audit::NoteKey::Parse(text, shell.world.crypto);
}

// What a checkpoint that shrank comes to: no proof against the key, but two statements that stand.
Status Rewound(const audit::Checkpoint& had, const audit::Checkpoint& showed) {
  return WithReason(
      FailedPrecondition(
          "no fork is proven: the key stands for {} leaves and for {}. A checkpoint carries no "
          "time, so that the smaller one was shown later is the witness's word. With the full "
          "log's --past it can be told whether one grew out of the other",
          had.tree.size, showed.tree.size),
      Reason::kLOG_REWOUND);
}

struct Pair {
  audit::Checkpoint first, second;
};

StatusOr<Pair> Open(const audit::ForkEvidence& evidence, const audit::NoteKey& key,
                    const Crypto& crypto) {
  const std::span<const audit::NoteKey> keys(&key, 1);
  const auto first = audit::OpenCheckpoint(evidence.first, keys, crypto);
  if (!first.ok()) return Prefixed(first.status(), "the first checkpoint");
  const auto second = audit::OpenCheckpoint(evidence.second, keys, crypto);
  if (!second.ok()) return Prefixed(second.status(), "the second checkpoint");
  return Pair{*first, *second};
}

v1::ProvenFork ToProto(const Pair& pair, const audit::ForkFile& file, const audit::NoteKey& key) {
  const bool ordered = pair.first.tree.size <= pair.second.tree.size;
  const audit::Checkpoint& older = ordered ? pair.first : pair.second;
  const audit::Checkpoint& newer = ordered ? pair.second : pair.first;
  const bool even = older.tree.size == newer.tree.size;
  v1::ProvenFork out;
  out.set_origin(older.origin);
  out.set_key(key.ToString());
  out.set_size(older.tree.size);
  out.set_first_root(older.tree.root.Hex());
  out.set_second_root(even ? newer.tree.root.Hex() : file.evidence.past->root.Hex());
  out.set_second_size(newer.tree.size);
  return out;
}

std::string ForkText(const v1::ProvenFork& fork) {
  std::string out = fmt::format("FORK  the log {} has two histories of {} facts\n",
                                Clean(fork.origin()), Thousands(fork.size()));
  out += fmt::format("  root {}  by the one checkpoint\n  root {}  by the other, of {} facts\n",
                     fork.first_root(), fork.second_root(), Thousands(fork.second_size()));
  out += fmt::format("  both signed by {}\n", Clean(fork.key()));
  if (!fork.key_given())
    out +=
        "  the key came out of the file: compare it with one from somebody you trust, or pass "
        "--key\n";
  return out;
}

Status Fork(Shell& shell, const Arguments& arguments) {
  MUSTER_ASSIGN(audit::ForkFile file, FileOf(shell, arguments));
  MUSTER_ASSIGN(const audit::NoteKey key, KeyFor(shell, arguments, file));
  MUSTER_ASSIGN(const Pair pair, Open(file.evidence, key, shell.world.crypto));
  const auto [least, most] = std::minmax(pair.first.tree.size, pair.second.tree.size);
  if (least != most && !file.evidence.past) {
    if (arguments.second.empty()) return Rewound(pair.first, pair.second);
    auto past = AskPast(shell, least, most);
    if (!past.ok())
      return Prefixed(past.status(),
                      "the checkpoints are of two sizes, and the coordinator does not show what "
                      "the larger one began with (--past FILE)");
    file.evidence.past = *std::move(past);
  }
  MUSTER_TRY(audit::ProveFork(file.evidence, key, shell.world.crypto));
  v1::ProvenFork proven = ToProto(pair, file, key);
  proven.set_key_given(!arguments.key.empty());
  return shell.Show(proven, [&] { return ForkText(proven); });
}
}  // namespace

void AddAuditFork(CLI::App* audit, Shell& shell) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* checkpoint =
      audit->add_subcommand("checkpoint", "Keep what the log says of itself now, signed");
  checkpoint->add_option("--out", arguments->out, "File to write; default: the screen")
      ->type_name("FILE");
  shell.On(checkpoint, [&shell, arguments] { return Checkpoint(shell, *arguments); });

  CLI::App* past =
      audit->add_subcommand("past", "Ask for what a checkpoint's tree began with, and its proof");
  past->add_option("--of", arguments->of, "The larger checkpoint")->required()->type_name("NOTE");
  past->add_option("--since", arguments->since, "The smaller one's size")
      ->required()
      ->type_name("SIZE");
  past->add_option("--out", arguments->out, "File to write; default: the screen")
      ->type_name("FILE");
  shell.On(past, [&shell, arguments] { return GivePast(shell, *arguments); });

  CLI::App* fork =
      audit->add_subcommand("fork", "Prove that a log has two histories, without any server");
  fork->add_option("first", arguments->first, "A checkpoint; or alone, an agent's evidence")
      ->required()
      ->type_name("NOTE|FILE");
  fork->add_option("second", arguments->second, "Another checkpoint")->type_name("NOTE");
  fork->add_option("--past", arguments->past,
                   "What 'audit past' gave, where the two are of different sizes; default: the "
                   "coordinator is asked")
      ->type_name("FILE");
  fork->add_option("--key", arguments->key, "The log's key, \"name+id+base64\", or a file with it")
      ->type_name("KEY|FILE");
  fork->footer(
      "\nExits with 0 when the log's key stands for two histories: whoever has the key signed "
      "both, "
      "and\nanybody can check it. With 1 when the checkpoints can be of one log, or are not "
      "signed.\n\n"
      "Examples:\n"
      "  muster audit checkpoint --out mine.note\n"
      "  muster audit fork mine.note theirs.note --key log.pub\n"
      "  muster audit fork muster-edge-state/log/0123456789abcdef.evidence.json");
  shell.On(fork, [&shell, arguments] { return Fork(shell, *arguments); });
}

}  // namespace muster::cli
