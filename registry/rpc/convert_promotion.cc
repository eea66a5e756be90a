// Moves of aliases: wire to domain and back.
#include "registry/rpc/convert.h"

namespace muster::registry {
namespace {

template <typename Request>
MoveRequest MoveFrom(const Request& in) {
  MoveRequest out;
  out.model = ModelName(in.model());
  if (!in.alias().empty()) out.alias = in.alias();
  out.version = VersionNumber(in.version());
  out.override_reason = in.override_reason();
  out.dry_run = in.dry_run();
  return out;
}
}  // namespace

MoveRequest FromProto(const v1::SetAliasRequest& in) {
  MoveRequest out;
  out.model = ModelName(in.model());
  out.alias = in.alias();
  out.version = VersionNumber(in.version());
  out.override_reason = in.override_reason();
  return out;
}
MoveRequest FromProto(const v1::PromoteRequest& in) { return MoveFrom(in); }
MoveRequest FromProto(const v1::RollbackRequest& in) { return MoveFrom(in); }

v1::PromoteReply ToProto(const Promotion& in, const std::string& model) {
  constexpr v1::PromoteReply::Outcome kOutcomes[] = {
      v1::PromoteReply::MOVED, v1::PromoteReply::UNCHANGED, v1::PromoteReply::REFUSED};
  v1::PromoteReply out;
  out.set_model(model);
  out.set_alias(in.alias);
  out.set_version(in.version.value());
  out.set_from(in.from.value());
  out.set_outcome(kOutcomes[static_cast<int>(in.outcome)]);
  for (const Verdict& verdict : in.verdicts) {
    v1::Verdict& wire = *out.add_verdicts();
    wire.set_gate(verdict.gate);
    wire.set_passed(verdict.passed);
    wire.set_reason(verdict.reason);
  }
  if (in.reason) out.set_reason(std::string(NameOf(*in.reason)));
  out.set_overridden(in.overridden);
  return out;
}

HistoryRequest FromProto(const v1::GetAliasHistoryRequest& in) {
  HistoryRequest out{ModelName(in.model()), in.alias(), {}, in.most()};
  if (in.at_unix_ms() != 0) out.at = FromUnixMillis(in.at_unix_ms());
  return out;
}

v1::AliasMove ToProto(const MoveView& in) {
  v1::AliasMove out;
  out.set_alias(in.alias);
  out.set_version(in.move.version.value());
  out.set_from(in.move.from.value());
  out.set_at_unix_ms(UnixMillis(in.move.at));
  out.set_by(in.move.by);
  out.set_how(std::string(NameOf(in.move.how)));
  out.set_override_reason(in.move.override_reason);
  if (in.until) out.set_until_unix_ms(UnixMillis(*in.until));
  return out;
}

}  // namespace muster::registry
