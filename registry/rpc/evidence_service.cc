#include "registry/rpc/evidence_service.h"

#include "registry/evidence/bundle.h"
#include "registry/rpc/log_head.h"
#include "rpc/unary.h"

namespace muster::registry {

grpc::ServerUnaryReactor* EvidenceService::ExportEvidence(grpc::CallbackServerContext* context,
                                                          const v1::ExportEvidenceRequest* request,
                                                          v1::ExportEvidenceReply* reply) {
  return rpc::OperatorUnary(
      border_, context, request, reply,
      [this](const Caller&,
             const v1::ExportEvidenceRequest& r) -> StatusOr<v1::ExportEvidenceReply> {
        MUSTER_ASSIGN(const evidence::Bundle bundle,
                      evidence::Collect(ports_, r.model(), r.version()));
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
