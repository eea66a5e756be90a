// What a search costs that looks at all versions, and a change that copies the state of its model
// and waits for the disk.
#include "bench/registry/versions.h"

#include <algorithm>
#include <vector>

#include "base/seeded.h"
#include "bench/require.h"
#include "bench/timing.h"

namespace muster::bench {
namespace {
using namespace registry;

constexpr std::uint64_t kModels = 10;
constexpr std::uint64_t kVersions = 10'000;  // Of each.
constexpr std::size_t kRowsAnAppend = 500;
constexpr int kTimes = 300;
const Timestamp kBegin = FromUnixMillis(1'790'000'000'000);

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

// The rows of one model's stream.
std::vector<std::string> RowsOf(SeededRng& rng, const ModelName& name) {
  const ModelSpec spec{
      name, "", ContractName("engine"), VersionNumber(1), {{"s2"}, 1, 1}, {"cycles", {}, {}}};
  std::vector<std::string> rows{
      Require(EncodeFact(ModelFact(ModelApplied{spec, kBegin, "operator/ann"})))};
  for (std::uint64_t n = 1; n <= kVersions; ++n)
    for (const ModelFact& fact : VersionFacts(rng, name, n))
      rows.push_back(Require(EncodeFact(fact)));
  return rows;
}

// Every one looks at all versions and finds nothing, which is the most that a page can cost.
double WorstSearch(const Registry& registry, std::string& told) {
  double worst = 0;
  for (const char* filter :
       {"metrics.rmse < 1 or metrics.mae > 100",
        R"(tags.env = "prod" and metrics.rmse < 1 and campaign = "c0" or alias = "none")",
        R"(not (created >= "2020-01-01" or tags.owner = "x"))",
        "params = \"sha256:ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\"",
        R"(approved_by = "operator/pat" or hardware = "x86-64")"}) {
    const double ms = P99Millis(kTimes, [&](int) {
      Require(Require(registry.Search({filter})).versions.empty(), "nothing is found");
    });
    told += fmt::format("{}{:.2f}", told.empty() ? "" : ", ", ms);
    worst = std::max(worst, ms);
  }
  return worst;
}
}  // namespace

std::uint64_t WriteVersions(Journal& journal) {
  SeededRng rng(1);
  std::uint64_t written = 0;
  for (std::uint64_t m = 0; m < kModels; ++m) {
    const ModelName name(fmt::format("model-{}", m));
    const std::vector<std::string> rows = RowsOf(rng, name);
    for (std::size_t at = 0; at < rows.size(); at += kRowsAnAppend)
      Require(journal.Append("model/" + name.value(), at,
                             std::span(rows).subspan(at, std::min(kRowsAnAppend, rows.size() - at)),
                             false));
    written += rows.size();
  }
  return written;
}

void BenchVersions(Report& report, Registry& registry) {
  std::string searches;
  const double search = WorstSearch(registry, searches);
  const double list = P99Millis(kTimes, [&](int) {
    Require(registry.ListModels().size() > kModels, "all models are listed");
    Require(Require(registry.Search({"", {}, 1000, ""})).versions.size() == 1000, "a whole page");
  });
  report.Add(
      {"list_p99", "ms", std::max(search, list),
       fmt::format("searches over 100,000 versions that find none: {}; ten models and a page "
                   "of 1,000 versions: {:.2f}",
                   searches, list),
       20});

  const Caller ann = Caller::Operator("ann");
  const auto version = [](int i) { return VersionNumber(1 + static_cast<std::uint64_t>(i)); };
  const double tag = P99Millis(kTimes, [&](int i) {
    Require(
        registry.Tag(ModelName("model-3"), version(i * 30), {{"i", fmt::format("{}", i)}}, {}, ann)
            .status());
  });
  MoveRequest request;
  request.model = ModelName("model-4");
  const double move = P99Millis(kTimes, [&](int i) {
    request.alias = "canary";
    request.version = version(i);
    Require(registry.SetAlias(request, ann).status());
  });
  const double promote = P99Millis(kTimes, [&](int i) {
    request.alias = "champion";
    request.version = version(i);
    Require(registry.Promote(request, ann).status());
  });
  report.Add({"promote_p99", "ms", std::max({promote, move, tag}),
              fmt::format("each durable, in a model of 10,000 versions: promote {:.2f}, alias move "
                          "{:.2f}, tag {:.2f}",
                          promote, move, tag),
              20});
}

}  // namespace muster::bench
