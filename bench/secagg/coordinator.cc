#include "bench/secagg/coordinator.h"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "aggregation/secagg/server_facts.h"
#include "bench/require.h"

namespace muster::bench {
namespace secagg = aggregation::secagg;
namespace {

void WriteFile(const std::filesystem::path& path, ByteView bytes) {
  std::ofstream out(path, std::ios::binary);
  out.write(AsText(bytes).data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  Require(!out.fail(), "the spool can be written");
}
StatusOr<Bytes> ReadFile(const std::filesystem::path& path, std::size_t size) {
  Bytes bytes(size);
  std::ifstream in(path, std::ios::binary);
  in.read(static_cast<char*>(static_cast<void*>(bytes.data())), static_cast<std::streamsize>(size));
  if (in.fail()) return DataLoss("{} is cut short", path.string());
  return bytes;
}
}  // namespace

Coordinator::Coordinator(const Setting& setting, secagg::Task task, Crypto& crypto,
                         const secagg::StatementCheck& check, std::filesystem::path spool)
    : crypto_(crypto), spool_(std::move(spool)) {
  std::filesystem::create_directories(spool_);
  shares_ = open((spool_ / "shares").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  Require(shares_ >= 0, "the spool can be opened");
  Work([&] {
    session_.emplace(Require(secagg::ServerSession::Make(
        {std::move(task), setting.devices, kWindow, kWindow, kWindow, kWindow, kWindow},
        {crypto, check})));
    for (const secagg::ServerFact& fact : session_->Open(now_)) session_->Apply(fact);
  });
}
Coordinator::~Coordinator() {
  close(shares_);
  std::error_code ignored;
  std::filesystem::remove_all(spool_, ignored);
}

std::filesystem::path Coordinator::VectorFile(secagg::Member member) const {
  return spool_ / fmt::format("vector-{}", member);
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
    shares_size_ = message.size();
    const auto written =
        pwrite(shares_, message.data(), message.size(), SharesPlace(shares.from, 0));
    Require(written == static_cast<ssize_t>(message.size()), "the spool can be written");
    Tell(std::move(shares));
  });
}
Bytes Coordinator::SharesFor(secagg::Member member) {
  return Work([&] {
    return Require(
        session_->SharesMessage(member, [this](auto... part) { return ReadShares(part...); }));
  });
}
// A range of every dealer's file is kept in memory, as wide as kMostCached allows: holders are read
// one after the other.
StatusOr<Bytes> Coordinator::ReadShares(secagg::Member dealer, std::size_t offset,
                                        std::size_t size) {
  const std::size_t dealers = cohort().devices();
  const std::size_t width = kMostCached / dealers;
  if (offset < window_ || offset + size > window_ + width || cached_.empty()) {
    cached_.assign(dealers, {});
    window_ = offset;
  }
  Bytes& slice = cached_[dealer];
  if (slice.empty()) {
    slice.resize(std::min(width, shares_size_ - window_));
    const auto got = pread(shares_, slice.data(), slice.size(), SharesPlace(dealer, window_));
    if (got != static_cast<ssize_t>(slice.size())) return DataLoss("the spool is cut short");
  }
  const ByteView part = ByteView(slice).subspan(offset - window_, size);
  return Bytes(part.begin(), part.end());
}
// One file for all: what devices deal in one session is of one length.
std::int64_t Coordinator::SharesPlace(secagg::Member dealer, std::size_t offset) const {
  return static_cast<std::int64_t>(dealer * shares_size_ + offset);
}

void Coordinator::Vector(ByteView header, ByteView wire) {
  Work([&] {
    const secagg::MaskedHeader parsed = Require(secagg::ParseMaskedHeader(header));
    WriteFile(VectorFile(parsed.from), wire);
    Tell(parsed);
    Fold();
  });
}
void Coordinator::Fold() {
  for (const secagg::ServerEffect& effect : session_->Pending()) {
    const auto* fold = std::get_if<secagg::FoldVectors>(&effect);
    if (fold == nullptr) continue;
    const secagg::Segments& layout = session_->plan().task.layout;
    if (!sum_) sum_.emplace(layout);
    for (const secagg::Member member : fold->members) {
      const Bytes wire = Require(ReadFile(VectorFile(member), layout.wire_bytes()));
      Require(sum_->AddWire(sum_->AllTiles(), wire));
      std::filesystem::remove(VectorFile(member));
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
    unmasking_.emplace(
        Require(session_->BeginUnmasking([this](auto... part) { return ReadShares(part...); })));
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
