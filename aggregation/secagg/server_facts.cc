#include "aggregation/secagg/server_facts.h"

#include "aggregation/secagg/violation.h"
#include "aggregation/secagg/wire.h"

namespace muster::aggregation::secagg {
namespace {

Json BytesOf(ByteView bytes) { return ToBase64Url(bytes); }
Json SetOf(const MemberSet& set) {
  return {{"devices", set.devices()}, {"bits", ToBase64Url(set.bits())}};
}
Json DeadlineOf(Timestamp deadline) { return {{"deadline", UnixMillis(deadline)}}; }

struct Row {
  const char* type;
  Json body;
};
Row RowOf(const SecureSessionOpened& f) { return {"SecureSessionOpened", DeadlineOf(f.deadline)}; }
Row RowOf(const KeysAdvertised& f) {
  return {"KeysAdvertised",
          {{"keys", BytesOf(Encode(f.keys))}, {"deadline", UnixMillis(f.deadline)}}};
}
Row RowOf(const RosterClosed& f) { return {"RosterClosed", DeadlineOf(f.deadline)}; }
Row RowOf(const SharesDealt& f) {
  return {"SharesDealt",
          {{"member", f.member},
           {"commitment", f.promise.commitment.ToString()},
           {"dealt", f.promise.dealt.ToString()},
           {"deadline", UnixMillis(f.deadline)}}};
}
Row RowOf(const SharingClosed& f) {
  return {"SharingClosed", {{"shared", SetOf(f.shared)}, {"deadline", UnixMillis(f.deadline)}}};
}
Row RowOf(const VectorReceived& f) {
  return {
      "VectorReceived",
      {{"member", f.member}, {"header", BytesOf(f.header)}, {"deadline", UnixMillis(f.deadline)}}};
}
Row RowOf(const VectorsSummed& f) {
  return {"VectorsSummed", {{"members", f.members}, {"checkpoint", f.checkpoint}}};
}
Row RowOf(const SurvivorsFixed& f) {
  return {"SurvivorsFixed",
          {{"survivors", SetOf(f.survivors)}, {"deadline", UnixMillis(f.deadline)}}};
}
Row RowOf(const SurvivorsAgreedBy& f) {
  return {"SurvivorsAgreedBy", {{"member", f.member}, {"signature", BytesOf(f.signature)}}};
}
Row RowOf(const AgreementReached& f) { return {"AgreementReached", DeadlineOf(f.deadline)}; }
Row RowOf(const MemberNamed& f) {
  return {"MemberNamed",
          {{"member", f.named.member},
           {"violation", std::string(NameOf(f.named.violation))},
           {"evidence", BytesOf(f.named.evidence)}}};
}
Row RowOf(const SecureSumOpened& f) { return {"SecureSumOpened", {{"sum", f.sum.ToString()}}}; }
Row RowOf(const SecureSessionAbandoned& f) {
  return {"SecureSessionAbandoned", {{"reason", std::string(NameOf(f.reason))}, {"why", f.why}}};
}
Row RowOf(const WindowExtended& f) { return {"WindowExtended", DeadlineOf(f.deadline)}; }

// Reads a row's members; the first failure sticks.
class RowReader {
 public:
  explicit RowReader(const Json& json) : reader_(json) {}

  std::string Text(const char* key) { return reader_.Text(key); }
  Timestamp Deadline() { return FromUnixMillis(reader_.Integer("deadline")); }
  Member MemberAt(const char* key) {
    const std::uint64_t value = reader_.Unsigned(key);
    if (value >= kMostMembers) Fail("a member is out of range");
    return static_cast<Member>(value);
  }
  std::vector<Member> MembersAt(const char* key) {
    std::vector<Member> out;
    for (const Json& value : reader_.At(key)) {
      if (!value.is_number_unsigned() || value.get<std::uint64_t>() >= kMostMembers)
        Fail("a member is out of range");
      else
        out.push_back(value.get<Member>());
    }
    return out;
  }
  Bytes BytesAt(const char* key) { return Value(FromBase64Url(reader_.Text(key))); }
  Digest DigestAt(const char* key) { return Value(Digest::Parse(reader_.Text(key))); }
  Signature SignatureAt(const char* key) {
    const Bytes raw = BytesAt(key);
    Signature out{};
    if (raw.size() != out.size())
      Fail("a signature of another length");
    else
      std::copy(raw.begin(), raw.end(), out.begin());
    return out;
  }
  MemberSet SetAt(const char* key) {
    RowReader inner(reader_.At(key));
    WireWriter wire;
    wire.Put(static_cast<std::uint32_t>(inner.reader_.Unsigned("devices")));
    wire.Raw(inner.BytesAt("bits"));
    WireReader in(wire.bytes());
    MemberSet set = in.Set(kMostMembers);
    if (Status status = inner.Finish(); !status.ok()) Keep(std::move(status));
    if (Status status = in.Finish(key); !status.ok()) Keep(std::move(status));
    return set;
  }
  template <typename T>
  T Value(StatusOr<T> value) {
    if (value.ok()) return *std::move(value);
    Keep(value.status());
    return T{};
  }
  template <typename T>
  T Known(std::optional<T> value, std::string_view what) {
    if (!value) Fail(what);
    return value.value_or(T{});
  }
  void Fail(std::string_view what) { Keep(InvalidArgument("{}", what)); }
  Status Finish() const { return reader_.status().ok() ? status_ : reader_.status(); }

 private:
  void Keep(Status status) {
    if (status_.ok()) status_ = std::move(status);
  }
  JsonReader reader_;
  Status status_;
};

ServerFact FactOf(const std::string& type, RowReader& in) {
  if (type == "SecureSessionOpened") return SecureSessionOpened{in.Deadline()};
  if (type == "KeysAdvertised")
    return KeysAdvertised{in.Value(ParseAdvertiseKeys(in.BytesAt("keys"))), in.Deadline()};
  if (type == "RosterClosed") return RosterClosed{in.Deadline()};
  if (type == "SharesDealt")
    return SharesDealt{
        in.MemberAt("member"), {in.DigestAt("commitment"), in.DigestAt("dealt")}, in.Deadline()};
  if (type == "SharingClosed") return SharingClosed{in.SetAt("shared"), in.Deadline()};
  if (type == "VectorReceived")
    return VectorReceived{in.MemberAt("member"), in.SignatureAt("header"), in.Deadline()};
  if (type == "VectorsSummed") return VectorsSummed{in.MembersAt("members"), in.Text("checkpoint")};
  if (type == "SurvivorsFixed") return SurvivorsFixed{in.SetAt("survivors"), in.Deadline()};
  if (type == "SurvivorsAgreedBy")
    return SurvivorsAgreedBy{in.MemberAt("member"), in.SignatureAt("signature")};
  if (type == "AgreementReached") return AgreementReached{in.Deadline()};
  if (type == "MemberNamed")
    return MemberNamed{{in.MemberAt("member"),
                        in.Known(ParseViolation(in.Text("violation")), "unknown violation"),
                        in.BytesAt("evidence")}};
  if (type == "SecureSumOpened") return SecureSumOpened{in.DigestAt("sum")};
  if (type == "SecureSessionAbandoned")
    return SecureSessionAbandoned{in.Known(ParseReason(in.Text("reason")), "unknown reason"),
                                  in.Text("why")};
  if (type != "WindowExtended") in.Fail("unknown fact");
  return WindowExtended{in.Deadline()};
}
}  // namespace

StatusOr<std::string> EncodeServerFact(const ServerFact& fact, std::string_view by, Timestamp at) {
  Row row = std::visit([](const auto& f) { return RowOf(f); }, fact);
  return EncodeFact({row.type, std::string(by), at}, std::move(row.body));
}

StatusOr<ServerFact> DecodeServerFact(std::string_view row) {
  MUSTER_ASSIGN(const Json json, ParseJson(row));
  RowReader in(json);
  ServerFact fact = FactOf(in.Text("type"), in);
  if (const Status status = in.Finish(); !status.ok())
    return DataLoss("secure session fact: {}", MessageOf(status));
  return fact;
}

}  // namespace muster::aggregation::secagg
