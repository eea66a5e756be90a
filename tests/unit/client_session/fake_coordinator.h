#pragma once
// A coordinator with one device, and the line to it: scripted or driven by a seed. What it counted
// is on its disk; what it merely received goes when it restarts.
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/rng.h"
#include "client/link.h"
#include "tests/unit/client_session/sim_executor.h"

namespace muster::testing {

// How bad the line is: chances in a thousand.
struct LineFaults {
  std::uint64_t lose_request = 0;
  std::uint64_t lose_reply = 0;
  std::uint64_t repeat_reply = 0;
  std::uint64_t break_transfer = 0;
  std::uint64_t corrupt_download = 0;
  std::uint64_t longest_delay_ms = 0;
};

class FakeCoordinator {
 public:
  // Serves rounds 1 to `rounds`, each until the update is counted or the device failed.
  explicit FakeCoordinator(std::uint64_t rounds) : rounds_(rounds) {}

  client::Assignment assignment;  // But for its round.
  std::map<Digest, Bytes> blobs;
  bool asks_again = false;    // For what the device failed at.
  bool count_at_once = true;  // Else what is received waits for CountReceived.
  std::optional<Status> refuse_upload;
  std::vector<client::Refusal> refusals;                     // Said in every reply.
  std::shared_ptr<const client::ServingOffer> serve;         // To whoever serves something else.
  std::vector<std::optional<client::RowQuality>> qualities;  // Of uploads that began.
  std::vector<client::CheckInRequest> check_ins;
  std::vector<std::pair<RoundKey, Reason>> failures;
  std::vector<std::string> failure_details;
  std::map<RoundKey, std::vector<Bytes>> counted;  // More than one is a bug.
  std::map<RoundKey, std::vector<Bytes>> seen;     // Every complete update that came.
  std::map<RoundKey, std::map<std::string, std::int64_t>> evaluated;
  std::vector<std::uint64_t> upload_offsets;
  std::uint64_t downloaded_bytes = 0;
  std::vector<client::SecureAsk> secure_asks;
  std::function<StatusOr<client::SecureAnswer>(const client::SecureAsk&)> answer_secure;
  std::function<StatusOr<client::LogHead>(std::uint64_t since)> show_log;
  bool connected = true;  // Whether its next call goes over the old line.

  RoundKey Current() const { return {CampaignName("c"), RoundNumber(round_), 1}; }
  bool Done() const { return round_ > rounds_; }
  void CloseRound() { ++round_; }
  // What a kill -9 does to it.
  void Restart() {
    received_.clear();
    partial_.clear();
  }
  void CountReceived() {
    for (auto& item : received_) {
      if (item.first != Current()) continue;
      counted[item.first].push_back(item.second);
      ++round_;
    }
    received_.clear();
  }

  client::CheckInReply CheckIn(const client::CheckInRequest& request) {
    check_ins.push_back(request);
    client::CheckInReply reply;
    reply.next = std::chrono::milliseconds(200);
    reply.refusals = refusals;
    // News of what it holds comes first, as at the real one.
    if (!request.held && request.serving && serve && serve->version != request.serving->version &&
        serve->version != request.serving->refused) {
      reply.serve = serve;
      return reply;
    }
    if (request.held) reply.held = HeldOf(*request.held);
    if (request.ready && !Done() && !received_.contains(Current())) {
      client::Assignment next = assignment;
      next.round = Current();
      reply.assignment = std::make_shared<const client::Assignment>(std::move(next));
    }
    return reply;
  }
  std::uint64_t Offset(const RoundKey& round) const {
    if (const auto it = received_.find(round); it != received_.end()) return it->second.size();
    const auto it = partial_.find(round);
    return it == partial_.end() ? 0 : it->second.size();
  }
  // Takes `bytes` of `upload` from its offset; a short count is a line that broke.
  Status Take(const client::UpdateUpload& upload, std::uint64_t bytes) {
    upload_offsets.push_back(upload.offset);
    qualities.push_back(upload.quality);
    if (refuse_upload) return *refuse_upload;
    // Said of what it merely received, too; a device must not let go for that.
    if (counted.contains(upload.round) || received_.contains(upload.round))
      return WithReason(FailedPrecondition("here already"), Reason::kALREADY_COUNTED);
    if (upload.round != Current() || Done())
      return WithReason(FailedPrecondition("closed"), Reason::kROUND_CLOSED);
    Bytes& partial = partial_[upload.round];
    if (upload.offset > partial.size())
      return WithReason(InvalidArgument("a hole"), Reason::kCHUNK_OUT_OF_ORDER);
    partial.resize(upload.offset);
    const auto from = upload.file->begin() + static_cast<std::ptrdiff_t>(upload.offset);
    partial.insert(partial.end(), from, from + static_cast<std::ptrdiff_t>(bytes));
    if (partial.size() < upload.file->size()) return Unavailable("the line broke");
    seen[upload.round].push_back(partial);
    received_[upload.round] = partial;
    partial_.erase(upload.round);
    if (count_at_once) CountReceived();
    return Ok();
  }
  // What the script says, and no session behind it.
  StatusOr<client::SecureAnswer> Secure(const client::SecureAsk& ask) {
    secure_asks.push_back(ask);
    if (!answer_secure) return MakeStatus(absl::StatusCode::kUnimplemented, "no secure rounds");
    StatusOr<client::SecureAnswer> answer = answer_secure(ask);
    if (answer.ok() && answer->over && ask.round == Current()) ++round_;
    return answer;
  }
  void Fail(const RoundKey& round, Reason reason, const std::string& detail) {
    failures.emplace_back(round, reason);
    failure_details.push_back(detail);
    if (round == Current() && !asks_again) ++round_;
  }
  void Evaluate(const RoundKey& round, const std::map<std::string, std::int64_t>& sums) {
    evaluated[round] = sums;
    if (round == Current()) ++round_;
  }

 private:
  client::HeldState HeldOf(const RoundKey& round) const {
    if (counted.contains(round)) return client::HeldState::kCounted;
    if (received_.contains(round)) return client::HeldState::kWait;
    return round == Current() && !Done() ? client::HeldState::kResend : client::HeldState::kClosed;
  }

  const std::uint64_t rounds_;
  std::uint64_t round_ = 1;
  std::map<RoundKey, Bytes> partial_;
  std::map<RoundKey, Bytes> received_;
};

class FakeLink final : public client::CoordinatorLink {
 public:
  FakeLink(FakeCoordinator& coordinator, SimExecutor& executor, ManualClock& clock, Rng& rng,
           const LineFaults& faults)
      : coordinator_(coordinator), executor_(executor), clock_(clock), rng_(rng), faults_(faults) {}

  bool IsConnected() const override { return coordinator_.connected; }
  void CheckIn(const client::CheckInRequest& request,
               Callback<client::CheckInReply> done) override {
    Call<client::CheckInReply>(
        [this, request] { return StatusOr<client::CheckInReply>(coordinator_.CheckIn(request)); },
        std::move(done));
  }
  void UploadOffset(const RoundKey& round, std::uint64_t, Callback<std::uint64_t> done) override {
    Call<std::uint64_t>(
        [this, round] { return StatusOr<std::uint64_t>(coordinator_.Offset(round)); },
        std::move(done));
  }
  void Upload(const client::UpdateUpload& upload, Done done) override {
    Act(
        [this, upload] {
          const std::uint64_t left = upload.file->size() - upload.offset;
          return coordinator_.Take(upload,
                                   Chance(faults_.break_transfer) ? rng_.Below(left + 1) : left);
        },
        std::move(done));
  }
  void Secure(const client::SecureAsk& ask, Callback<client::SecureAnswer> done) override {
    Call<client::SecureAnswer>([this, ask] { return coordinator_.Secure(ask); }, std::move(done));
  }
  void ReportEvaluation(const RoundKey& round, std::uint64_t,
                        const std::map<std::string, std::int64_t>& sums, Done done) override {
    Act(
        [this, round, sums] {
          coordinator_.Evaluate(round, sums);
          return Ok();
        },
        std::move(done));
  }
  void ReportFailure(const RoundKey& round, Reason reason, const std::string& detail,
                     Done done) override {
    Act(
        [this, round, reason, detail] {
          coordinator_.Fail(round, reason, detail);
          return Ok();
        },
        std::move(done));
  }
  void GetLogHead(std::uint64_t since, Callback<client::LogHead> done) override {
    Call<client::LogHead>(
        [this, since]() -> StatusOr<client::LogHead> {
          if (!coordinator_.show_log) return Unavailable("no log");
          return coordinator_.show_log(since);
        },
        std::move(done));
  }
  void Download(const Digest& digest, std::uint64_t offset, Sink sink, Done done) override {
    Later([this, digest, offset, sink, done] {
      if (Chance(faults_.lose_request)) return done(Unavailable("lost"));
      done(Deliver(digest, offset, sink));
    });
  }

 private:
  bool Chance(std::uint64_t in_thousand) { return rng_.Below(1000) < in_thousand; }
  void Later(std::function<void()> work) {
    const auto delay = Duration(rng_.Below(faults_.longest_delay_ms + 1));
    executor_.PostAt(clock_.Now() + delay, [alive = std::weak_ptr(alive_), work = std::move(work)] {
      if (!alive.expired()) work();
    });
  }
  template <typename T, typename Body>
  void Call(Body body, Callback<T> done) {
    Later([this, body, done] {
      if (Chance(faults_.lose_request)) return Later([done] { done(Unavailable("lost")); });
      const StatusOr<T> reply = body();
      if (Chance(faults_.lose_reply)) return Later([done] { done(Unavailable("lost")); });
      if (Chance(faults_.repeat_reply)) Later([done, reply] { done(reply); });
      Later([done, reply] { done(reply); });
    });
  }
  template <typename Body>
  void Act(Body body, Done done) {
    Call<bool>(
        [body]() -> StatusOr<bool> {
          const Status status = body();
          return status.ok() ? StatusOr<bool>(true) : StatusOr<bool>(status);
        },
        [done = std::move(done)](const StatusOr<bool>& answer) { done(answer.status()); });
  }
  Status Deliver(const Digest& digest, std::uint64_t offset, const Sink& sink) {
    const auto it = coordinator_.blobs.find(digest);
    if (it == coordinator_.blobs.end())
      return WithReason(NotFound("no blob"), Reason::kBLOB_NOT_FOUND);
    Bytes rest(it->second.begin() + static_cast<std::ptrdiff_t>(offset), it->second.end());
    if (Chance(faults_.corrupt_download) && !rest.empty())
      rest[rng_.Below(rest.size())] ^= std::byte{1};
    const bool broken = Chance(faults_.break_transfer);
    ByteView left = ByteView(rest).first(broken ? rng_.Below(rest.size() + 1) : rest.size());
    while (!left.empty()) {
      const std::size_t piece = std::min<std::size_t>(left.size(), 64);
      MUSTER_TRY(sink(left.first(piece)));
      coordinator_.downloaded_bytes += piece;
      left = left.subspan(piece);
    }
    return broken ? Unavailable("the line broke") : Ok();
  }

  FakeCoordinator& coordinator_;
  SimExecutor& executor_;
  ManualClock& clock_;
  Rng& rng_;
  const LineFaults& faults_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace muster::testing
