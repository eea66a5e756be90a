#include "bench/secagg/coordinator.h"

#include <thread>

#include "aggregation/secagg/server_facts.h"
#include "bench/require.h"

namespace muster::bench {
namespace secagg = aggregation::secagg;
namespace {

// Keeps what is posted for whoever counts the time that it takes.
class Posted final : public Executor {
 public:
  void Post(std::function<void()> work) override {
    absl::MutexLock lock(&mu_);
    work_.push_back(std::move(work));
  }
  void PostAt(Timestamp, std::function<void()> work) override { Post(std::move(work)); }
  const std::vector<std::function<void()>>& work() const { return work_; }

 private:
  absl::Mutex mu_;
  std::vector<std::function<void()>> work_;
};
}  // namespace

Coordinator::Coordinator(const Setting& setting, secagg::Task task, Crypto& crypto,
                         const secagg::StatementCheck& check, std::filesystem::path spool)
    : crypto_(crypto), path_(std::move(spool)), spool_(path_), shares_(spool_) {
  Work([&] {
    session_.emplace(Require(secagg::ServerSession::Make(
        {std::move(task), setting.devices, kWindow, kWindow, kWindow, kWindow, kWindow},
        {crypto, check})));
    for (const secagg::ServerFact& fact : session_->Open(now_)) session_->Apply(fact);
    sum_.emplace(session_->plan().task.layout, spool_);
  });
}
Coordinator::~Coordinator() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

void Coordinator::Tell(const secagg::ServerEvent& event) {
  for (const secagg::ServerFact& fact : Require(session_->Decide(event, now_))) {
    Require(secagg::EncodeServerFact(fact, "coordinator", now_).status());
    session_->Apply(fact);
  }
}

void Coordinator::Advertise(ByteView message) {
  Work([&] { Tell(Require(secagg::ParseAdvertiseKeys(message))); });
}
Bytes Coordinator::Roster() {
  return Work([&] { return Require(session_->RosterMessage()); });
}

void Coordinator::Deal(ByteView message) {
  Work([&] {
    secagg::ShareKeys shares = Require(secagg::ParseShareKeys(message));
    shares_.Put(shares.from, message, [](const Status& written) { Require(written); });
    Tell(std::move(shares));
  });
}
Bytes Coordinator::SharesFor(secagg::Member member) {
  return Work([&] { return Require(session_->SharesMessage(member, ReadShares())); });
}
secagg::SpooledShares Coordinator::ReadShares() {
  return [this](auto... part) { return shares_.Read(part...); };
}

void Coordinator::Vector(ByteView header, ByteView wire) {
  Work([&] {
    const secagg::MaskedHeader parsed = Require(secagg::ParseMaskedHeader(header));
    sum_->Put(parsed.from, wire, [](const Status& written) { Require(written); });
    Tell(parsed);
    Fold();
  });
}
void Coordinator::Fold() {
  const bool more = In<secagg::Collecting>() != nullptr;
  for (const secagg::ServerEffect& effect : session_->Pending()) {
    const auto* fold = std::get_if<secagg::FoldVectors>(&effect);
    if (fold == nullptr || (more && fold->members.size() < coordinator::kFoldTogether)) continue;
    Tell(secagg::VectorsFolded{fold->members, fmt::format("upto-{}", fold->members.back())});
  }
}
void Coordinator::CloseCollecting() {
  Work([&] {
    now_ += 2 * kWindow;
    Tell(secagg::SessionTick{kStart});
    Fold();
  });
}

Bytes Coordinator::AgreementRequest() {
  return Work([&] { return Require(session_->AgreementMessage()); });
}
void Coordinator::Agree(ByteView message) {
  Work([&] { Tell(Require(secagg::ParseAgreement(message))); });
}
Bytes Coordinator::UnmaskRequest() {
  return Work([&] {
    unmasking_.emplace(Require(session_->BeginUnmasking(ReadShares())));
    return Require(session_->UnmaskMessage());
  });
}
bool Coordinator::Reply(ByteView message) {
  return Work([&] {
    Require(unmasking_->Add(Require(secagg::ParseUnmaskReply(message))));
    return unmasking_->Ready();
  });
}

void Coordinator::Unmask(unsigned threads) {
  Work([&] {
    const auto& awaiting = std::get<secagg::AwaitingShares>(session_->state());
    Require(sum_->Hold(awaiting.survivors));
    const secagg::OpenedSecrets opened = Require(unmasking_->Open());
    std::vector<secagg::MaskSeed> seeds = SeedsOf(opened, threads);
    masks_removed_ = seeds.size();
    RemoveMasks(std::move(seeds), threads);
    sums_.resize(session_->plan().task.layout[0].count);
    Require(sum_->sum().Sums(0, 0, awaiting.survivors.size(), sums_));
    Tell(secagg::SumOpened{});
  });
}

std::vector<secagg::MaskSeed> Coordinator::SeedsOf(const secagg::OpenedSecrets& opened,
                                                   unsigned threads) {
  const auto& awaiting = std::get<secagg::AwaitingShares>(session_->state());
  const std::size_t count = secagg::CountSeedsToRemove(awaiting.shared, awaiting.survivors, opened);
  constexpr std::size_t kRange = 128;
  std::vector<std::vector<secagg::MaskSeed>> parts((count + kRange - 1) / kRange);
  InParallel(threads, [&](unsigned thread) {
    for (std::size_t i = thread; i < parts.size(); i += threads)
      parts[i] =
          Require(secagg::SeedsToRemove(awaiting.shared, awaiting.survivors, opened,
                                        {i * kRange, std::min((i + 1) * kRange, count)}, crypto_));
  });
  std::vector<secagg::MaskSeed> seeds;
  for (auto& part : parts)
    for (secagg::MaskSeed& seed : part) seeds.push_back(std::move(seed));
  return seeds;
}

void Coordinator::RemoveMasks(std::vector<secagg::MaskSeed> seeds, unsigned threads) {
  Posted pool, strand;
  sum_->Unmask(std::move(seeds), crypto_, pool, strand,
               [](const Status& unmasked) { Require(unmasked); });
  InParallel(threads, [&](unsigned thread) {
    for (std::size_t i = thread; i < pool.work().size(); i += threads) pool.work()[i]();
  });
  for (const auto& last : strand.work()) last();
}

void Coordinator::InParallel(unsigned threads, const std::function<void(unsigned)>& work) {
  std::vector<double> seconds(threads);
  {
    std::vector<std::jthread> helpers;
    for (unsigned thread = 1; thread < threads; ++thread)
      helpers.emplace_back([&, thread] {
        const HeapScope counted;
        Meter meter;
        meter.Run([&] { work(thread); });
        seconds[thread] = meter.seconds();
      });
    work(0);  // Counted by the caller's meter.
  }
  for (const double s : seconds) helper_seconds_ += s;
}

}  // namespace muster::bench
