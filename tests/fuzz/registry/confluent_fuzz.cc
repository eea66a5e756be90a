// Any requests, one after the other, to Confluent's API: an answer in JSON each time, and nothing
// recorded by one that is an error. At the end the journal alone gives the same registry.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "platform/sha256.h"
#include "registry/http/confluent.h"
#include "tests/support/fake_schemas.h"
#include "tests/support/memory_journal.h"

namespace muster::registry {
namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

std::size_t RowsIn(Journal& journal) {
  std::size_t rows = 0;
  Require(journal.Replay("", false, [&](const JournalRow&) { return ++rows, Ok(); }).ok());
  return rows;
}

std::string Described(const Schemas& schemas) {
  std::string out;
  for (const RegisteredSchema& s : schemas.ListSchemas({"", Shown::kAll, false, {}}))
    out += fmt::format("{}/{}/{}/{}\n", s.subject.value(), s.version.value(), s.deleted,
                       s.schema->id.value());
  return out;
}

// A line "METHOD target body".
platform::HttpRequest RequestFrom(std::string_view line) {
  const auto word = [&line] {
    const std::string_view out = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(line.size(), out.size() + 1));
    return out;
  };
  platform::HttpRequest request;
  request.method = word();
  const std::string target(word());
  request.raw_path = target.substr(0, target.find('?'));
  request.path = request.raw_path;
  if (request.path.size() < target.size()) request.query = target.substr(request.path.size() + 1);
  request.body = line;
  request.headers = {{"content-type", "application/json"}};
  return request;
}

void Try(std::string_view lines) {
  const testing::FakeSchemaParser parser;
  const platform::OpenSslHasher hasher;
  const ManualClock clock(FromUnixMillis(1));
  NullLogger log;
  testing::MemoryJournal journal;
  Schemas schemas(journal, parser, hasher, clock, log);
  const auto handler = MakeConfluentHandler(
      schemas,
      {[](const platform::HttpRequest&) -> StatusOr<Caller> { return Caller::Operator("ann"); }},
      log);
  std::size_t rows = 0;
  for (int requests = 0; !lines.empty() && requests < 64; ++requests) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
    const auto request = RequestFrom(line);
    const auto reply = handler(request);
    const std::size_t now = RowsIn(journal);
    Require(reply.status == 200 || now == rows);
    const bool plain = reply.status == 200 && request.raw_path.find("/schema") != std::string::npos;
    Require(plain || Json::accept(reply.body));
    rows = now;
  }
  Schemas again(journal, parser, hasher, clock, log);
  Require(again.Recover().ok());
  Require(Described(again) == Described(schemas));
}

}  // namespace
}  // namespace muster::registry

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  muster::registry::Try(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
