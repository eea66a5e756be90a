// Whole secure sums over real cryptography, without a network: what they cost the server and one
// device, in processor seconds, and in bytes on the wire. Every sum is checked against the plain
// one. A session that is not exact ends the program. `--large N` and `--memory N` set the devices
// of the longer ones.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <numeric>
#include <span>
#include <thread>

#include "base/seeded.h"
#include "bench/report.h"
#include "bench/require.h"
#include "bench/secagg/authority.h"
#include "bench/secagg/coordinator.h"
#include "bench/secagg/device.h"
#include "bench/secagg/trusting_crypto.h"
#include "platform/openssl_crypto.h"
#include "platform/secure_rng.h"

namespace muster::bench {
namespace {
namespace secagg = aggregation::secagg;

constexpr unsigned kThreads = 2;
constexpr int kSessions = 3;  // Of which the median is told: what else runs shows in single ones.
constexpr std::uint32_t kBatch = 16;  // Devices whose messages are in memory at once.

double Median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

std::vector<float> UpdateOf(std::size_t device, std::uint64_t dim) {
  SeededRng rng(device);
  std::vector<float> out(dim);
  for (float& x : out) x = static_cast<float>(rng.Next() >> 40) * 0x1p-23f - 1;
  return out;
}

struct Figures {
  secagg::Parameters parameters;
  std::uint32_t survivors;
  std::size_t masks_removed;
  double unmask_seconds;      // Wall, on kThreads threads.
  double unmask_cpu_seconds;  // Of all of them.
  double server_seconds;      // CPU, all threads.
  double client_seconds;      // CPU; the median of measured survivors.
  double bytes_per_param;
  std::string steps;  // What the server worked for each but the last, in CPU seconds.
  double heap_mb;     // Of the server, at its peak.
};

class Session {
 public:
  Session(const Setting& setting, const std::filesystem::path& spool)
      : setting_(setting),
        task_(TaskOf(setting, rng_)),
        idle_(RestartHeapPeak()),
        coordinator_(setting, task_, crypto_, check_, spool) {
    for (std::uint32_t i = 0; i < setting.devices; ++i) {
      auto signer = std::make_unique<platform::OpenSslSigner>(
          Require(platform::Ed25519PrivateKey::Generate(rng_)));
      Bytes statement = authority_.StatementOf(signer->public_key(), i);
      const Device::World full{crypto_, rng_, check_}, trusting{trusting_, rng_, believe_};
      devices_.emplace_back(i < setting.measured ? full : trusting, std::move(signer),
                            std::move(statement));
    }
  }

  Figures Run() {
    Step("keys", [&] { Advertise(); });
    Step("shares", [&] { Deal(); });
    Step("vectors", [&] { SendVectors(); });
    Step("agreement", [&] { Agree(); });
    return Unmask();
  }

 private:
  // The device numbered `i` that lives to the end; the last ones vanish after dealing.
  std::uint32_t living() const { return setting_.devices - setting_.vanish; }

  // Runs it, and remembers what the server worked for it.
  template <typename Work>
  void Step(const char* name, const Work& work) {
    const double before = coordinator_.cpu_seconds();
    work();
    steps_ += fmt::format("{} {:.2f}, ", name, coordinator_.cpu_seconds() - before);
  }

  // work(place) of each place in `devices`: the measured ones alone, then the others on all cores.
  template <typename Work>
  void ForDevices(std::span<const std::uint32_t> devices, const Work& work) {
    std::vector<std::size_t> others;
    for (std::size_t i = 0; i < devices.size(); ++i)
      if (devices[i] < setting_.measured)
        work(i);
      else
        others.push_back(i);
    std::vector<std::jthread> threads;
    for (unsigned t = 0; t < kThreads; ++t)
      threads.emplace_back([&, t] {
        for (std::size_t i = t; i < others.size(); i += kThreads) work(others[i]);
      });
  }
  // Calls work(batch) so that all of `devices` come, a few at a time.
  template <typename Work>
  static void ForBatches(const std::vector<std::uint32_t>& devices, const Work& work) {
    for (std::size_t first = 0; first < devices.size(); first += kBatch)
      work(
          std::span(devices).subspan(first, std::min<std::size_t>(kBatch, devices.size() - first)));
  }
  std::vector<std::uint32_t> Devices(std::uint32_t size) const {
    std::vector<std::uint32_t> out(size);
    std::iota(out.begin(), out.end(), 0);
    return out;
  }

  void Advertise() {
    for (Device& device : devices_) coordinator_.Advertise(device.Start(task_));
    for (Device& device : devices_)
      members_.push_back(*secagg::FindMember(coordinator_.cohort(), device.identity()));
  }

  void Deal() {
    const Bytes roster = coordinator_.Roster();
    ForBatches(Devices(setting_.devices), [&](std::span<const std::uint32_t> batch) {
      std::vector<Bytes> dealt(batch.size());
      ForDevices(batch, [&](std::size_t i) { dealt[i] = devices_[batch[i]].Answer(roster); });
      for (const Bytes& shares : dealt) coordinator_.Deal(shares);
    });
  }

  void SendVectors() {
    const secagg::Cohort& cohort = coordinator_.cohort();
    secagg::MemberSet living(cohort.devices());
    for (std::uint32_t i = 0; i < this->living(); ++i) living.Insert(members_[i]);
    // Whom the degree rule prunes is known already, so the plain sum need not be taken back.
    // Devices come in the order of the roster, in which the server reads its spool once.
    const secagg::MemberSet survivors =
        secagg::CoreOf(cohort.graph, cohort.parameters.core, living);
    plain_.assign(setting_.dim, 0);
    std::vector<std::uint32_t> order = Devices(this->living());
    std::ranges::sort(order, {}, [&](std::uint32_t i) { return members_[i]; });
    ForBatches(order, [&](std::span<const std::uint32_t> batch) {
      std::vector<Bytes> inbound;
      for (const std::uint32_t i : batch) inbound.push_back(coordinator_.SharesFor(members_[i]));
      std::vector<Device::Upload> uploads(batch.size());
      ForDevices(batch, [&](std::size_t i) {
        uploads[i] = devices_[batch[i]].Mask(inbound[i], UpdateOf(batch[i], setting_.dim));
      });
      for (std::size_t i = 0; i < batch.size(); ++i) {
        coordinator_.Vector(uploads[i].header, uploads[i].wire);
        if (!survivors.Contains(members_[batch[i]])) continue;
        survivors_.push_back(batch[i]);
        for (std::size_t k = 0; k < plain_.size(); ++k) plain_[k] += uploads[i].integers[k];
      }
    });
    if (coordinator_.In<secagg::Collecting>() != nullptr) coordinator_.CloseCollecting();
  }

  // What each survivor says to `message`, in their order.
  std::vector<Bytes> Ask(const Bytes& message) {
    std::vector<Bytes> answers(survivors_.size());
    ForDevices(survivors_,
               [&](std::size_t i) { answers[i] = devices_[survivors_[i]].Answer(message); });
    return answers;
  }

  void Agree() {
    if (coordinator_.In<secagg::Agreeing>() == nullptr) return;  // The curious profile.
    const std::vector<Bytes> agreements = Ask(coordinator_.AgreementRequest());
    // t of them are enough, and the server reads no more.
    for (std::size_t i = 0; coordinator_.In<secagg::Agreeing>() != nullptr; ++i)
      coordinator_.Agree(agreements.at(i));
  }

  Figures Unmask() {
    const std::uint32_t survivors = coordinator_.In<secagg::AwaitingShares>()->survivors.size();
    Require(survivors == survivors_.size(), "those survive that should");
    const secagg::Parameters parameters = coordinator_.cohort().parameters;
    std::vector<Bytes> replies;
    Step("replies", [&] {
      replies = Ask(coordinator_.UnmaskRequest());
      // t replies open everything, and the server waits for no more.
      for (std::size_t i = 0; i + 1 < parameters.threshold; ++i)
        Require(!coordinator_.Reply(replies[i]), "fewer than t replies open nothing");
    });
    const double before = coordinator_.cpu_seconds();
    const auto start = std::chrono::steady_clock::now();
    Require(coordinator_.Reply(replies[parameters.threshold - 1]), "t replies open the sum");
    coordinator_.Unmask(kThreads);
    const double wall =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    Require(coordinator_.sums() == plain_, "the sum is exact");
    return {parameters,
            survivors,
            coordinator_.masks_removed(),
            wall,
            coordinator_.cpu_seconds() - before + coordinator_.helper_seconds(),
            coordinator_.cpu_seconds() + coordinator_.helper_seconds(),
            ClientSeconds(),
            BytesPerParam(),
            std::move(steps_),
            static_cast<double>(TakeHeapPeak() - idle_) / 1e6};
  }

  double ClientSeconds() const {
    std::vector<double> seconds;
    for (const std::uint32_t i : survivors_)
      if (i < setting_.measured) seconds.push_back(devices_[i].seconds());
    return Median(std::move(seconds));
  }
  double BytesPerParam() const {
    std::uint64_t most = 0;
    for (const std::uint32_t i : survivors_) most = std::max(most, devices_[i].wire_bytes());
    return static_cast<double>(most) / static_cast<double>(setting_.dim);
  }

  const Setting setting_;
  platform::OpenSslRng rng_;
  platform::OpenSslCrypto crypto_;
  TrustingCrypto trusting_{crypto_};
  const Authority authority_{rng_, crypto_};
  const secagg::StatementCheck check_ = authority_.Check();
  const secagg::StatementCheck believe_ = [](const IdentityKey&, ByteView) { return Ok(); };
  const secagg::Task task_;
  const std::size_t idle_;  // What an earlier session left.
  Coordinator coordinator_;
  std::vector<Device> devices_;
  std::vector<secagg::Member> members_;   // By device.
  std::vector<std::uint32_t> survivors_;  // Devices.
  std::vector<std::int32_t> plain_;
  std::string steps_;
};

std::string Told(const Figures& f) {
  return fmt::format("k {} h {} t {}, {} survive, {} masks taken off", f.parameters.degree,
                     f.parameters.core, f.parameters.threshold, f.survivors, f.masks_removed);
}

void Bench100(Report& report, const std::filesystem::path& spool) {
  Setting setting{.name = "secagg_100x1m_drop20",
                  .devices = 100,
                  .dim = 1'000'000,
                  .vanish = 20,
                  .rule = {.least = 50, .corrupt_ppm = 100'000, .dropout_ppm = 200'000},
                  .measured = 100};
  const Figures f = Session(setting, spool).Run();
  report.Add({setting.name, "server_unmask_s", f.unmask_seconds,
              fmt::format("{}; {:.2f} CPU s", Told(f), f.unmask_cpu_seconds), 0.6, kAtMost});
  report.Add(
      {setting.name, "client_s", f.client_seconds, "CPU, median of survivors", 0.1, kAtMost});
  report.Add({setting.name, "bytes_per_param", f.bytes_per_param, "4 are the masked vector", 4.1,
              kAtMost});
  for (const auto& [bits, budget] :
       {std::pair(secagg::LaneBits::k24, 3.1), {secagg::LaneBits::k16, 2.1}}) {
    setting.bits = bits;
    const int width = 8 * static_cast<int>(secagg::WireBytesOf(bits));
    report.Add({setting.name, fmt::format("bytes_per_param_b{}", width),
                Session(setting, spool).Run().bytes_per_param,
                fmt::format("lanes of {} bits", width), budget, kAtMost});
  }
}

// All devices run whole sessions, but only so many check every signature: those are measured, and
// the rest would take as long again to give the server the same messages.
void BenchLarge(Report& report, std::uint32_t devices, const std::filesystem::path& spool) {
  Setting setting{.name = fmt::format("secagg_{}x100k_drop10", devices),
                  .devices = devices,
                  .dim = 100'000,
                  .vanish = devices / 10,
                  .rule = {.least = devices / 2, .corrupt_ppm = 100'000, .dropout_ppm = 100'000},
                  .measured = 9};
  std::vector<Figures> sessions;
  for (int i = 0; i < kSessions; ++i) sessions.push_back(Session(setting, spool).Run());
  std::ranges::sort(sessions, {}, &Figures::server_seconds);
  const Figures& active = sessions[kSessions / 2];
  report.Add(
      {setting.name, "server_s", active.server_seconds,
       fmt::format("CPU, median of {}; {}; {}unmasking {:.2f} s, {:.2f} CPU s", kSessions,
                   Told(active), active.steps, active.unmask_seconds, active.unmask_cpu_seconds),
       1.5, kAtMost});
  report.Add({setting.name, "client_s", active.client_seconds,
              fmt::format("CPU, median of {}", setting.measured), 0.45, kAtMost});
  setting.rule.profile = secagg::Profile::kCurious;
  const Figures curious = Session(setting, spool).Run();
  report.Add({setting.name, "curious_server_s", curious.server_seconds,
              fmt::format("CPU; {}; {}unmasking {:.2f} s, {:.2f} CPU s", Told(curious),
                          curious.steps, curious.unmask_seconds, curious.unmask_cpu_seconds),
              1.5, kAtMost});
  report.Add({setting.name, "curious_client_s", curious.client_seconds,
              fmt::format("CPU, median of {}", setting.measured), 0.45, kAtMost});
}

// Every device masks a long vector: what the server holds of a thousand of them at once.
void BenchMemory(Report& report, std::uint32_t devices, const std::filesystem::path& spool) {
  const Setting setting{
      .name = fmt::format("secagg_{}x1m", devices),
      .devices = devices,
      .dim = 1'000'000,
      .vanish = devices / 10,
      .rule = {.least = devices / 2, .corrupt_ppm = 100'000, .dropout_ppm = 100'000},
      .measured = 0};
  const Figures f = Session(setting, spool).Run();
  report.Add({setting.name, "server_rss_mb", f.heap_mb,
              "not RSS: the peak of what new gave the server, since its devices share the process",
              128, kAtMost});
}
}  // namespace
}  // namespace muster::bench

int main(int argc, char** argv) {
  using namespace muster::bench;
  Report report(argc, argv);
  const std::filesystem::path spool =
      std::filesystem::temp_directory_path() / fmt::format("secagg_bench.{}", getpid());
  Bench100(report, spool);
  // A minute and a half, and a minute with 4 GB of spool; 0 leaves them out.
  const int large = std::atoi(report.Option("--large", "1000").c_str());
  const int memory = std::atoi(report.Option("--memory", "1000").c_str());
  for (const int devices : {large, memory})
    Require(devices == 0 || (devices >= 100 && devices <= 1000),
            "--large and --memory are 0 or 100..1000");
  if (large > 0) BenchLarge(report, static_cast<std::uint32_t>(large), spool);
  if (memory > 0) BenchMemory(report, static_cast<std::uint32_t>(memory), spool);
  return report.Finish();
}
