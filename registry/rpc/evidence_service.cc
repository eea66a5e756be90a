#include "registry/rpc/evidence_service.h"

#include "registry/evidence/bundle.h"
#include "registry/names.h"
#include "registry/rpc/log_head.h"
#include "rpc/unary.h"

namespace muster::registry {
namespace {
// What of the request is about a device. An instant that has not come yet has no answer.
StatusOr<std::optional<evidence::Asked>> AskedOf(const v1::ExportEvidenceRequest& r,
                                                 Timestamp now) {
  if (r.device().empty()) return std::nullopt;
  if (r.at_unix_ms() <= 0 || r.at_unix_ms() > UnixMillis(now))
    return InvalidField("at_unix_ms", "{} is not between 1 and now, {}", r.at_unix_ms(),
                        UnixMillis(now));
  auto question = evidence::MakeQuestion(r.device(), FromUnixMillis(r.at_unix_ms()));
  if (!question.ok()) return InvalidField("device", "{}", MessageOf(question.status()));
  if (!IsName(r.campaign())) return InvalidField("campaign", "is no name of a campaign");
  return evidence::Asked{*std::move(question), r.campaign()};
}
}  // namespace

grpc::ServerUnaryReactor* EvidenceService::ExportEvidence(grpc::CallbackServerContext* context,
                                                          const v1::ExportEvidenceRequest* request,
                                                          v1::ExportEvidenceReply* reply) {
  return rpc::OperatorUnary(
      border_, context, request, reply,
      [this](const Caller&,
             const v1::ExportEvidenceRequest& r) -> StatusOr<v1::ExportEvidenceReply> {
        MUSTER_ASSIGN(const std::optional<evidence::Asked> asked, AskedOf(r, clock_.Now()));
        MUSTER_ASSIGN(const evidence::Bundle bundle,
                      evidence::Collect(ports_, r.model(), r.version(), asked));
        MUSTER_ASSIGN(const std::string text, evidence::EncodeBundle(bundle));
        MUSTER_ASSIGN(const Digest digest, blobs_.Put(AsBytes(text)));
        v1::ExportEvidenceReply out;
        out.set_digest(digest.ToString());
        out.set_bytes(text.size());
        out.set_leaves(bundle.leaves.size());
        return out;
      });
}

grpc::ServerUnaryReactor* EvidenceService::GetLogHead(grpc::CallbackServerContext* context,
                                                      const v1::GetLogHeadRequest* request,
                                                      v1::LogHead* reply) {
  return rpc::OperatorUnary(border_, context, request, reply,
                            [this](const Caller&, const v1::GetLogHeadRequest& r) {
                              return ReadLogHead(ports_.hasher, ports_.log, ports_.key, r);
                            });
}

}  // namespace muster::registry
