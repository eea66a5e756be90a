#include "client/witness/log_book.h"

#include <algorithm>
#include <array>

#include "base/canonical_json.h"
#include "client/witness/signed_files.h"
#include "registry/audit/fork.h"

namespace muster::client {
namespace {
namespace audit = registry::audit;
constexpr Duration kWhileEmpty = std::chrono::seconds(5);

Status PutText(Files& files, const std::string& name, std::string_view text) {
  const std::array<ByteView, 1> parts = {AsBytes(text)};
  return files.Put(name, parts);
}

// Of a fork that the two notes, with the past that was shown, prove by themselves.
bool IsProven(const audit::ForkEvidence& evidence, const audit::NoteKey& key,
              const Crypto& crypto) {
  return audit::ProveFork(evidence, key, crypto).ok();
}
}  // namespace

StatusOr<std::shared_ptr<LogBook>> LogBook::Open(LogBookConfig config, Files& files,
                                                 const Crypto& crypto) {
  std::shared_ptr<LogBook> book(new LogBook(std::move(config), files, crypto));
  if (const Status loaded = book->Load(); !loaded.ok())
    return DataLoss(
        "{}/{} is not readable ({}); put it back from a copy, or remove it to believe "
        "the coordinator's log as it is now",
        book->config_.folder, book->FileName(), MessageOf(loaded));
  if (!book->key_ && !book->config_.key.empty()) MUSTER_TRY(book->Pin(book->config_.key));
  MUSTER_TRY(book->LoadVerdict());
  return book;
}

Status LogBook::Load() {
  const StatusOr<Bytes> bytes = files_.Get(FileName());
  if (absl::IsNotFound(bytes.status())) return Ok();
  MUSTER_TRY(bytes.status());
  MUSTER_ASSIGN(const Json json, ParseJson(AsText(*bytes), 2));
  if (!json.is_object()) return InvalidArgument("no JSON object");
  JsonReader reader(json);
  const std::string key = reader.Text("key");
  const std::string note = reader.Text("checkpoint");
  MUSTER_TRY(reader.status());
  MUSTER_TRY(Pin(key));
  MUSTER_TRY(witness_->See(note, {}));
  saved_ = note;
  return Ok();
}

// A fork that was proven stays one, whatever the coordinator shows today.
Status LogBook::LoadVerdict() {
  const StatusOr<Bytes> bytes = files_.Get(EvidenceName());
  if (absl::IsNotFound(bytes.status())) return Ok();
  MUSTER_TRY(bytes.status());
  const auto file = audit::ParseForkFile(AsText(*bytes));
  if (file.ok() && key_ && IsProven(file->evidence, *key_, crypto_))
    verdict_ =
        Sentence(WithReason(FailedPrecondition("the log has forked"), Reason::kLOG_FORKED), true);
  return Ok();
}

Status LogBook::Pin(std::string_view text) {
  MUSTER_ASSIGN(audit::NoteKey key, audit::NoteKey::Parse(text, crypto_));
  key_ = std::move(key);
  witness_.emplace(std::vector<audit::NoteKey>{*key_}, crypto_);
  return Ok();
}

bool LogBook::Due(Timestamp now) const {
  // A log without a checkpoint has one within a second.
  const Duration rest =
      remembered() > 0 ? config_.look_again : std::min(config_.look_again, kWhileEmpty);
  return !looked_at_ || now < *looked_at_ || now - *looked_at_ >= rest;
}

std::uint64_t LogBook::remembered() const {
  return witness_ && witness_->checkpoint() ? witness_->checkpoint()->tree.size : 0;
}

Status LogBook::Save() {
  if (witness_->remembered() == saved_) return Ok();
  MUSTER_ASSIGN(const std::string text,
                CanonicalJson({{"key", key_->ToString()}, {"checkpoint", witness_->remembered()}}));
  MUSTER_TRY(PutText(files_, FileName(), text));
  saved_ = witness_->remembered();
  return Ok();
}

Status LogBook::See(std::uint64_t since, const LogHead& head, Timestamp now) {
  MUSTER_TRY(verdict_);
  if (since != remembered()) return Aborted("another answer came first");
  if (head.checkpoint.empty()) {
    if (since > 0)
      return Convict(WithReason(FailedPrecondition("the log is empty and had {} leaves", since),
                                Reason::kLOG_REWOUND),
                     head, now);
    looked_at_ = now;  // A coordinator that has recorded nothing yet.
    return Ok();
  }
  if (!key_)
    if (const Status pinned = Pin(head.key); !pinned.ok()) return Convict(pinned, head, now);
  if (const Status believed = witness_->See(head.checkpoint, head.proof); !believed.ok())
    return Convict(believed, head, now);
  MUSTER_TRY(Save());
  looked_at_ = now;
  return Ok();
}

Status LogBook::Convict(const Status& why, const LogHead& head, Timestamp now) {
  audit::ForkFile file{{witness_ ? witness_->remembered() : "", head.checkpoint, {}},
                       key_ ? key_->ToString() : head.key,
                       ReasonOf(why).value_or(Reason::kNOTE_INVALID),
                       now};
  if (head.past_root) file.evidence.past = audit::Past{*head.past_root, head.proof};
  Status finding = why;
  if (key_ && file.finding == Reason::kPROOF_INVALID && IsProven(file.evidence, *key_, crypto_)) {
    file.finding = Reason::kLOG_FORKED;
    finding = WithReason(
        FailedPrecondition("the log of {} leaves did not grow out of the one that was remembered",
                           remembered()),
        Reason::kLOG_FORKED);
  }
  const StatusOr<std::string> text = audit::EncodeForkFile(file);
  const bool kept = text.ok() && PutText(files_, EvidenceName(), *text).ok();
  verdict_ = Sentence(finding, kept);
  return verdict_;
}

// What people read: what is wrong, what to do, and where the evidence is.
Status LogBook::Sentence(const Status& why, bool evidence) const {
  std::string text(MessageOf(why));
  text +=
      ". This agent does nothing for a coordinator that rewrites its history: if it was "
      "restored from an older copy, put its newest data back; to believe its log as it is now, "
      "stop the agent and remove ";
  text += fmt::format("{}/log/{}.*json", config_.folder, config_.name);
  if (evidence)
    text += fmt::format(". What shows it: muster audit fork {}/{}", config_.folder, EvidenceName());
  Status out = MakeStatus(why.code(), text);
  return WithReason(out, ReasonOf(why).value_or(Reason::kNOTE_INVALID));
}

Status LogBook::CheckSigned(std::string_view envelope, std::span<const Digest> files) const {
  if (!key_)
    return WithReason(Unauthenticated("the coordinator has shown no log, so no key is pinned"),
                      Reason::kSIGNATURE_INVALID);
  return CheckSignedFiles(envelope, files, key_->public_key(), crypto_);
}

}  // namespace muster::client
