#include "client/telemetry/spool.h"

#include <algorithm>

#include "base/canonical_json.h"
#include "client/telemetry/event_json.h"

namespace muster::client {
namespace {
constexpr std::string_view kState = "spool.json";
constexpr std::uint64_t kLeastSegment = 1024;
constexpr std::uint64_t kMostSegment = std::uint64_t{256} << 10;
constexpr std::size_t kIdBytes = 16;
// Room for what the wire adds to a batch.
constexpr std::size_t kBatchBytes = kMostTelemetryBytes - (std::size_t{64} << 10);
constexpr std::array kClasses = {TelemetryClass::kAlarm, TelemetryClass::kFeedback,
                                 TelemetryClass::kState, TelemetryClass::kSummary};

SpoolLimits Whole(SpoolLimits limits) {
  if (limits.segment_bytes == 0)
    limits.segment_bytes = std::clamp(limits.most_bytes / 32, kLeastSegment, kMostSegment);
  return limits;
}

std::string DrawId(SecureRng& rng) {
  Bytes bytes(kIdBytes);
  rng.Fill(bytes);
  return ToHex(bytes);
}

bool IsId(std::string_view id) {
  const StatusOr<Bytes> bytes = FromHex(id);
  return bytes.ok() && bytes->size() == kIdBytes;
}
}  // namespace

StatusOr<std::unique_ptr<TelemetrySpool>> TelemetrySpool::Open(
    std::string node, std::unique_ptr<SegmentFolder> folder, SpoolLimits limits, SecureRng& rng,
    Logger& log) {
  std::unique_ptr<TelemetrySpool> spool(
      new TelemetrySpool(std::move(node), std::move(folder), limits, rng, log));
  MUSTER_TRY(spool->Load());
  return spool;
}

TelemetrySpool::TelemetrySpool(std::string node, std::unique_ptr<SegmentFolder> folder,
                               SpoolLimits limits, SecureRng& rng, Logger& log)
    : node_(std::move(node)),
      folder_(std::move(folder)),
      limits_(Whole(limits)),
      rng_(rng),
      log_(log) {}

// Opening.

Status TelemetrySpool::Load() {
  absl::MutexLock lock(&mu_);
  MUSTER_ASSIGN(const std::vector<std::string> files, folder_->List());
  MUSTER_TRY(LoadState(files));
  for (const std::string& file : files)  // Sorted, so by rising sequences within a class.
    if (const auto name = ParseSegmentName(file)) MUSTER_TRY(LoadSegment(*name));
  for (Class& each : classes_) RemoveAcknowledged(each);
  return Ok();
}

// A state that cannot be read makes it another spool: its sequences go on, but nobody has heard of
// them.
Status TelemetrySpool::LoadState(const std::vector<std::string>& files) {
  id_ = DrawId(rng_);
  if (!std::ranges::binary_search(files, kState)) return Ok();
  MUSTER_ASSIGN(const Bytes bytes, folder_->Read(kState));
  const StatusOr<Json> json = ParseJson(AsText(bytes));
  const Json none = Json::object();
  JsonReader reader(json.ok() ? *json : none);
  const std::string id = reader.Text("spool");
  std::array<Class, kTelemetryClasses> classes;
  for (const TelemetryClass cls : kClasses) {
    const std::string name(NameOf(cls));
    Class& each = classes[static_cast<std::size_t>(cls) - 1];
    JsonReader inner(reader.At(name.c_str()));
    each.acknowledged = inner.Unsigned("acknowledged");
    each.next = std::max(inner.Unsigned("next"), each.acknowledged + 1);
    if (!inner.status().ok() || !reader.status().ok() || !IsId(id)) {
      log_.Error("telemetry_state_unreadable", {{"node", node_}});
      ++counts_.damaged;
      return Ok();
    }
  }
  id_ = id;
  classes_ = std::move(classes);
  saved_ = true;
  return Ok();
}

Status TelemetrySpool::LoadSegment(const SegmentName& name) {
  const std::string file = FileOf(name);
  MUSTER_ASSIGN(const Bytes bytes, folder_->Read(file));
  const SegmentScan scan = ScanSegment(name, bytes);
  Class& of = Of(name.cls);
  Segment segment{
      .name = name,
      .last = scan.records.empty() ? name.first - 1 : scan.records.back().record.sequence,
      .records = scan.records.size(),
      .bytes = scan.good,
      .closed = true};
  of.next = std::max({of.next, name.first, segment.last + 1});
  if (scan.good < bytes.size()) {
    // What is cut short was acknowledged to nobody and sent to nobody. Behind damage there may have
    // been records that were, and their sequences are not to be given again.
    if (!scan.torn) {
      of.next += (bytes.size() - scan.good) / kRecordHeader + 1;
      ++counts_.damaged;
      MUSTER_TRY(SaveState());
    }
    log_.Warn(scan.torn ? "telemetry_cut" : "telemetry_damaged",
              {{"node", node_}, {"segment", file}, {"bytes", bytes.size() - scan.good}});
    MUSTER_TRY(scan.good == 0 ? Ok() : folder_->Cut(file, scan.good));
  }
  if (scan.records.empty()) {
    MUSTER_TRY(SaveState());  // The file's name was what knew the next sequence.
    return folder_->Remove(file);
  }
  of.bytes += segment.bytes;
  counts_.bytes += segment.bytes;
  of.segments.push_back(segment);
  return Ok();
}

Status TelemetrySpool::SaveState() {
  Json json{{"spool", id_}};
  for (const TelemetryClass cls : kClasses)
    json[std::string(NameOf(cls))] = {{"acknowledged", Of(cls).acknowledged},
                                      {"next", Of(cls).next}};
  MUSTER_ASSIGN(const std::string text, CanonicalJson(json));
  MUSTER_TRY(folder_->Replace(kState, AsBytes(text)));
  saved_ = true;
  return Ok();
}

// Adding.

Status TelemetrySpool::Add(const TelemetryEvent& event) {
  MUSTER_ASSIGN(const std::string payload, EncodeEvent(event));
  std::function<void()> added;
  {
    absl::MutexLock lock(&mu_);
    MUSTER_TRY(AddNow(ClassOf(event), payload));
    added = added_;
  }
  if (added) added();
  return Ok();
}

std::uint64_t TelemetrySpool::NextSequence(TelemetryClass cls) const {
  absl::MutexLock lock(&mu_);
  return classes_[static_cast<std::size_t>(cls) - 1].next;
}

Status TelemetrySpool::AddNow(TelemetryClass cls, std::string_view payload) {
  if (!saved_) MUSTER_TRY(SaveState());
  if (const Status room = MakeRoom(cls, kRecordHeader + payload.size()); !room.ok()) {
    ++counts_.refused;
    return room;
  }
  Class& of = Of(cls);
  const std::uint64_t sequence = of.next++;  // Not given again, whatever becomes of it.
  MUSTER_TRY(Write(cls, EncodeRecord(sequence, payload)));
  Segment& segment = of.segments.back();
  segment.last = sequence;
  ++segment.records;
  ++counts_.added;
  return Ok();
}

Status TelemetrySpool::Write(TelemetryClass cls, ByteView record) {
  Class& of = Of(cls);
  if (of.segments.empty() || of.segments.back().closed ||
      of.segments.back().bytes + record.size() > limits_.segment_bytes)
    of.segments.push_back({.name = {cls, of.next - 1}});
  Segment& segment = of.segments.back();
  const std::string file = FileOf(segment.name);
  const Status written = folder_->Append(file, segment.bytes, record);
  if (written.ok()) {
    segment.bytes += record.size();
    of.bytes += record.size();
    counts_.bytes += record.size();
    return Ok();
  }
  // Nothing more is written behind what may be half a record.
  const bool empty = segment.bytes == 0;
  const Status undone = empty ? folder_->Remove(file) : folder_->Cut(file, segment.bytes);
  if (!undone.ok())
    log_.Warn("telemetry_not_undone", {{"node", node_}, {"error", MessageOf(undone)}});
  segment.closed = true;
  if (empty) of.segments.pop_back();
  return written;
}

std::uint64_t TelemetrySpool::ShareOf(TelemetryClass cls) const {
  switch (cls) {
    case TelemetryClass::kAlarm: return limits_.most_bytes / 8 * 3;
    case TelemetryClass::kFeedback: return limits_.most_bytes / 4;
    case TelemetryClass::kState: return limits_.most_bytes / 8;
    case TelemetryClass::kSummary: return 0;
  }
  return 0;
}

Status TelemetrySpool::MakeRoom(TelemetryClass cls, std::uint64_t bytes) {
  while (counts_.bytes + bytes > limits_.most_bytes) {
    Class* const victim = Victim(cls, bytes);
    if (victim == nullptr)
      return WithReason(ResourceExhausted("telemetry of node {}: {} bytes are kept, and all are of "
                                          "what goes before a record of class {}",
                                          node_, counts_.bytes, NameOf(cls)),
                        Reason::kTELEMETRY_FULL);
    MUSTER_TRY(Overwrite(*victim));
  }
  return Ok();
}

// The class that gives way to a record of `cls`; null: none does.
TelemetrySpool::Class* TelemetrySpool::Victim(TelemetryClass cls, std::uint64_t bytes) {
  const bool within_share = Of(cls).bytes + bytes <= ShareOf(cls);
  for (auto it = kClasses.rbegin(); it != kClasses.rend(); ++it) {
    Class& each = Of(*it);
    if (each.segments.empty() || (*it < cls && !within_share)) continue;
    if (each.bytes > ShareOf(*it) || (*it == cls && !within_share)) return &each;
  }
  return nullptr;
}

Status TelemetrySpool::Overwrite(Class& of) {
  const Segment oldest = of.segments.front();
  if (of.segments.size() == 1) MUSTER_TRY(SaveState());  // It knew the next sequence.
  MUSTER_TRY(folder_->Remove(FileOf(oldest.name)));
  of.segments.pop_front();
  of.bytes -= oldest.bytes;
  counts_.bytes -= oldest.bytes;
  counts_.overwritten += oldest.records;
  log_.Warn("telemetry_overwritten", {{"node", node_},
                                      {"class", NameOf(oldest.name.cls)},
                                      {"records", oldest.records},
                                      {"through", oldest.last}});
  return Ok();
}

// Giving.

StatusOr<bool> TelemetrySpool::Read(TelemetryClass cls,
                                    const std::function<bool(StoredRecord)>& take) {
  Class& of = Of(cls);
  for (Segment& segment : of.segments) {
    if (segment.last <= of.acknowledged) continue;
    const StatusOr<Bytes> bytes = folder_->Read(FileOf(segment.name));
    if (!bytes.ok() && !absl::IsNotFound(bytes.status())) return bytes.status();
    const ByteView all = bytes.ok() ? ByteView(*bytes) : ByteView();
    const SegmentScan scan =
        ScanSegment(segment.name, all.first(std::min<std::size_t>(all.size(), segment.bytes)));
    for (const StoredRecord& record : scan.records)
      if (record.record.sequence > of.acknowledged && !take(record)) return false;
    if (scan.good < segment.bytes) Damaged(of, segment, scan);
  }
  return true;
}

// Since it was opened, the disk has lost some of it. What is left goes as if it had been all.
void TelemetrySpool::Damaged(const Class& of, Segment& segment, const SegmentScan& scan) {
  segment.last = scan.records.empty() ? of.acknowledged : scan.records.back().record.sequence;
  if (segment.closed && segment.records == scan.records.size()) return;  // Said before.
  log_.Error("telemetry_damaged", {{"node", node_},
                                   {"segment", FileOf(segment.name)},
                                   {"records", segment.records - scan.records.size()}});
  ++counts_.damaged;
  segment.closed = true;
  segment.records = scan.records.size();
}

StatusOr<TelemetryBatch> TelemetrySpool::Next() {
  absl::MutexLock lock(&mu_);
  TelemetryBatch out{.spool = id_, .records = {}};
  std::size_t bytes = 0;
  for (const TelemetryClass cls : kClasses) {
    MUSTER_ASSIGN(
        const bool all, Read(cls, [&](StoredRecord stored) {
          if (out.records.size() == kMostTelemetryRecords || bytes + stored.bytes > kBatchBytes)
            return false;
          bytes += stored.bytes;
          out.records.push_back(std::move(stored.record));
          return true;
        }));
    if (!all) break;
  }
  return out;
}

StatusOr<std::vector<TelemetryRecord>> TelemetrySpool::Pending(TelemetryClass cls) {
  absl::MutexLock lock(&mu_);
  std::vector<TelemetryRecord> out;
  MUSTER_TRY(Read(cls, [&out](StoredRecord stored) {
               out.push_back(std::move(stored.record));
               return true;
             }).status());
  return out;
}

Status TelemetrySpool::Acknowledge(const std::map<TelemetryClass, std::uint64_t>& through) {
  absl::MutexLock lock(&mu_);
  bool moved = false;
  for (const auto& [cls, sequence] : through) {
    Class& of = Of(cls);
    const std::uint64_t upto = std::min(sequence, of.next - 1);
    moved = moved || upto > of.acknowledged;
    of.acknowledged = std::max(of.acknowledged, upto);
  }
  if (!moved) return Ok();
  MUSTER_TRY(SaveState());  // Before the files go: they know the next sequences.
  for (Class& each : classes_) RemoveAcknowledged(each);
  return Ok();
}

void TelemetrySpool::RemoveAcknowledged(Class& of) {
  while (!of.segments.empty() && of.segments.front().last <= of.acknowledged) {
    const Segment& oldest = of.segments.front();
    if (const Status removed = folder_->Remove(FileOf(oldest.name)); !removed.ok())
      return log_.Warn("telemetry_not_removed", {{"node", node_}, {"error", MessageOf(removed)}});
    of.bytes -= oldest.bytes;
    counts_.bytes -= oldest.bytes;
    of.segments.pop_front();
  }
}

void TelemetrySpool::OnAdded(std::function<void()> added) {
  absl::MutexLock lock(&mu_);
  added_ = std::move(added);
}

SpoolCounts TelemetrySpool::counts() const {
  absl::MutexLock lock(&mu_);
  return counts_;
}

}  // namespace muster::client
