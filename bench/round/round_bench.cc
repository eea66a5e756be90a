// The wire under a whole round: musterd as its own process, with its real data directory and mutual
// TLS, against a bare gRPC service (bare_service.h) that moves the same bytes. `--only NAME` runs
// one of: streams, round_50x1m, round_20x10m, round_50x10k. `--dir DIR` (default: beside the
// program) is where the data directories lie: durability is that disk's. `--musterd PATH` measures
// another musterd.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>

#include "base/safetensors.h"
#include "bench/report.h"
#include "bench/require.h"
#include "bench/round/bare_service.h"
#include "bench/round/coordinator_process.h"
#include "bench/round/fleet.h"
#include "platform/certificate_authority.h"
#include "platform/csr.h"
#include "platform/posix_subprocess.h"
#include "platform/private_file.h"
#include "platform/system_clock.h"

namespace muster::bench {
namespace {
namespace fs = std::filesystem;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kTensors = 10;

double SecondsSince(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}
double SecondsBetween(SteadyClock::time_point a, SteadyClock::time_point b) {
  return std::chrono::duration<double>(b - a).count();
}
double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// A model of `size` values in ten tensors; as an update, small and without a pattern.
Params MakeParams(std::size_t size) {
  std::vector<TensorSpec> tensors;
  for (std::size_t i = 0; i < kTensors; ++i)
    tensors.push_back({fmt::format("layer{}.weight", i),
                       DType::kF32,
                       {static_cast<std::int64_t>(size / kTensors / 100), 100}});
  Params params{Require(Layout::Make(std::move(tensors))), {}};
  params.values.resize(params.layout.size());
  std::uint32_t x = 1;
  for (float& value : params.values) {
    x = x * 1664525 + 1013904223;
    value = static_cast<float>(static_cast<std::int32_t>(x)) * 1e-12f;
  }
  return params;
}

// What all scenarios share: where things lie, and the bare service.
class Setup {
 public:
  Setup(const fs::path& program, std::string musterd, fs::path directory)
      : musterd_(std::move(musterd)),
        directory_(std::move(directory)),
        ca_(Require(platform::CertificateAuthority::Create("bare.local", clock_, rng_))) {
    Require(platform::MakePrivateDirectory(directory_));
    const auto key = Require(platform::TlsKey::Generate());
    const std::string home = directory_ / "bare";
    Require(platform::MakePrivateDirectory(home));
    Require(platform::WritePrivateFile(home + "/key.pem", Require(key.ToPem())));
    Require(platform::WritePublicFile(home + "/certificate.pem",
                                      Require(ca_.IssueServer(key, {}, std::chrono::hours(1)))));
    Require(platform::WritePublicFile(home + "/ca.pem", ca_.certificate_pem()));
    bare_.emplace(launcher_, std::vector<std::string>{program, "--bare-server", home},
                  home + "/bare.log");
  }
  ~Setup() { fs::remove_all(directory_); }
  Setup(const Setup&) = delete;
  Setup& operator=(const Setup&) = delete;

  const fs::path& directory() const { return directory_; }
  const ServerProcess& bare() const { return *bare_; }
  Device BareDevice() {
    const auto key = Require(platform::TlsKey::Generate());
    const std::string certificate = Require(
        ca_.IssueDevice(Require(platform::MakeCsr(key)), DeviceId("bench"), std::chrono::hours(1)));
    return Device(bare_->endpoint(), {ca_.certificate_pem(), certificate, Require(key.ToPem())});
  }
  std::unique_ptr<CoordinatorProcess> Coordinator(const std::string& name) {
    return std::make_unique<CoordinatorProcess>(launcher_, musterd_, directory_ / name);
  }

 private:
  const std::string musterd_;
  const fs::path directory_;
  const platform::SystemClock clock_;
  platform::OpenSslRng rng_;
  const platform::CertificateAuthority ca_;
  platform::PosixLauncher launcher_;
  std::optional<ServerProcess> bare_;
};

// What the disk takes to make 4 KiB durable: the floor under every fact.
double FsyncMillis(const fs::path& directory) {
  const int fd = ::open((directory / "fsync").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  const std::array<char, 4096> block{};
  std::vector<double> seconds;
  for (off_t i = 0; i < 50; ++i) {
    const auto start = SteadyClock::now();
    if (::pwrite(fd, block.data(), block.size(), i * 4096) != 4096 || ::fsync(fd) != 0)
      Require(Internal("cannot write in {}", directory.string()));
    seconds.push_back(SecondsSince(start));
  }
  ::close(fd);
  return 1e3 * Median(std::move(seconds));
}

// --- One stream ---

constexpr std::uint32_t kStreamRounds = 10;
constexpr std::size_t kStreamParams = 10'000'000;

struct StreamTimes {
  std::vector<double> up, down;

  void Move(Device& device, const std::string& digest, const v1::RoundKey& round, ByteView file) {
    auto start = SteadyClock::now();
    Require(device.Download(digest, file.size()));
    down.push_back(SecondsSince(start));
    start = SteadyClock::now();
    Require(device.Upload(round, file));
    up.push_back(SecondsSince(start));
  }
};

void Streams(Setup& setup, Report& report) {
  const Params params = MakeParams(kStreamParams);
  const Bytes file = SerializeParams(params.View());
  const auto coordinator = setup.Coordinator("streams");
  coordinator->CreateModel(params);
  Device device(coordinator->process().endpoint(), coordinator->Enrol("device-0"));
  Device bare_device = setup.BareDevice();
  coordinator->StartCampaign("streams", kStreamRounds, 1);
  StreamTimes muster, bare;
  for (std::uint32_t r = 0; r < kStreamRounds; ++r) {
    const v1::Assignment task = Require(device.AwaitTask());
    // By turns, and while musterd has nothing else to do.
    bare.Move(bare_device, fmt::format("{}", file.size()), task.round(), file);
    muster.Move(device, task.params_digest(), task.round(), file);
    Require(device.AwaitCounted(task.round()));
  }
  const auto add = [&](const char* bench, const std::vector<double>& ours,
                       const std::vector<double>& theirs) {
    const double gb = static_cast<double>(file.size()) / 1e9;
    report.Add({bench, "ratio_to_bare_grpc", Median(theirs) / Median(ours),
                fmt::format("{} x {:.0f} MB at {:.2f} GB/s; bare {:.2f} GB/s", kStreamRounds,
                            gb * 1000, gb / Median(ours), gb / Median(theirs)),
                0.85, kAtLeast});
  };
  add("upload_stream", muster.up, bare.up);
  add("download_stream", muster.down, bare.down);
}

// --- Whole rounds ---

struct RoundPlan {
  std::string name;
  std::size_t devices;
  std::size_t params;
  std::uint32_t rounds;  // The first and the last are not measured.
  std::uint32_t bare_rounds;
};
struct RoundCost {
  std::vector<double> seconds, cpu_seconds;
};

// One download and one upload by each device at once, `rounds` times, without a coordinator.
void BareRounds(const ServerProcess& bare, std::vector<Device>& devices, ByteView file,
                std::uint32_t rounds, RoundCost& cost) {
  const std::string digest = fmt::format("{}", file.size());
  for (std::uint32_t r = 0; r < rounds; ++r) {
    const double cpu = bare.CpuSeconds();
    const auto start = SteadyClock::now();
    {
      std::vector<std::jthread> threads;
      for (Device& device : devices)
        threads.emplace_back([&] {
          Require(device.Download(digest, file.size()));
          Require(device.Upload({}, file));
        });
    }
    cost.seconds.push_back(SecondsSince(start));
    cost.cpu_seconds.push_back(bare.CpuSeconds() - cpu);
  }
}

struct Measured {
  RoundCost muster, bare;
  double peak_rss_mb = 0;
};

Measured Rounds(Setup& setup, const RoundPlan& plan) {
  const Params params = MakeParams(plan.params);
  const Bytes file = SerializeParams(params.View());
  auto coordinator = setup.Coordinator(plan.name);
  coordinator->CreateModel(params);
  std::vector<Device> devices, bare_devices;
  for (std::size_t i = 0; i < plan.devices; ++i) {
    devices.emplace_back(coordinator->process().endpoint(),
                         coordinator->Enrol(fmt::format("device-{}", i)));
    bare_devices.push_back(setup.BareDevice());
  }
  Measured measured;
  RoundCost warm_up;
  BareRounds(setup.bare(), bare_devices, file, 1, warm_up);
  BareRounds(setup.bare(), bare_devices, file, plan.bare_rounds, measured.bare);
  const ServerProcess& musterd = coordinator->process();
  Fleet fleet(devices, file, [&musterd] { return musterd.CpuSeconds(); });
  coordinator->StartCampaign(plan.name, plan.rounds, static_cast<std::uint32_t>(plan.devices));
  coordinator->AwaitEnd(plan.name);
  measured.peak_rss_mb = musterd.PeakRssMb();
  const std::vector<RoundStart> starts = fleet.Starts();
  for (std::size_t r = 1; r + 1 < starts.size(); ++r) {
    measured.muster.seconds.push_back(SecondsBetween(starts[r].at, starts[r + 1].at));
    measured.muster.cpu_seconds.push_back(starts[r + 1].server_cpu_seconds -
                                          starts[r].server_cpu_seconds);
  }
  BareRounds(setup.bare(), bare_devices, file, plan.bare_rounds, measured.bare);
  fleet.Disband();
  coordinator.reset();  // Ends the long polls, and so the fleet's threads.
  return measured;
}

struct RoundBudget {
  double seconds, cpu_seconds, rss_mb, cpu_ratio;
};

void WholeRounds(Setup& setup, Report& report, const RoundPlan& plan, const RoundBudget& budget) {
  const Measured m = Rounds(setup, plan);
  const double cpu = Median(m.muster.cpu_seconds), bare_cpu = Median(m.bare.cpu_seconds);
  report.Add(
      {plan.name, "seconds", Median(m.muster.seconds),
       fmt::format("bare {:.3f} s, median of {}", Median(m.bare.seconds), m.bare.seconds.size()),
       budget.seconds, kAtMost});
  report.Add({plan.name, "server_cpu_s", cpu, fmt::format("bare {:.3f} s", bare_cpu),
              budget.cpu_seconds, kAtMost});
  report.Add({plan.name, "server_peak_rss_mb", m.peak_rss_mb,
              fmt::format("{} rounds of {} devices", plan.rounds, plan.devices), budget.rss_mb,
              kAtMost});
  report.Add({plan.name, "cpu_ratio_to_bare", cpu / bare_cpu,
              fmt::format("{:.3f} s to {:.3f} s", cpu, bare_cpu), budget.cpu_ratio, kAtMost});
}

void SmallRounds(Setup& setup, Report& report) {
  const Measured m = Rounds(
      setup,
      {.name = "round_50x10k", .devices = 50, .params = 10'000, .rounds = 102, .bare_rounds = 10});
  report.Add({"round_50x10k", "rounds_per_s", 1 / Median(m.muster.seconds),
              fmt::format("every fact durable, fsync {:.1f} ms; bare {:.0f}/s without",
                          FsyncMillis(setup.directory()), 1 / Median(m.bare.seconds)),
              25, kAtLeast});
}

int Main(int argc, char** argv) {
  Report report(argc, argv);
  if (const std::string home = report.Option("--bare-server", ""); !home.empty()) {
    ServeBare(home);
    return 0;
  }
  const fs::path program = fs::read_symlink("/proc/self/exe");
  const fs::path parent = report.Option("--dir", program.parent_path());
  const std::string only = report.Option("--only", "");
  const auto wanted = [&only](std::string_view name) { return only.empty() || only == name; };
  const std::string musterd =
      report.Option("--musterd", program.parent_path().parent_path() / "bin" / "musterd");
  Setup setup(program, musterd, fs::absolute(parent) / fmt::format("round_bench.{}", ::getpid()));
  if (wanted("streams")) Streams(setup, report);
  if (wanted("round_50x1m"))
    WholeRounds(
        setup, report,
        {.name = "round_50x1m", .devices = 50, .params = 1'000'000, .rounds = 9, .bare_rounds = 4},
        {.seconds = 0.7, .cpu_seconds = 0.5, .rss_mb = 80, .cpu_ratio = 1.8});
  if (wanted("round_20x10m"))
    WholeRounds(setup, report,
                {.name = "round_20x10m",
                 .devices = 20,
                 .params = 10'000'000,
                 .rounds = 7,
                 .bare_rounds = 2},
                {.seconds = 3, .cpu_seconds = 2.2, .rss_mb = 256, .cpu_ratio = 1.8});
  if (wanted("round_50x10k")) SmallRounds(setup, report);
  return report.Finish();
}

}  // namespace
}  // namespace muster::bench

int main(int argc, char** argv) { return muster::bench::Main(argc, argv); }
