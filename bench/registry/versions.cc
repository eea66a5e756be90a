// A registry that has grown: 100,000 versions of ten models. How long a search takes that looks at
// all of them, and what one change costs that copies the state.
#include <algorithm>
#include <chrono>
#include <map>
#include <vector>

#include "base/seeded.h"
#include "bench/registry/versions.h"
#include "bench/require.h"
#include "registry/registry.h"

namespace muster::bench {
namespace {
using namespace registry;
using SteadyClock = std::chrono::steady_clock;

constexpr std::uint64_t kModels = 10;
constexpr std::uint64_t kVersions = 10'000;  // Of each.
constexpr int kSearches = 300;
constexpr int kChanges = 300;
const Timestamp kBegin = FromUnixMillis(1'790'000'000'000);

// Rows in memory: what is measured is the registry.
class ListJournal final : public Journal {
 public:
  Status Append(std::string_view stream, std::uint64_t next_seq, std::span<const std::string> facts,
                bool) override {
    for (const std::string& fact : facts)
      rows_.push_back({std::string(stream), next_seq++, rows_.size(), fact});
    return Ok();
  }
  Status Read(std::string_view, std::uint64_t, const Visitor&) override { return Ok(); }
  Status Replay(std::string_view prefix, bool, const Visitor& visit) override {
    for (const JournalRow& row : rows_)
      if (row.stream.starts_with(prefix)) MUSTER_TRY(visit(row));
    return Ok();
  }
  Status ReadLeaves(std::uint64_t, std::uint64_t, const Visitor&) override { return Ok(); }
  std::shared_ptr<void> Subscribe(Observer) override { return nullptr; }

 private:
  std::vector<JournalRow> rows_;
};

class NoBlobs final : public Blobs {
 public:
  StatusOr<std::unique_ptr<BlobWriter>> Create() override { return Unavailable("none here"); }
  StatusOr<std::unique_ptr<BlobReader>> Open(const Digest&) override {
    return Unavailable("none here");
  }
  StatusOr<bool> Has(const Digest&) override { return false; }
  Status Remove(const Digest&) override { return Ok(); }
};

// What a campaign's version looks like: origin, lineage, four metrics with their errors; one in ten
// has tags.
ModelFacts VersionFacts(SeededRng& rng, const ModelName& model, std::uint64_t number) {
  ModelVersion v;
  v.model = model;
  v.version = VersionNumber(number);
  v.params = Digest({std::byte(number), std::byte(number >> 8)});
  v.contract = ContractName("engine");
  v.contract_version = VersionNumber(1);
  v.origin = CampaignRound{CampaignName(fmt::format("c{}", number % 100)), RoundNumber(number)};
  v.lineage.emplace().aggregation = R"({"bound":"16","rule":{"name":"fedavgm"}})";
  v.lineage->applied_by = "operator/ann";
  for (const char* name : {"accuracy", "loss", "mae", "rmse"}) {
    v.measured.metrics[name] = 10 + static_cast<double>(rng.Below(1000)) / 100;
    v.measured.spreads[name] = {0.1, 1000, 10};
  }
  v.created_at = kBegin + Duration(number);
  v.created_by = "system";
  ModelFacts facts{ModelVersionCreated{std::move(v)}};
  if (number % 10 == 0)
    facts.emplace_back(VersionTagged{VersionNumber(number),
                                     {{"env", number % 20 == 0 ? "prod" : "test"}},
                                     {},
                                     kBegin + Duration(number),
                                     "operator/ann"});
  return facts;
}

void Fill(ListJournal& journal) {
  SeededRng rng(1);
  for (std::uint64_t m = 0; m < kModels; ++m) {
    ModelSpec spec{ModelName(fmt::format("model-{}", m)),
                   "",
                   ContractName("engine"),
                   VersionNumber(1),
                   {{"s2"}, 1, 1},
                   {"cycles", {}, {}}};
    std::vector<std::string> rows{
        Require(EncodeFact(ModelFact(ModelApplied{spec, kBegin, "operator/ann"})))};
    for (std::uint64_t n = 1; n <= kVersions; ++n)
      for (const ModelFact& fact : VersionFacts(rng, spec.name, n))
        rows.push_back(Require(EncodeFact(fact)));
    Require(journal.Append("model/" + spec.name.value(), 0, rows, false));
  }
}

double MillisSince(SteadyClock::time_point start) {
  return std::chrono::duration<double, std::milli>(SteadyClock::now() - start).count();
}

template <typename Work>
double P99Millis(int times, const Work& work) {
  std::vector<double> took;
  for (int i = 0; i < times; ++i) {
    const auto start = SteadyClock::now();
    work(i);
    took.push_back(MillisSince(start));
  }
  std::sort(took.begin(), took.end());
  return took[took.size() * 99 / 100];
}

}  // namespace

void BenchVersions(Report& report) {
  ListJournal journal;
  NoBlobs blobs;
  NullLogger log;
  ManualClock clock(kBegin + std::chrono::hours(1));
  Fill(journal);
  Registry registry(journal, blobs, clock, log);
  const auto start = SteadyClock::now();
  Require(registry.Recover());
  const double recovered = MillisSince(start) / 1000;

  // Both look at every version and find nothing, which is the most that a page can cost.
  const double metrics = P99Millis(kSearches, [&](int) {
    Require(Require(registry.Search({"metrics.rmse < 1 or metrics.mae > 100"})).versions.empty(),
            "nothing is found");
  });
  const double mixed = P99Millis(kSearches, [&](int) {
    const SearchRequest request{
        R"(tags.env = "prod" and metrics.rmse < 1 and campaign = "c0" or alias = "champion")"};
    Require(Require(registry.Search(request)).versions.empty(), "nothing is found");
  });
  const double change = P99Millis(kChanges, [&](int i) {
    Require(registry
                .Tag(ModelName("model-3"), VersionNumber(1 + static_cast<std::uint64_t>(i) * 30),
                     {{"i", fmt::format("{}", i)}}, {}, Caller::Operator("ann"))
                .status());
  });
  const double promote = P99Millis(kChanges, [&](int i) {
    MoveRequest request;
    request.model = ModelName("model-4");
    request.alias = "champion";
    request.version = VersionNumber(1 + static_cast<std::uint64_t>(i));
    Require(registry.Promote(request, Caller::Operator("ann")).status());
  });
  report.Add(
      {"list_p99", "ms", std::max(metrics, mixed),
       fmt::format("searches over 100,000 versions that find none: {:.2f}, {:.2f}", metrics, mixed),
       20});
  report.Add({"promote_p99", "ms", std::max(promote, change),
              fmt::format("in a model of 10,000 versions, without the disk; a tag {:.2f}", change),
              20});
  report.Add({"recover_100k", "seconds", recovered, "110,010 facts in memory", 10});
}

}  // namespace muster::bench
