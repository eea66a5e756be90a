// Whole secure sums over real cryptography, without a network: what they cost the server and one
// device, in processor seconds, and in bytes on the wire. Every sum is checked against the plain
// one. A session that is not exact ends the program.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include "base/seeded.h"
#include "bench/report.h"
#include "bench/secagg/authority.h"
#include "bench/secagg/coordinator.h"
#include "bench/secagg/device.h"
#include "bench/secagg/require.h"
#include "bench/secagg/trusting_crypto.h"
#include "platform/openssl_crypto.h"
#include "platform/secure_rng.h"

namespace muster::bench {
namespace {
namespace secagg = aggregation::secagg;

constexpr unsigned kThreads = 2;

double Median(std::vector<double> values) {
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
};

class Session {
 public:
  Session(const Setting& setting, const std::filesystem::path& spool)
      : setting_(setting),
        task_(TaskOf(setting, rng_)),
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
    Advertise();
    Deal();
    SendVectors();
    Agree();
    return Unmask();
  }

 private:
  // The device numbered `i` that lives to the end; the last ones vanish after dealing.
  std::uint32_t living() const { return setting_.devices - setting_.vanish; }

  // work(device): the measured ones first and alone, then the others on all cores.
  template <typename Work>
  void ForDevices(std::uint32_t end, const Work& work) {
    const std::uint32_t alone = std::min(setting_.measured, end);
    for (std::uint32_t i = 0; i < alone; ++i) work(i);
    std::vector<std::jthread> threads;
    for (unsigned t = 0; t < kThreads && alone < end; ++t)
      threads.emplace_back([&, t] {
        for (std::uint32_t i = alone + t; i < end; i += kThreads) work(i);
      });
  }

  void Advertise() {
    for (Device& device : devices_) coordinator_.Advertise(device.Start(task_));
    for (Device& device : devices_)
      members_.push_back(*secagg::FindMember(coordinator_.cohort(), device.identity()));
  }

  void Deal() {
    const Bytes roster = coordinator_.Roster();
    InBatches(
        setting_.devices, [&](std::uint32_t i) { return devices_[i].Answer(roster); },
        [&](std::uint32_t, const Bytes& shares) { coordinator_.Deal(shares); });
  }

  void SendVectors() {
    const secagg::Cohort& cohort = coordinator_.cohort();
    secagg::MemberSet living(cohort.devices());
    for (std::uint32_t i = 0; i < this->living(); ++i) living.Insert(members_[i]);
    // Whom the degree rule prunes is known already, so the plain sum need not be taken back.
    const secagg::MemberSet survivors =
        secagg::CoreOf(cohort.graph, cohort.parameters.core, living);
    plain_.assign(setting_.dim, 0);
    for (std::uint32_t i = 0; i < this->living(); ++i) {
      inbound_ = coordinator_.SharesFor(members_[i]);
      const Device::Upload upload = devices_[i].Mask(inbound_, UpdateOf(i, setting_.dim));
      coordinator_.Vector(upload.header, upload.wire);
      if (!survivors.Contains(members_[i])) continue;
      survivors_.push_back(i);
      for (std::size_t k = 0; k < plain_.size(); ++k) plain_[k] += upload.integers[k];
    }
    if (coordinator_.In<secagg::Collecting>() != nullptr) coordinator_.CloseCollecting();
  }

  void Agree() {
    if (coordinator_.In<secagg::Agreeing>() == nullptr) return;  // The curious profile.
    const Bytes request = coordinator_.AgreementRequest();
    bool wanted = true;
    for (const std::uint32_t i : survivors_) {
      const Bytes agreement = devices_[i].Answer(request);
      if (wanted) wanted = coordinator_.Agree(agreement);
    }
  }

  Figures Unmask() {
    const std::uint32_t survivors = coordinator_.In<secagg::AwaitingShares>()->survivors.size();
    Require(survivors == survivors_.size(), "those survive that should");
    const Bytes request = coordinator_.UnmaskRequest();
    std::vector<Bytes> replies;
    for (const std::uint32_t i : survivors_) replies.push_back(devices_[i].Answer(request));
    const secagg::Parameters parameters = coordinator_.cohort().parameters;
    // t replies open everything, and the server waits for no more.
    for (std::size_t i = 0; i + 1 < parameters.threshold; ++i)
      Require(!coordinator_.Reply(replies[i]), "fewer than t replies open nothing");
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
            BytesPerParam()};
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

  // take(i, make(i)) for each device in turn, a few made ahead of it on all cores.
  template <typename Make, typename Take>
  void InBatches(std::uint32_t end, const Make& make, const Take& take) {
    std::vector<Bytes> made(end);
    ForDevices(end, [&](std::uint32_t i) { made[i] = make(i); });
    for (std::uint32_t i = 0; i < end; ++i) {
      take(i, made[i]);
      made[i] = {};
    }
  }

  const Setting setting_;
  platform::OpenSslRng rng_;
  platform::OpenSslCrypto crypto_;
  TrustingCrypto trusting_{crypto_};
  const Authority authority_{rng_, crypto_};
  const secagg::StatementCheck check_ = authority_.Check();
  const secagg::StatementCheck believe_ = [](const IdentityKey&, ByteView) { return Ok(); };
  const secagg::Task task_;
  Coordinator coordinator_;
  std::vector<Device> devices_;
  std::vector<secagg::Member> members_;   // By device.
  std::vector<std::uint32_t> survivors_;  // Devices.
  Bytes inbound_;
  std::vector<std::int32_t> plain_;
};

std::string Told(const Figures& f) {
  return fmt::format("k {} h {} t {}, {} survive, {} masks taken off", f.parameters.degree,
                     f.parameters.core, f.parameters.threshold, f.survivors, f.masks_removed);
}

void Bench100(Report& report, const std::filesystem::path& spool) {
  const Setting setting{.name = "secagg_100x1m_drop20",
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
}
}  // namespace
}  // namespace muster::bench

int main(int argc, char** argv) {
  using namespace muster::bench;
  Report report(argc, argv);
  const std::filesystem::path spool =
      std::filesystem::temp_directory_path() / fmt::format("secagg_bench.{}", getpid());
  Bench100(report, spool);
  return report.Finish();
}
