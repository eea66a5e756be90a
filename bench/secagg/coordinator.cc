#include "bench/secagg/coordinator.h"

#include <thread>

#include "aggregation/secagg/server_facts.h"
#include "bench/require.h"
#include "coordinator/secure/secure_sum.h"
#include "coordinator/secure/spool_tags.h"

namespace muster::bench {
namespace secagg = aggregation::secagg;

Coordinator::Coordinator(const Setting& setting, secagg::Task task, Crypto& crypto,
                         const secagg::StatementCheck& check, std::filesystem::path spool)
    : crypto_(crypto), path_(std::move(spool)), spool_(path_), shares_(spool_) {
  Work([&] {
    session_.emplace(Require(secagg::ServerSession::Make(
        {std::move(task), setting.devices, kWindow, kWindow, kWindow, kWindow, kWindow},
        {crypto, check})));
    for (const secagg::ServerFact& fact : session_->Open(now_)) session_->Apply(fact);
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
    spool_.Append(coordinator::VectorTag(parsed.from), wire,
                  [](const Status& written) { Require(written); });
    Tell(parsed);
    Fold();
  });
}
void Coordinator::Fold() {
  for (const secagg::ServerEffect& effect : session_->Pending()) {
    const auto* fold = std::get_if<secagg::FoldVectors>(&effect);
    if (fold == nullptr) continue;
    const bool more = In<secagg::Collecting>() != nullptr;
    if (more && fold->members.size() < coordinator::kFoldTogether) continue;
    const secagg::Segments& layout = session_->plan().task.layout;
    if (!sum_) sum_.emplace(layout);
    Bytes wire(layout.wire_bytes());
    for (const secagg::Member member : fold->members) {
      Require(spool_.Read(coordinator::VectorTag(member), 0, wire));
      Require(sum_->AddWire(sum_->AllTiles(), wire));
    }
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
    const secagg::OpenedSecrets opened = Require(unmasking_->Open());
    const std::vector<secagg::MaskSeed> seeds = SeedsOf(opened, threads);
    masks_removed_ = seeds.size();
    RemoveMasks(seeds, threads);
    sums_.resize(session_->plan().task.layout[0].count);
    Require(sum_->Sums(0, 0, awaiting.survivors.size(), sums_));
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

void Coordinator::RemoveMasks(const std::vector<secagg::MaskSeed>& seeds, unsigned threads) {
  const std::uint64_t tiles = sum_->AllTiles().end;
  InParallel(threads, [&](unsigned thread) {
    std::vector<std::unique_ptr<Keystream>> streams;
    std::vector<secagg::Mask> masks;
    for (const secagg::MaskSeed& seed : seeds) {
      streams.push_back(Require(crypto_.NewKeystream(seed.seed)));
      masks.push_back({streams.back().get(), seed.sign});
    }
    Require(sum_->AddMasks(masks, {tiles * thread / threads, tiles * (thread + 1) / threads}));
  });
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
