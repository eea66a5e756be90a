#include "coordinator/fleet/fleet.h"

#include <cctype>
#include <set>

#include "base/statement.h"

namespace muster::coordinator {
namespace {
constexpr std::size_t kMaxStatement = 16 * 1024;
std::string StreamOf(const DeviceId& id) { return "device/" + id.value(); }
}  // namespace

Fleet::Fleet(Journal& journal, DeviceDirectory& directory, Identities& identities,
             const Hasher& hasher, Clock& clock, Logger& log, Bytes authority_key)
    : journal_(journal),
      directory_(directory),
      identities_(identities),
      hasher_(hasher),
      clock_(clock),
      log_(log),
      authority_key_(std::move(authority_key)) {}

Status Fleet::Recover() {
  MUSTER_ASSIGN(const std::vector<DeviceRecord> records, directory_.All());
  for (const DeviceRecord& record : records) {
    devices_[record.id].record = record;
    by_name_[record.name] = record.id;
  }
  std::set<DeviceId> forgotten;
  MUSTER_TRY(journal_.Replay("device/", true, [&](const JournalRow& row) -> Status {
    const DeviceId id(row.stream.substr(sizeof("device/") - 1));
    const auto it = devices_.find(id);
    if (it == devices_.end()) return Ok();  // Its mapping was erased.
    MUSTER_TRY(Believe(it->second, row));
    if (it->second.forgotten)
      forgotten.insert(id);
    else
      forgotten.erase(id);
    return Ok();
  }));
  for (const DeviceId& id : forgotten) MUSTER_TRY(Erase(id));  // What a crash left undone.
  return Ok();
}

Status Fleet::Believe(Device& device, const JournalRow& row) {
  device.next_seq = row.seq + 1;
  MUSTER_ASSIGN(const Json fact, ParseJson(row.fact));
  JsonReader reader(fact);
  const std::string type = reader.Text("type");
  if (type == "DeviceMarked") ++device.marks[reader.Text("reason")];
  if (type == "DeviceQuarantined") device.quarantine = reader.Text("violation");
  if (type == "DeviceReleased") device.quarantine.reset();
  if (type == "DeviceForgotten") device.forgotten = true;
  if (type == "DeviceEnrolled" || type == "CertificateReissued") device.forgotten = false;
  return reader.status();
}

StatusOr<EnrolmentResult> Fleet::Enrol(const EnrolmentRequest& request) {
  if (request.statement.size() > kMaxStatement || request.csr_pem.size() > kMaxStatement)
    return WithReason(InvalidArgument("statement or CSR is larger than 16 KiB"),
                      Reason::kSTATEMENT_INVALID);
  const std::string signed_bytes = StatementBytesToSign(request.statement);
  if (!identities_.Verify(authority_key_, AsBytes(signed_bytes), AsBytes(request.signature)).ok())
    return WithReason(Unauthenticated("the statement is not signed by this coordinator's "
                                      "enrolment authority"),
                      Reason::kSTATEMENT_INVALID);
  MUSTER_ASSIGN(const Statement statement, ParseStatement(request.statement, hasher_));
  if (IsVoucher(statement))
    return WithReason(Unauthenticated("a voucher is for secure rounds; enrol with the statement"),
                      Reason::kSTATEMENT_INVALID);
  if (statement.not_after <= clock_.Now())
    return WithReason(Unauthenticated("the authority's statement has expired; enrol anew"),
                      Reason::kSTATEMENT_EXPIRED);
  if (!identities_
           .Verify(statement.identity_key, AsBytes(request.csr_pem), AsBytes(request.csr_signature))
           .ok())
    return WithReason(Unauthenticated("the CSR is not signed by the identity key of the statement"),
                      Reason::kCSR_INVALID);

  const auto taken = by_name_.find(statement.device_name);
  if (taken != by_name_.end() && taken->second != statement.device_id)
    return WithReason(AlreadyExists("another device is called '{}'", statement.device_name.value()),
                      Reason::kNAME_TAKEN);
  MUSTER_ASSIGN(std::string certificate,
                identities_.IssueDevice(request.csr_pem, statement.device_id));

  const Timestamp now = clock_.Now();
  const auto known = devices_.find(statement.device_id);
  const bool first = known == devices_.end();
  DeviceRecord record{statement.device_id, statement.device_name, statement.labels,
                      ToHex(statement.identity_key),
                      first ? now : known->second.record.enrolled_at};
  MUSTER_TRY(directory_.Put(record));
  Device& device = devices_[record.id];
  device.record = record;
  if (first)  // Forgotten once, perhaps: its marks, and a quarantine, are in the facts.
    MUSTER_TRY(journal_.Read(StreamOf(record.id), 0,
                             [&device](const JournalRow& row) { return Believe(device, row); }));
  by_name_[record.name] = record.id;
  MUSTER_TRY(Remember(
      device,
      {first ? "DeviceEnrolled" : "CertificateReissued", Caller::Device(record.id).Text(), now},
      {{"device", record.id.value()}, {"identity_key", record.identity_key}}));
  log_.Info("device_enrolled", {{"device", record.id}, {"first", first ? "yes" : "no"}});
  return EnrolmentResult{record.id, std::move(certificate), identities_.ca_pem()};
}

StatusOr<Device*> Fleet::Find(const DeviceId& id) {
  const auto it = devices_.find(id);
  if (it == devices_.end())
    return WithReason(PermissionDenied("device {} is not enrolled here", id.value()),
                      Reason::kNOT_ENROLLED);
  return &it->second;
}

Device* Fleet::FindByName(std::string_view name_or_id) {
  const auto named = by_name_.find(DeviceName(std::string(name_or_id)));
  const auto it =
      devices_.find(named != by_name_.end() ? named->second : DeviceId(std::string(name_or_id)));
  return it == devices_.end() ? nullptr : &it->second;
}

std::vector<Candidate> Fleet::Matching(const LabelMap& labels) const {
  std::vector<Candidate> out;
  for (const auto& [id, device] : devices_)
    if (!device.quarantine && Matches(device.record.labels, labels))
      out.push_back({id, device.record.name, device.record.labels});
  return out;
}

void Fleet::Quarantine(const DeviceId& id, const std::string& violation, const RoundKey& round) {
  const auto it = devices_.find(id);
  if (it == devices_.end() || it->second.quarantine) return;
  // Believed even when it cannot be recorded: the sum's next round must not wait for the disk.
  it->second.quarantine = violation;
  const Status kept =
      Remember(it->second, {"DeviceQuarantined", Caller::System().Text(), clock_.Now()},
               {{"violation", violation},
                {"campaign", round.campaign.value()},
                {"round", round.round.value()},
                {"attempt", round.attempt}});
  if (!kept.ok())
    log_.Error("quarantine_not_recorded", {{"device", id}, {"error", MessageOf(kept)}});
}

Status Fleet::Release(Device& device, const std::string& why, const Caller& by) {
  if (!device.quarantine)
    return WithReason(
        FailedPrecondition("device {} is not in quarantine", device.record.name.value()),
        Reason::kRESOURCE_NOT_FOUND);
  MUSTER_TRY(Remember(device, {"DeviceReleased", by.Text(), clock_.Now()},
                      {{"why", WithoutName(device.record.id, why)}}));
  device.quarantine.reset();
  return Ok();
}

Status Fleet::Forget(Device& device, const Caller& by) {
  const DeviceId id = device.record.id;
  MUSTER_TRY(Remember(device, {"DeviceForgotten", by.Text(), clock_.Now()}, Json::object()));
  return Erase(id);
}

Status Fleet::Erase(const DeviceId& id) {
  MUSTER_TRY(directory_.Erase(id));
  std::erase_if(by_name_, [&](const auto& entry) { return entry.second == id; });
  devices_.erase(id);
  log_.Info("device_forgotten", {{"device", id}});
  return Ok();
}

// Where it stands for itself: a name "a" is no reason to cut up every word.
std::string Fleet::WithoutName(const DeviceId& id, std::string text) const {
  const auto known = devices_.find(id);
  if (known == devices_.end()) return text;
  const std::string& name = known->second.record.name.value();
  const auto part_of_word = [&text](std::size_t at) {
    return at < text.size() && std::isalnum(static_cast<unsigned char>(text[at])) != 0;
  };
  for (std::size_t at = text.find(name); at != text.npos; at = text.find(name, at)) {
    if ((at > 0 && part_of_word(at - 1)) || part_of_word(at + name.size())) {
      at += name.size();
      continue;
    }
    text.replace(at, name.size(), id.value());
    at += id.value().size();
  }
  return text;
}

void Fleet::Mark(const DeviceId& id, Reason reason, const RoundKey& round) {
  const auto it = devices_.find(id);
  if (it == devices_.end()) return;
  const Status kept = Remember(it->second, {"DeviceMarked", Caller::System().Text(), clock_.Now()},
                               {{"reason", std::string(NameOf(reason))},
                                {"campaign", round.campaign.value()},
                                {"round", round.round.value()},
                                {"attempt", round.attempt}});
  if (!kept.ok()) log_.Warn("mark_not_recorded", {{"device", id}, {"error", MessageOf(kept)}});
  ++it->second.marks[std::string(NameOf(reason))];
}

void Fleet::Seen(Device& device, std::optional<Unfit> unfit, std::string hardware) {
  device.last_seen = clock_.Now();
  device.hardware = std::move(hardware);
  if (unfit && (!device.unfit || device.unfit->detail != unfit->detail))
    log_.Warn("device_unfit",
              {{"device", device.record.id}, {"reason", unfit->reason}, {"detail", unfit->detail}});
  device.unfit = std::move(unfit);
}

Status Fleet::Remember(Device& device, FactHeader header, Json body) {
  MUSTER_ASSIGN(const std::string row, EncodeFact(header, std::move(body)));
  const std::string stream = StreamOf(device.record.id);
  Status appended = journal_.Append(stream, device.next_seq, std::span(&row, 1));
  if (appended.code() == absl::StatusCode::kAborted) {
    // Facts of this device that are not believed yet: an append whose answer was lost.
    MUSTER_TRY(journal_.Read(stream, device.next_seq, [&device](const JournalRow& known) {
      device.next_seq = known.seq + 1;
      return Ok();
    }));
    appended = journal_.Append(stream, device.next_seq, std::span(&row, 1));
  }
  MUSTER_TRY(appended);
  ++device.next_seq;
  return Ok();
}

}  // namespace muster::coordinator
