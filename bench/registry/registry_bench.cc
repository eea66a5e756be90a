// The record under load, as a coordinator has it: one data directory with 100,000 model versions,
// thousands of subjects and millions of facts in SQLite. `--dir DIR` (default: beside the program)
// is where it lies, `--facts N` and `--subjects N` how much that is; the whole size is
// `--facts 5000000 --subjects 10000`.
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "bench/registry/history.h"
#include "bench/registry/subjects.h"
#include "bench/registry/versions.h"
#include "bench/report.h"
#include "bench/require.h"
#include "bench/timing.h"
#include "coordinator/app/data_dir.h"
#include "coordinator/app/log_keeper.h"
#include "coordinator/app/log_key.h"
#include "coordinator/app/server.h"
#include "platform/keys.h"
#include "platform/openssl_crypto.h"
#include "platform/private_file.h"
#include "platform/secure_rng.h"
#include "platform/system_clock.h"
#include "platform/thread_pool.h"
#include "registry/evidence/collect.h"
#include "registry/evidence/verify.h"
#include "registry/formats/avro/avro.h"
#include "registry/formats/json/json_schema.h"
#include "registry/formats/parser.h"
#include "registry/formats/protobuf/protobuf.h"

namespace muster::bench {
namespace {
namespace fs = std::filesystem;
namespace audit = registry::audit;
namespace evidence = registry::evidence;
constexpr std::uint64_t kRounds = 1000, kDevices = 20;
constexpr int kFields = 1000;
constexpr char kDomain[] = "bench.local";

// What a coordinator keeps, opened as it opens it.
struct Place {
  explicit Place(const fs::path& at)
      : dir(Require(coordinator::OpenDataDir(at, kDomain, clock, rng))),
        key(Require(coordinator::OpenOrCreateLogKey(at / "log", kDomain, rng))) {}
  platform::SystemClock clock;
  platform::OpenSslRng rng;
  platform::OpenSslCrypto crypto;
  NullLogger log;
  coordinator::DataDir dir;
  coordinator::LogKey key;
  std::unique_ptr<audit::MerkleLog> OpenLog() {
    return Require(
        audit::MerkleLog::Open({*dir.journal, *dir.files, crypto, *key.signer, key.origin}));
  }
};

void Fill(Place& place, std::uint64_t facts, std::uint64_t subjects) {
  Journal& journal = *place.dir.journal;
  std::uint64_t own = WriteVersions(journal) + WriteSubjects(journal, subjects);
  own += WriteCampaign(journal, kRounds, kDevices);
  WriteOthers(journal, facts > own ? facts - own : 0);
}

void BenchEvidence(Report& report, Place& place, audit::MerkleLog& log) {
  const double hashing = Seconds([&] {
    while (!Require(log.Advance()).at_end) continue;
    Require(log.Publish().status());
  });
  evidence::Bundle bundle;
  const double seconds = Seconds([&] {
    bundle = Require(evidence::Collect(
        {*place.dir.journal, log, *place.key.signer, place.crypto, place.key.verifier}, kModel, 2));
    Require(evidence::EncodeBundle(bundle).status());
  });
  const audit::TreeHead head = log.head();
  report.Add({"export_1000_rounds", "seconds", seconds,
              fmt::format("{} leaves and proofs out of {} facts", bundle.leaves.size(), head.size),
              5});
  report.Add({"log", "facts_per_s", static_cast<double>(head.size) / hashing,
              "read from SQLite, hashed, tiles written and signed", 5000, kAtLeast});
  const double verifying = MedianSeconds(
      [&] { Require(evidence::Verify(bundle, place.key.verifier, place.crypto).status()); });
  const auto hash_of = [&](const evidence::Leaf& leaf) {
    return audit::LeafHash(place.crypto, AsBytes(leaf.text));
  };
  const auto count = static_cast<double>(bundle.leaves.size());
  const double alone = MedianSeconds([&] {
    for (const evidence::Leaf& leaf : bundle.leaves)
      Require(audit::VerifyInclusion(place.crypto, leaf.index, hash_of(leaf), leaf.hashes, head));
  });
  const double proofs = MedianSeconds([&] {
    audit::InclusionVerifier verifier(place.crypto, head);
    for (const evidence::Leaf& leaf : bundle.leaves)
      Require(verifier.Verify(leaf.index, hash_of(leaf), leaf.hashes));
  });
  report.Add({"verify_proofs", "per_s", count / proofs,
              fmt::format("{:.0f}/s each alone; the whole bundle of {} facts in {:.2f} s",
                          count / alone, bundle.leaves.size(), verifying),
              100'000, kAtLeast});
}

// How long until a fact is in a signed checkpoint, whenever it comes.
void BenchCheckpoints(Report& report, Place& place, const audit::MerkleLog& log) {
  const std::vector<std::string> facts{R"({"type":"Bench"})"};
  std::uint64_t seq = 0;
  double latest = 0;
  for (int i = 0; i < 40; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(i * 17 % 300));
    latest = std::max(latest, Seconds([&] {
                        const std::string before = log.checkpoint().value_or("");
                        Require(place.dir.journal->Append("bench", seq++, facts, false));
                        while (log.checkpoint().value_or("") == before)
                          std::this_thread::sleep_for(std::chrono::milliseconds(1));
                      }));
  }
  report.Add(
      {"checkpoint_delay", "seconds", latest, "the latest of 40 facts, durable and signed", 1});
}

// The record as a coordinator serves it: what changes is durable, and followed by the log.
void BenchServing(Report& report, Place& place, audit::MerkleLog& log, std::uint64_t subjects) {
  registry::Registry registry(*place.dir.journal, *place.dir.blobs, place.clock, place.log);
  Require(registry.Recover());
  const registry::formats::FormatsParser parser;
  registry::Schemas schemas(*place.dir.journal, parser, place.crypto, place.clock, place.log);
  Require(schemas.Recover());
  platform::ThreadPool pool(place.clock, place.log, {.threads = 1});
  const coordinator::LogKeeper keeper({*place.dir.journal, log, place.clock, pool, place.log});
  BenchVersions(report, registry);
  BenchSubjects(report, schemas, subjects);
  BenchCheckpoints(report, place, log);
  pool.Stop(std::chrono::seconds(60));
  Require(keeper.status());
}

// From the first line of the program to serving.
void BenchStart(Report& report, const fs::path& dir, std::uint64_t facts) {
  NullLogger log;
  coordinator::ServerOptions options;
  options.data_dir = dir;
  options.trust_domain = kDomain;
  options.listen = {"127.0.0.1", 0};
  options.http = {"127.0.0.1", 0};
  options.authority_key_file = dir / "authority.pub";
  platform::OpenSslRng rng;
  const auto authority = Require(platform::Ed25519PrivateKey::Generate(rng));
  Require(
      platform::WritePublicFile(options.authority_key_file, ToHex(authority.PublicKey()) + "\n"));
  std::unique_ptr<coordinator::MusterServer> server;
  const double seconds = Seconds([&] { server = Require(StartServer(options, log)); });
  server->Stop();
  report.Add({"start", "seconds", seconds,
              fmt::format("musterd's, until it serves, over {} facts, 100,000 versions", facts),
              10});
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
  const auto number = [&](const char* option, const char* fallback) {
    return std::strtoull(report.Option(option, fallback).c_str(), nullptr, 10);
  };
  const std::uint64_t facts = number("--facts", "500000");
  const std::uint64_t subjects = std::max(1ull, number("--subjects", "10000"));
  const fs::path dir = parent / fmt::format("registry_bench.{}", ::getpid());
  {
    Place place(dir);
    Fill(place, facts, subjects);
    const auto log = place.OpenLog();
    BenchEvidence(report, place, *log);
    BenchServing(report, place, *log, subjects);
  }
  BenchStart(report, dir, facts);
  BenchCompatibility(report);
  std::error_code ignored;
  fs::remove_all(dir, ignored);
  return report.Finish();
}
}  // namespace
}  // namespace muster::bench

int main(int argc, char** argv) { return muster::bench::Main(argc, argv); }
