#include "tests/sim/link.h"

#include <algorithm>

namespace muster::sim {
namespace {

constexpr std::size_t kPiece = 64;  // Small, so that uploads break in the middle.

client::HeldState Convert(coordinator::HeldState state) {
  return static_cast<client::HeldState>(state);  // The same names in the same order.
}
static_assert(static_cast<int>(client::HeldState::kRefused) ==
              static_cast<int>(coordinator::HeldState::kRefused));

client::TaskKind Convert(coordinator::TaskKind kind) { return static_cast<client::TaskKind>(kind); }
coordinator::TaskKind Convert(client::TaskKind kind) {
  return static_cast<coordinator::TaskKind>(kind);
}
static_assert(static_cast<int>(client::TaskKind::kStatistics) ==
              static_cast<int>(coordinator::TaskKind::kStatistics));

client::Assignment Convert(const coordinator::Assignment& in) {
  client::Assignment out;
  out.round = in.round;
  out.kind = Convert(in.kind);
  out.params = {in.params, in.params_bytes};
  out.contract.name = in.contract.spec.name.value();
  out.contract.version = in.contract.version.value();
  out.model = in.model.name;
  out.features = in.model.input.features;
  out.label.field = in.model.label.field;
  out.batch = in.training.batch;
  out.epochs = in.training.epochs;
  out.optimizer.learning_rate = in.learning_rate;
  out.campaign_seed = in.campaign_seed;
  out.metrics = in.metrics;
  out.cohort = in.cohort;
  out.example_cap = in.example_cap;
  out.bound = in.bound;
  out.max_norm = in.max_norm.value_or(0);
  out.secure_task = in.secure_task;
  out.statistics = in.statistics;
  return out;
}

Status Lost() { return Unavailable("the line broke"); }

// One call's answer: given once; when every copy is dropped without it (the coordinator died, the
// message was lost), the caller hears UNAVAILABLE.
template <typename T>
class Answer {
 public:
  Answer(Process& agent, std::shared_ptr<const bool> agent_alive, Scheduler& scheduler,
         const Weather& weather, std::function<void(StatusOr<T>)> done)
      : core_(std::make_shared<Core>(agent, std::move(agent_alive), scheduler, weather,
                                     std::move(done))) {}
  void operator()(StatusOr<T> result) const { core_->Give(std::move(result)); }

 private:
  struct Core {
    Core(Process& a, std::shared_ptr<const bool> alive, Scheduler& s, const Weather& w,
         std::function<void(StatusOr<T>)> d)
        : agent_alive(std::move(alive)), scheduler(s), weather(w), done(std::move(d)) {
      static_cast<void>(a);
    }
    ~Core() {
      if (done) Send(Lost(), 500);
    }
    void Give(StatusOr<T> result) {
      if (!done) return;
      if (scheduler.Chance(weather.lose_percent)) return Send(Lost(), 500);
      Send(std::move(result), 0);
    }
    void Send(StatusOr<T> result, std::int64_t extra_ms) {
      const auto delay = static_cast<std::int64_t>(
          scheduler.rng().Below(static_cast<std::uint64_t>(weather.delay_ms) + 1));
      scheduler.At(
          scheduler.clock().Now() + Duration(delay + extra_ms), agent_alive,
          [give = std::exchange(done, nullptr), result = std::move(result)] { give(result); });
    }
    std::shared_ptr<const bool> agent_alive;
    Scheduler& scheduler;
    const Weather& weather;
    std::function<void(StatusOr<T>)> done;
  };
  std::shared_ptr<Core> core_;
};

class Link final : public client::CoordinatorLink, public std::enable_shared_from_this<Link> {
 public:
  Link(DeviceId device, Scheduler& scheduler, const Server& server, Process& agent,
       const Weather& weather, Wiretap& wiretap)
      : device_(std::move(device)),
        scheduler_(scheduler),
        server_(server),
        agent_(agent),
        weather_(weather),
        wiretap_(wiretap) {}

  void CheckIn(const client::CheckInRequest& request,
               Callback<client::CheckInReply> done) override {
    coordinator::CheckInRequest asked;
    asked.hold = request.hold;
    asked.ready = request.ready;
    asked.held = request.held;
    asked.hardware = request.hardware;
    if (request.unfit)
      asked.unfit =
          coordinator::Unfit{std::string(NameOf(request.unfit->reason)), request.unfit->detail};
    Call<client::CheckInReply>(std::move(done), [this, asked](auto answer) {
      server_.coordinator->CheckIn(
          device_, asked, [answer](StatusOr<coordinator::CheckInReply> reply) {
            if (!reply.ok()) return answer(reply.status());
            client::CheckInReply out;
            out.held = Convert(reply->held);
            out.next = reply->next;
            if (reply->assignment)
              out.assignment =
                  std::make_shared<const client::Assignment>(Convert(*reply->assignment));
            answer(std::move(out));
          });
    });
  }

  void Download(const Digest& digest, std::uint64_t offset, Sink sink, Done done) override {
    Call<Bytes>(
        [this, sink, done](StatusOr<Bytes> bytes) {
          if (!bytes.ok()) return done(bytes.status());
          const std::size_t whole = bytes->size();
          const std::size_t part =
              scheduler_.Chance(weather_.break_percent) ? scheduler_.rng().Below(whole + 1) : whole;
          if (part > 0)
            if (const Status s = sink(ByteView(*bytes).first(part)); !s.ok()) return done(s);
          done(part == whole ? Ok() : Lost());
        },
        [this, digest, offset](auto answer) {
          const auto blob = server_.blobs->Get(digest);
          if (!blob.ok()) return answer(blob.status());
          answer(Bytes(blob->begin() + static_cast<std::ptrdiff_t>(std::min(offset, blob->size())),
                       blob->end()));
        });
  }

  // The simulated agents remember no log.
  void GetLogHead(std::uint64_t, Callback<client::LogHead> done) override {
    done(Unavailable("no log is simulated"));
  }

  void UploadOffset(const RoundKey& round, std::uint64_t total,
                    Callback<std::uint64_t> done) override {
    Call<std::uint64_t>(std::move(done), [this, round, total](auto answer) {
      server_.coordinator->UploadOffset(device_, round, total, answer);
    });
  }

  void Upload(const client::UpdateUpload& upload, Done done) override {
    Call<bool>([done = std::move(done)](StatusOr<bool> received) { done(received.status()); },
               [this, upload](auto answer) { BeginUpload(upload, answer); });
  }

  void Secure(const client::SecureAsk& ask, Callback<client::SecureAnswer> done) override {
    Call<client::SecureAnswer>(std::move(done), [this, ask](auto answer) {
      wiretap_.OnMessageOf(ask.round, device_, ask.message);
      server_.coordinator->Secure(
          device_,
          {ask.round, Convert(ask.kind), ask.message, ask.seen.value_or(Digest()), ask.hold},
          // The coordinator may keep this for longer than the line lives.
          [tap = &wiretap_, round = ask.round, device = device_,
           answer](StatusOr<coordinator::SecureAnswer> reply) {
            if (!reply.ok()) return answer(reply.status());
            tap->OnMessageTo(round, device, reply->message);
            answer(client::SecureAnswer{std::move(reply->message), reply->over,
                                        std::move(reply->why)});
          });
    });
  }

  void ReportEvaluation(const RoundKey& round, std::uint64_t examples,
                        const std::map<std::string, std::int64_t>& sums, Done done) override {
    Call<bool>([done = std::move(done)](StatusOr<bool> taken) { done(taken.status()); },
               [this, round, examples, sums](auto answer) {
                 server_.coordinator->ReportEvaluation(device_, round, {examples, sums}, answer);
               });
  }

  void ReportFailure(const RoundKey& round, Reason reason, const std::string& detail,
                     Done done) override {
    Call<bool>([done = std::move(done)](StatusOr<bool> taken) { done(taken.status()); },
               [this, round, reason, detail](auto answer) {
                 server_.coordinator->ReportFailure(device_, round, reason, detail, answer);
               });
  }

 private:
  // Carries `ask` to the coordinator of that moment and its answer back.
  template <typename T, typename Ask>
  void Call(std::function<void(StatusOr<T>)> done, Ask ask) {
    Answer<T> answer(agent_, agent_.alive(), scheduler_, weather_, std::move(done));
    const int times = scheduler_.Chance(weather_.repeat_percent) ? 2 : 1;
    for (int i = 0; i < times; ++i) {
      if (scheduler_.Chance(weather_.lose_percent)) continue;
      const auto delay = static_cast<std::int64_t>(
          scheduler_.rng().Below(static_cast<std::uint64_t>(weather_.delay_ms) + 1));
      scheduler_.At(scheduler_.clock().Now() + Duration(delay), std::make_shared<bool>(true),
                    [self = shared_from_this(), ask, answer] {
                      if (self->server_.coordinator) ask(answer);
                    });
    }
  }

  void BeginUpload(const client::UpdateUpload& upload, Answer<bool> answer) {
    if (!upload.header.empty()) wiretap_.OnVectorOf(upload.round, device_);
    const auto begun = [self = shared_from_this(), upload,
                        answer](StatusOr<std::shared_ptr<coordinator::UploadBuffer>> buffer) {
      if (!buffer.ok()) return answer(buffer.status());
      if ((*buffer)->received == upload.offset) return self->Piece(upload, *buffer, answer);
      self->server_.coordinator->PauseUpload(self->device_, upload.round, *buffer);
      answer(WithReason(InvalidArgument("not where it stopped"), Reason::kCHUNK_OUT_OF_ORDER));
    };
    if (upload.header.empty())
      return server_.coordinator->BeginUpload(device_, upload.round, upload.file->size(), begun);
    server_.coordinator->BeginMaskedUpload(device_, upload.round, Convert(upload.kind),
                                           upload.file->size(), begun);
  }

  // The next piece, each an event of the coordinator's process: a crash ends it between two.
  void Piece(const client::UpdateUpload& upload, std::shared_ptr<coordinator::UploadBuffer> buffer,
             Answer<bool> answer) {
    const std::uint64_t from = buffer->received;
    const std::uint64_t size = std::min<std::uint64_t>(kPiece, buffer->bytes.size() - from);
    if (scheduler_.Chance(weather_.break_percent)) {
      server_.coordinator->PauseUpload(device_, upload.round, buffer);
      return answer(Lost());
    }
    std::copy_n(upload.file->begin() + static_cast<std::ptrdiff_t>(from), size,
                buffer->bytes.begin() + static_cast<std::ptrdiff_t>(from));
    if (const Status lost =
            server_.coordinator->UploadProgress(device_, upload.round, buffer, from + size);
        !lost.ok())
      return answer(lost);
    if (from + size == buffer->bytes.size()) {
      if (upload.header.empty())
        return server_.coordinator->FinishUpload(device_, upload.round, upload.examples, {},
                                                 answer);
      return server_.coordinator->FinishMaskedUpload(device_, upload.round, Convert(upload.kind),
                                                     upload.header, answer);
    }
    server_.process->Post([self = shared_from_this(), upload, buffer, answer] {
      self->Piece(upload, buffer, answer);
    });
  }

  const DeviceId device_;
  Scheduler& scheduler_;
  const Server& server_;
  Process& agent_;
  const Weather& weather_;
  Wiretap& wiretap_;
};
}  // namespace

std::shared_ptr<client::CoordinatorLink> MakeLink(DeviceId device, Scheduler& scheduler,
                                                  const Server& server, Process& agent,
                                                  const Weather& weather, Wiretap& wiretap) {
  return std::make_shared<Link>(std::move(device), scheduler, server, agent, weather, wiretap);
}

}  // namespace muster::sim
