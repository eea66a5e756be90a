#pragma once
// EnrolmentLink over gRPC: TLS pinned by the CAs in the join token, and no certificate of our own.
#include <memory>

#include "base/join_token.h"
#include "client/identity.h"
#include "client/rpc/call_set.h"

namespace muster::client {

// Safe from any thread; connects when it is first asked. The token's secret goes to the authority
// and nowhere else.
class GrpcEnrolmentLink final : public EnrolmentLink {
 public:
  explicit GrpcEnrolmentLink(JoinToken token);
  ~GrpcEnrolmentLink() override;
  const std::string& token_id() const override { return token_.id; }
  const Endpoint& coordinator() const override { return token_.coordinator; }
  void Attest(const AttestAsk& ask, std::function<void(StatusOr<Attestation>)> done) override;
  void Enrol(const EnrolAsk& ask, std::function<void(StatusOr<Enrolled>)> done) override;
  // Ends all calls; when it returns no callback runs or will. Not from a callback.
  void Close();

 private:
  struct Stubs;
  const JoinToken token_;
  const std::unique_ptr<Stubs> stubs_;
  const std::shared_ptr<CallSet> calls_ = std::make_shared<CallSet>();
};

}  // namespace muster::client
