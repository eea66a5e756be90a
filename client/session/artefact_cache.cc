#include "client/session/artefact_cache.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/canonical_json.h"

namespace muster::client {
namespace {
constexpr char kIndex[] = "artefacts.json";
constexpr std::size_t kIdleFlights = 4;
}  // namespace

ArtefactCache::ArtefactCache(Blobs& blobs, Files& files, ByteBudget& budget, Executor& strand,
                             Logger& log, std::uint64_t max_bytes)
    : blobs_(blobs),
      files_(files),
      budget_(budget),
      strand_(strand),
      log_(log),
      max_bytes_(max_bytes) {
  const StatusOr<Bytes> saved = files_.Get(kIndex);
  if (saved.ok()) ReadIndex(AsText(*saved));
}

// What is no entry is none: a line that a crash cut short names a blob that was not there yet.
void ArtefactCache::ReadIndex(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const StatusOr<Json> json = ParseJson(line);
    if (!json.ok()) continue;
    // Older versions wrote all of them as one array.
    for (const Json& row : json->is_array() ? *json : Json::array({*json})) {
      if (!row.is_object()) continue;
      JsonReader reader(row);
      const StatusOr<Digest> digest = Digest::Parse(reader.Text("digest"));
      const std::uint64_t bytes = reader.Unsigned("bytes");
      if (digest.ok() && reader.status().ok()) entries_.push_back({*digest, bytes});
    }
  }
}

std::uint64_t ArtefactCache::Missing(const Artefact& artefact) {
  if (Has(artefact.digest)) return 0;
  const auto it = flights_.find(artefact.digest);
  if (it == flights_.end()) return artefact.bytes;
  if (it->second->running) return 0;  // Paid for by the node that fetches it.
  return artefact.bytes - std::min(artefact.bytes, it->second->written);
}

void ArtefactCache::Fetch(const std::shared_ptr<CoordinatorLink>& link, const Artefact& artefact,
                          Done done) {
  if (Has(artefact.digest)) {
    Touch(artefact.digest);
    return done(Ok());
  }
  if (artefact.bytes > max_bytes_)
    return done(
        WithReason(FailedPrecondition("{} has {} bytes; the cache holds {}",
                                      artefact.digest.ToString(), artefact.bytes, max_bytes_),
                   Reason::kARTEFACT_INVALID));
  std::shared_ptr<Flight>& flight = flights_[artefact.digest];
  if (!flight) {
    flight = std::make_shared<Flight>();
    flight->artefact = artefact;
  }
  flight->waiting.push_back({link, std::move(done)});
  const std::shared_ptr<Flight> started = flight;
  DropIdleFlights();
  if (!started->running) Run(started);
}

void ArtefactCache::Run(const std::shared_ptr<Flight>& flight) {
  if (const Status ready = Prepare(*flight); !ready.ok()) return FailFirst(flight, ready);
  flight->running = true;
  const std::uint64_t attempt = ++flight->attempt;
  const auto sink = [flight, attempt](ByteView bytes) -> Status {
    if (attempt != flight->attempt || !flight->running) return Cancelled("the download is over");
    return Take(*flight, bytes);
  };
  const auto done = [this, alive = std::weak_ptr(alive_), flight, attempt](const Status& status) {
    if (alive.expired()) return;
    strand_.Post([this, alive, flight, attempt, status] {
      if (!alive.expired() && attempt == flight->attempt && flight->running)
        Finished(flight, status);
    });
  };
  const std::shared_ptr<CoordinatorLink> link = flight->waiting.front().link;
  link->Download(flight->artefact.digest, flight->written, sink, done);
}

Status ArtefactCache::Prepare(Flight& flight) {
  if (!flight.writer) {
    MUSTER_ASSIGN(flight.writer, blobs_.Create());
    flight.written = 0;
  }
  return budget_.Take(flight.artefact.bytes - flight.written);
}

Status ArtefactCache::Take(Flight& flight, ByteView bytes) {
  if (bytes.size() > flight.artefact.bytes - flight.written)
    return WithReason(DataLoss("{}: more than {} bytes came", flight.artefact.digest.ToString(),
                               flight.artefact.bytes),
                      Reason::kDIGEST_MISMATCH);
  MUSTER_TRY(flight.writer->Write(bytes));
  flight.written += bytes.size();
  return Ok();
}

void ArtefactCache::Finished(const std::shared_ptr<Flight>& flight, const Status& status) {
  flight->running = false;
  budget_.GiveBack(flight->artefact.bytes - flight->written);
  if (!status.ok()) {
    const auto code = status.code();
    // What the disk or the sink refused cannot be gone on with; a broken line can.
    if (code == absl::StatusCode::kDataLoss || code == absl::StatusCode::kResourceExhausted ||
        code == absl::StatusCode::kFailedPrecondition)
      flight->writer.reset();
    return FailFirst(flight, status);
  }
  if (const Status settled = Settle(*flight); !settled.ok()) return FailFirst(flight, settled);
  const std::deque<Waiter> waiting = std::move(flight->waiting);
  flights_.erase(flight->artefact.digest);
  for (const Waiter& waiter : waiting) waiter.done(Ok());
}

// Turns a finished download into a blob of the cache.
Status ArtefactCache::Settle(Flight& flight) {
  const Artefact& wanted = flight.artefact;
  if (flight.written < wanted.bytes)
    return Unavailable("{}: {} of {} bytes came", wanted.digest.ToString(), flight.written,
                       wanted.bytes);
  Evict(wanted.bytes);
  entries_.push_back({wanted.digest, wanted.bytes});
  // Indexed first: a crash in between leaves a name without a blob, never a blob without a name.
  const Status indexed = SaveIndex();
  const std::unique_ptr<BlobWriter> writer = std::move(flight.writer);
  const StatusOr<Digest> got = indexed.ok() ? writer->Commit() : StatusOr<Digest>(indexed);
  if (got.ok() && *got == wanted.digest) return Ok();
  entries_.pop_back();
  index_grows_ = false;
  MUSTER_TRY(got.status());
  MUSTER_TRY(blobs_.Remove(*got));
  return WithReason(DataLoss("{} bytes came for {}, but their digest is another", wanted.bytes,
                             wanted.digest.ToString()),
                    Reason::kDIGEST_MISMATCH);
}

// One node's error is one node's: the next in line tries over its own link.
void ArtefactCache::FailFirst(const std::shared_ptr<Flight>& flight, const Status& status) {
  if (flight->waiting.empty()) return;
  const Waiter first = std::move(flight->waiting.front());
  flight->waiting.pop_front();
  first.done(status);
  if (!flight->waiting.empty() && !flight->running) Run(flight);
}

// Half-finished downloads that nobody waits for belong to rounds that went on without us.
void ArtefactCache::DropIdleFlights() {
  std::size_t idle = 0;
  for (auto it = flights_.begin(); it != flights_.end();) {
    const Flight& flight = *it->second;
    const bool drop = !flight.running && flight.waiting.empty() && ++idle > kIdleFlights;
    it = drop ? flights_.erase(it) : std::next(it);
  }
}

void ArtefactCache::Touch(const Digest& digest) {
  const auto it = std::find_if(entries_.begin(), entries_.end(),
                               [&digest](const Entry& e) { return e.digest == digest; });
  if (it != entries_.end()) entries_.splice(entries_.end(), entries_, it);
}

void ArtefactCache::Evict(std::uint64_t room_for) {
  std::uint64_t used = room_for;
  for (const Entry& entry : entries_) used += entry.bytes;
  while (used > max_bytes_ && !entries_.empty()) {
    const Entry oldest = entries_.front();
    if (const Status removed = blobs_.Remove(oldest.digest); !removed.ok())
      log_.Warn("artefact_not_evicted",
                {{"digest", oldest.digest.ToString()}, {"error", MessageOf(removed)}});
    entries_.pop_front();
    index_grows_ = false;
    used -= oldest.bytes;
  }
}

StatusOr<std::string> ArtefactCache::LineOf(const Entry& entry) {
  MUSTER_ASSIGN(std::string line,
                CanonicalJson(Json{{"bytes", entry.bytes}, {"digest", entry.digest.ToString()}}));
  return line + '\n';
}

// With the newest entry's line where the rest is there. The order in which the others were wanted
// is a hint, and not worth a whole index.
Status ArtefactCache::SaveIndex() {
  if (std::exchange(index_grows_, false)) {
    MUSTER_ASSIGN(const std::string line, LineOf(entries_.back()));
    MUSTER_TRY(files_.Append(kIndex, AsBytes(line)));
  } else {
    std::string text;
    for (const Entry& entry : entries_) {
      MUSTER_ASSIGN(const std::string line, LineOf(entry));
      text += line;
    }
    MUSTER_TRY(files_.Put(kIndex, std::array{AsBytes(text)}));
  }
  index_grows_ = true;
  return Ok();
}

}  // namespace muster::client
