#include "coordinator/secure/secure_driver.h"

#include <algorithm>
#include <iterator>

#include "aggregation/secagg/server_facts.h"
#include "base/fact.h"

namespace muster::coordinator {
namespace secagg = aggregation::secagg;
namespace {
constexpr char kTaskDrawn[] = "SecureTaskDrawn";

StatusOr<std::string> EncodeTaskDrawn(const SecureOpening& opening, Timestamp now) {
  return EncodeFact(
      {kTaskDrawn, Caller::System().Text(), now},
      {{"task", ToBase64Url(secagg::EncodeTask(opening.task))}, {"goal", opening.goal}});
}

bool EndsSession(const secagg::ServerFact& fact) {
  return std::holds_alternative<secagg::SecureSumOpened>(fact) ||
         std::holds_alternative<secagg::SecureSessionAbandoned>(fact);
}

StatusOr<std::vector<std::string>> Encode(const secagg::ServerFacts& facts, const Caller& by,
                                          Timestamp now) {
  std::vector<std::string> rows;
  for (const secagg::ServerFact& fact : facts) {
    MUSTER_ASSIGN(rows.emplace_back(), secagg::EncodeServerFact(fact, by.Text(), now));
  }
  return rows;
}
}  // namespace

std::string SecureStreams(const RoundKey& key) {
  return fmt::format("secure/{}/{}-{}", key.campaign.value(), key.round.value(), key.attempt);
}

std::string SecureStream(const SessionKey& key) {
  std::string stream = SecureStreams(key.round);
  if (key.kind != TaskKind::kTrain) stream += fmt::format("-{}", NameOf(key.kind));
  if (key.part > 0) stream += fmt::format("-part{}", key.part + 1);
  return stream;
}

SecureDriver::SecureDriver(const SessionKey& key, secagg::ServerPorts ports, Journal& journal,
                           Clock& clock)
    : stream_(SecureStream(key)), ports_(ports), journal_(journal), clock_(clock) {}

Status SecureDriver::Open(const SecureOpening& opening) {
  window_ = opening.window;
  MUSTER_TRY(CatchUp());
  if (session_) {
    recovered_ = true;
    return Ok();
  }
  MUSTER_TRY(Make(opening.task, opening.goal));
  const Timestamp now = clock_.Now();
  const secagg::ServerFacts facts = session_->Open(now);
  std::vector<std::string> rows;
  MUSTER_ASSIGN(rows.emplace_back(), EncodeTaskDrawn(opening, now));
  MUSTER_ASSIGN(std::vector<std::string> encoded, Encode(facts, Caller::System(), now));
  std::ranges::move(encoded, std::back_inserter(rows));
  const Status recorded = Record(std::move(rows), false);
  if (recorded.code() == absl::StatusCode::kAborted) return CatchUp();  // Opened before, after all.
  MUSTER_TRY(recorded);
  for (const secagg::ServerFact& fact : facts) session_->Apply(fact);
  return Ok();
}

Status SecureDriver::Make(secagg::Task task, std::uint32_t goal) {
  MUSTER_ASSIGN(secagg::ServerSession session,
                secagg::ServerSession::Make(
                    {std::move(task), goal, window_, window_, window_, window_, window_}, ports_));
  session_.emplace(std::move(session));
  return Ok();
}

Status SecureDriver::CatchUp() {
  return journal_.Read(stream_, next_seq_, [this](const JournalRow& row) { return Believe(row); });
}

Status SecureDriver::Believe(const JournalRow& row) {
  if (row.seq == 0) {
    MUSTER_ASSIGN(const Json json, ParseJson(row.fact));
    JsonReader reader(json);
    const std::string text = reader.Text("task");
    const auto goal = static_cast<std::uint32_t>(reader.Unsigned("goal"));
    MUSTER_TRY(reader.status());
    MUSTER_ASSIGN(const Bytes encoded, FromBase64Url(text));
    MUSTER_ASSIGN(secagg::Task task, secagg::ParseTask(encoded));
    MUSTER_TRY(Make(std::move(task), goal));
  } else {
    MUSTER_ASSIGN(const secagg::ServerFact fact, secagg::DecodeServerFact(row.fact));
    session_->Apply(fact);
  }
  next_seq_ = row.seq + 1;
  return Ok();
}

StatusOr<secagg::ServerFacts> SecureDriver::Preview(const secagg::ServerEvent& event) const {
  return session_->Decide(event, clock_.Now());
}

SecureDriver::Result SecureDriver::Handle(const secagg::ServerEvent& event, const Caller& by) {
  const Input input{event, by};
  return std::move(HandleAll(std::span(&input, 1)).front());
}

std::vector<SecureDriver::Result> SecureDriver::HandleAll(std::span<const Input> inputs) {
  Status recorded;
  std::vector<Result> results = HandleOnce(inputs, recorded);
  if (recorded.code() != absl::StatusCode::kAborted) return results;
  if (const Status read = CatchUp(); !read.ok()) return std::vector<Result>(inputs.size(), read);
  return HandleOnce(inputs, recorded);
}

std::vector<SecureDriver::Result> SecureDriver::HandleOnce(std::span<const Input> inputs,
                                                           Status& recorded) {
  const Timestamp now = clock_.Now();
  recorded = Ok();
  std::vector<Result> results;
  secagg::ServerFacts all;
  std::vector<std::string> rows;
  std::optional<secagg::ServerSession> ahead;  // What the session will be once `all` is recorded.
  std::size_t told = 0;                        // Facts that `ahead` has.
  bool over = false;
  for (const Input& input : inputs) {
    if (told < all.size() && !ahead) ahead.emplace(*session_);
    for (; told < all.size(); ++told) ahead->Apply(all[told]);
    Result facts = (ahead ? *ahead : *session_).Decide(input.event, now);
    if (facts.ok()) {
      StatusOr<std::vector<std::string>> encoded = Encode(*facts, input.by, now);
      if (!encoded.ok()) facts = encoded.status();
      if (encoded.ok()) std::ranges::move(*encoded, std::back_inserter(rows));
    }
    if (facts.ok()) std::ranges::copy(*facts, std::back_inserter(all));
    results.push_back(std::move(facts));
  }
  for (const secagg::ServerFact& fact : all) over = over || EndsSession(fact);
  if (!all.empty()) recorded = Record(std::move(rows), over);
  if (!recorded.ok()) {  // Anything may fail up to here,
    for (Result& result : results)
      if (result.ok()) result = recorded;
    return results;
  }
  for (const secagg::ServerFact& fact : all) session_->Apply(fact);  // and nothing from here.
  return results;
}

Status SecureDriver::Record(std::vector<std::string> rows, bool over) {
  MUSTER_TRY(journal_.Append(stream_, next_seq_, rows, over));
  next_seq_ += rows.size();
  return Ok();
}

}  // namespace muster::coordinator
