#pragma once
// AuthorityService over gRPC: translates, and decides nothing. Devices attest without a
// certificate; the rest is for operators of the authority's own CA.
#include <functional>
#include <string>

#include "authority/authority.h"
#include "muster/v1/authority.grpc.pb.h"
#include "rpc/border.h"

namespace muster::authority {

// What a join token carries besides its secret.
struct Handout {
  std::string authority;  // host:port, as the token carries it.
  std::string authority_ca_pem;
  std::string coordinator;
  std::string coordinator_ca_pem;
};
// Asked for each token, because the coordinator's CA may come to be after the authority.
using GetHandout = std::function<StatusOr<Handout>()>;

class AuthorityService final : public v1::AuthorityService::CallbackService {
 public:
  AuthorityService(Authority& authority, rpc::Border& border, GetHandout handout)
      : authority_(authority), border_(border), handout_(std::move(handout)) {}

  grpc::ServerUnaryReactor* Attest(grpc::CallbackServerContext* context,
                                   const v1::AttestRequest* request,
                                   v1::AttestReply* reply) override;
  grpc::ServerUnaryReactor* CreateToken(grpc::CallbackServerContext* context,
                                        const v1::CreateTokenRequest* request,
                                        v1::CreateTokenReply* reply) override;
  grpc::ServerUnaryReactor* ListTokens(grpc::CallbackServerContext* context,
                                       const v1::ListTokensRequest* request,
                                       v1::ListTokensReply* reply) override;

 private:
  StatusOr<v1::AttestReply> DoAttest(const v1::AttestRequest& request);
  StatusOr<v1::CreateTokenReply> DoCreateToken(const Caller& caller,
                                               const v1::CreateTokenRequest& request);

  Authority& authority_;
  rpc::Border& border_;
  const GetHandout handout_;
  const IdentityKey public_key_ = authority_.PublicKey();
};

}  // namespace muster::authority
