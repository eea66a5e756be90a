// The session's sum: folding, taking masks off, and the file that comes of it.
#include <algorithm>
#include <atomic>

#include "aggregation/secagg/violation.h"
#include "coordinator/secure/secure_round.h"

namespace muster::coordinator {
namespace secagg = aggregation::secagg;
namespace {
// An agreement costs some 40 us; fewer are not worth another thread.
constexpr std::size_t kSeedsOfARange = 64;
constexpr std::size_t kMostRanges = 16;
}  // namespace

void SecureRound::Fold() {
  for (;;) {
    const secagg::FoldVectors* fold = nullptr;
    const std::vector<secagg::ServerEffect> pending = session().Pending();
    for (const secagg::ServerEffect& effect : pending)
      if (const auto* f = std::get_if<secagg::FoldVectors>(&effect)) fold = f;
    if (fold == nullptr) return;
    // Each fold is a fact: while more may come, only so many together.
    if (In<secagg::Collecting>() != nullptr && fold->members.size() < kFoldTogether) return;
    if (const Status folded = FoldOnce(fold->members); !folded.ok()) {
      ports_.log.Error("vectors_not_folded",
                       {{"campaign", key_.round.campaign}, {"error", MessageOf(folded)}});
      return;  // The next tick tries again.
    }
  }
}

Status SecureRound::FoldOnce(const std::vector<secagg::Member>& members) {
  const secagg::Folding* folding = std::visit(
      [](const auto& s) -> const secagg::Folding* {
        if constexpr (requires { s.folding; }) return &s.folding;
        return nullptr;
      },
      session().state());
  secagg::MemberSet all = folding->folded;
  for (const secagg::Member member : members) all.Insert(member);
  // While more come, each is added as it comes, and those that are pruned in the end come off then.
  if (In<secagg::Collecting>() == nullptr) MUSTER_TRY(sum_->Hold(all));
  // The spool stays until the end and is the checkpoint: a restart folds it again.
  return Handle(secagg::VectorsFolded{members, fmt::format("spools-{}", all.size())},
                Caller::System())
      .status();
}

void SecureRound::NameLiars(const std::vector<secagg::Named>& named) {
  for (const secagg::Named& liar : named)
    if (!session().named().contains(liar.member))
      if (const auto told = Handle(secagg::Accuse{liar}, Caller::System()); !told.ok())
        ports_.log.Error("liar_not_recorded",
                         {{"campaign", key_.round.campaign}, {"error", MessageOf(told.status())}});
}

void SecureRound::Unmask() {
  const auto* state = In<secagg::AwaitingShares>();
  if (state == nullptr || opening_) return;
  if (!unmasking_) {
    auto begun = session().BeginUnmasking(
        [this](secagg::Member dealer, std::size_t offset, std::span<std::byte> out) {
          return shares_->Read(dealer, offset, out);
        });
    if (!begun.ok())
      ports_.log.Error("unmasking_not_begun", {{"error", MessageOf(begun.status())}});
    if (begun.ok()) unmasking_.emplace(*std::move(begun));
  }
  if (!unmasking_ || state->folding.folded != state->survivors || !unmasking_->Ready()) return;
  const Status status = UnmaskNow(*state);
  // Replies that have to come again are asked for by NextFor.
  if (!status.ok() && !absl::IsUnavailable(status))
    ports_.log.Error("sum_not_unmasked",
                     {{"campaign", key_.round.campaign}, {"error", MessageOf(status)}});
}

namespace {

// Secrets that were opened, on their way to seeds: ranges side by side, gone with the last.
struct SeedJob {
  SeedJob(const secagg::AwaitingShares& state, secagg::OpenedSecrets secrets, std::size_t ranges)
      : shared(state.shared),
        survivors(state.survivors),
        opened(std::move(secrets)),
        parts(ranges),
        left(ranges) {}
  const secagg::SharedSet shared;
  const secagg::MemberSet survivors;
  const secagg::OpenedSecrets opened;
  std::vector<StatusOr<std::vector<secagg::MaskSeed>>> parts;
  std::atomic<std::size_t> left;
};

StatusOr<std::vector<secagg::MaskSeed>> Joined(SeedJob& job) {
  std::vector<secagg::MaskSeed> seeds;
  for (StatusOr<std::vector<secagg::MaskSeed>>& part : job.parts) {
    MUSTER_TRY(part.status());
    for (secagg::MaskSeed& seed : *part) seeds.push_back(std::move(seed));
  }
  return seeds;
}
}  // namespace

Status SecureRound::UnmaskNow(const secagg::AwaitingShares& state) {
  MUSTER_TRY(sum_->Hold(state.survivors));
  StatusOr<secagg::OpenedSecrets> opened = unmasking_->Open();
  if (!opened.ok()) {
    NameLiars(std::vector<secagg::Named>(unmasking_->named()));
    return opened.status();
  }
  const std::size_t count = secagg::CountSeedsToRemove(state.shared, state.survivors, *opened);
  const std::size_t ranges = std::clamp<std::size_t>(count / kSeedsOfARange, 1, kMostRanges);
  const auto job = std::make_shared<SeedJob>(state, *std::move(opened), ranges);
  opening_ = true;
  for (std::size_t i = 0; i < ranges; ++i)
    ports_.pool.Post([self = shared_from_this(), job, i, ranges, count] {
      job->parts[i] = secagg::SeedsToRemove(job->shared, job->survivors, job->opened,
                                            {count * i / ranges, count * (i + 1) / ranges},
                                            self->ports_.crypto);
      if (--job->left == 0) self->strand_.Post([self, job] { self->TakeOff(Joined(*job)); });
    });
  return Ok();
}

void SecureRound::TakeOff(StatusOr<std::vector<secagg::MaskSeed>> seeds) {
  if (!seeds.ok()) return Opened(seeds.status());
  if (In<secagg::AwaitingShares>() == nullptr) return Opened(Ok());  // Abandoned: the sum is gone.
  sum_->Unmask(*std::move(seeds), ports_.crypto, ports_.pool, strand_,
               [self = shared_from_this()](const Status& unmasked) { self->Opened(unmasked); });
}

void SecureRound::Opened(const Status& unmasked) {
  opening_ = false;
  const Status finished = FinishSum(unmasked);
  if (finished.ok()) return Act();
  sum_->Reset();  // Half done; the next tick begins anew.
  ports_.log.Error("sum_not_opened",
                   {{"campaign", key_.round.campaign}, {"error", MessageOf(finished)}});
}

Status SecureRound::FinishSum(const Status& unmasked) {
  MUSTER_TRY(unmasked);
  const auto* state = In<secagg::AwaitingShares>();
  if (state == nullptr) return Ok();  // Abandoned meanwhile.
  const StatusOr<Bytes> file = form_->Open(sum_->sum(), state->survivors.size());
  if (ReasonOf(file.status()) == Reason::kUPDATE_OVER_BOUND)
    return Handle(secagg::CancelSession{Reason::kUPDATE_OVER_BOUND,
                                        std::string(MessageOf(file.status()))},
                  Caller::System())
        .status();
  MUSTER_TRY(file.status());
  const ByteView bytes = *file;
  MUSTER_TRY(ports_.files.Put(SumName(), std::span(&bytes, 1)));
  return Handle(secagg::SumOpened{ports_.crypto.Sha256(bytes)}, Caller::System()).status();
}

}  // namespace muster::coordinator
