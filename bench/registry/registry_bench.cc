// The record under load: evidence of a version of a thousand rounds out of a log of millions of
// facts, proofs verified a second, and two schemas of a thousand fields compared. `--dir DIR`
// (default: beside the program) is where the database lies; `--facts N` is how long the log is.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>

#include "bench/registry/history.h"
#include "bench/registry/versions.h"
#include "bench/report.h"
#include "bench/require.h"
#include "platform/dir_files.h"
#include "platform/openssl_crypto.h"
#include "platform/sql_journal.h"
#include "registry/audit/merkle_log.h"
#include "registry/evidence/collect.h"
#include "registry/evidence/verify.h"
#include "registry/formats/avro/avro.h"
#include "registry/formats/json/json_schema.h"
#include "registry/formats/protobuf/protobuf.h"

namespace muster::bench {
namespace {
namespace fs = std::filesystem;
namespace audit = registry::audit;
namespace evidence = registry::evidence;
using SteadyClock = std::chrono::steady_clock;
constexpr std::uint64_t kRounds = 1000, kDevices = 20;
constexpr int kFields = 1000, kTimes = 11;

double Seconds(const std::function<void()>& work) {
  const auto start = SteadyClock::now();
  work();
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}
double MedianSeconds(const std::function<void()>& work) {
  std::vector<double> all;
  for (int i = 0; i < kTimes; ++i) all.push_back(Seconds(work));
  std::ranges::nth_element(all, all.begin() + kTimes / 2);
  return all[kTimes / 2];
}

void BenchEvidence(Report& report, const fs::path& dir, std::uint64_t facts) {
  const auto journal = Require(platform::SqlJournal::OpenSqlite(dir / "journal.db"));
  const auto files = Require(platform::DirFiles::Open(dir / "files"));
  const platform::OpenSslCrypto crypto;
  const platform::OpenSslSigner signer(
      Require(platform::Ed25519PrivateKey::FromSeed(Secret(Bytes(32, std::byte{7})))));
  const std::string key =
      Require(audit::NoteKey::Make("bench", signer.public_key(), crypto)).ToString();
  const std::uint64_t own = kRounds * (kFactsOfARound + 1) + 5;
  WriteOthers(*journal, facts > own ? facts - own : 0);
  WriteCampaign(*journal, kRounds, kDevices);
  const auto log = Require(audit::MerkleLog::Open({*journal, *files, crypto, signer, "bench"}));
  const double hashing = Seconds([&] {
    while (!Require(log->Advance()).at_end) continue;
    Require(log->Publish().status());
  });
  evidence::Bundle bundle;
  const double seconds = Seconds([&] {
    bundle = Require(evidence::Collect({*journal, *log, signer, crypto, key}, kModel, 2));
    Require(evidence::EncodeBundle(bundle).status());
  });
  const std::uint64_t size = log->head().size;
  report.Add({"export_1000_rounds", "seconds", seconds,
              fmt::format("{} leaves and proofs out of {} facts", bundle.leaves.size(), size), 5});
  report.Add({"log", "facts_per_s", static_cast<double>(size) / hashing,
              "read from SQLite, hashed, tiles written and signed", 5000, kAtLeast});
  const double verifying =
      MedianSeconds([&] { Require(evidence::Verify(bundle, key, crypto).status()); });
  const audit::TreeHead head = log->head();
  const double proofs = MedianSeconds([&] {
    for (const evidence::Leaf& leaf : bundle.leaves)
      Require(audit::VerifyInclusion(
          crypto, leaf.index, audit::LeafHash(crypto, AsBytes(leaf.text)), leaf.hashes, head));
  });
  report.Add(
      {"verify_proofs", "per_s", static_cast<double>(bundle.leaves.size()) / proofs,
       fmt::format("the whole bundle, of {} facts, in {:.2f} s", bundle.leaves.size(), verifying),
       100'000, kAtLeast});
}

// A schema of kFields fields, of which the last is `last`.
std::string Avro(const char* last) {
  std::string fields;
  for (int i = 0; i < kFields; ++i)
    fields += fmt::format(R"({}{{"name":"f{}","type":["null","{}"],"default":null}})",
                          i == 0 ? "" : ",", i, i + 1 == kFields ? last : "double");
  return R"({"type":"record","name":"Row","fields":[)" + fields + "]}";
}
std::string JsonSchema(const char* last) {
  std::string properties;
  for (int i = 0; i < kFields; ++i)
    properties += fmt::format(R"({}"f{}":{{"type":"{}","minimum":0}})", i == 0 ? "" : ",", i,
                              i + 1 == kFields ? last : "number");
  return R"({"type":"object","additionalProperties":false,"properties":{)" + properties + "}}";
}
std::string Protobuf(const char* last) {
  std::string fields;
  for (int i = 0; i < kFields; ++i)
    fields += fmt::format("  {} f{} = {};\n", i + 1 == kFields ? last : "double", i, i + 1);
  return "syntax = \"proto3\";\nmessage Row {\n" + fields + "}\n";
}

using Parse = StatusOr<std::shared_ptr<const registry::Schema>> (*)(
    std::string_view, std::span<const registry::ReferencedSchema>);
double CompareMs(Parse parse, const std::string& original, const std::string& update) {
  const auto before = Require(parse(original, {})), after = Require(parse(update, {}));
  return 1e3 * MedianSeconds([&] {
           const auto differences = Require(before->Compare(*after, {}));
           Require(std::ranges::any_of(differences, [](const auto& d) { return !d.compatible; }),
                   "the last field breaks");
         });
}

void BenchCompatibility(Report& report) {
  const double avro = CompareMs(registry::formats::ParseAvro, Avro("double"), Avro("string"));
  const double json =
      CompareMs(registry::formats::ParseJsonSchema, JsonSchema("number"), JsonSchema("string"));
  const double protobuf =
      CompareMs(registry::formats::ParseProtobuf, Protobuf("double"), Protobuf("string"));
  report.Add({"compat_1000_fields", "ms", std::max({avro, json, protobuf}),
              fmt::format("Avro {:.2f}, JSON Schema {:.2f}, Protobuf {:.2f}; parsed before", avro,
                          json, protobuf),
              20});
}

int Main(int argc, char** argv) {
  Report report(argc, argv);
  const fs::path parent = report.Option("--dir", fs::path(argv[0]).parent_path());
  const std::uint64_t facts =
      std::strtoull(report.Option("--facts", "1000000").c_str(), nullptr, 10);
  const fs::path dir = parent / fmt::format("registry_bench.{}", ::getpid());
  fs::create_directories(dir);
  BenchEvidence(report, dir, facts);
  BenchCompatibility(report);
  BenchVersions(report);
  std::error_code ignored;
  fs::remove_all(dir, ignored);
  return report.Finish();
}
}  // namespace
}  // namespace muster::bench

int main(int argc, char** argv) { return muster::bench::Main(argc, argv); }
