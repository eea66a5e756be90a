#include "coordinator/rpc/enrolment_service.h"

#include "rpc/unary.h"

namespace muster::coordinator {

grpc::ServerUnaryReactor* EnrolmentService::Enrol(grpc::CallbackServerContext* context,
                                                  const v1::EnrolRequest* request,
                                                  v1::EnrolReply* reply) {
  return rpc::PostUnary(border_, context, reply,
                        [this, context, request](const rpc::Later<v1::EnrolReply>& later) {
                          const std::string peer = context->peer();
                          coordinator_.Enrol({request->statement(), request->signature(),
                                              request->csr_pem(), request->csr_signature()},
                                             [this, later, peer](StatusOr<EnrolmentResult> result) {
                                               if (!result.ok()) {
                                                 if (const auto reason = ReasonOf(result.status()))
                                                   coordinator_.Denied(peer, "Enrol", *reason);
                                                 return later(result.status());
                                               }
                                               v1::EnrolReply out;
                                               out.set_certificate_pem(result->certificate_pem);
                                               out.set_ca_pem(result->ca_pem);
                                               out.set_device_id(result->id.value());
                                               out.set_log_key(log_key_);
                                               later(std::move(out));
                                             });
                        });
}

}  // namespace muster::coordinator
