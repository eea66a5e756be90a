#include "authority/rpc/authority_service.h"

#include "base/time_text.h"
#include "rpc/unary.h"

namespace muster::authority {
namespace {

std::string Text(ByteView bytes) { return std::string(AsText(bytes)); }
Bytes ToBytes(const std::string& text) {
  const ByteView view = AsBytes(text);
  return {view.begin(), view.end()};
}
DeviceLabels ToLabels(const google::protobuf::Map<std::string, std::string>& labels) {
  return {labels.begin(), labels.end()};
}

StatusOr<NewToken> ToNewToken(const v1::CreateTokenRequest& request) {
  NewToken token;
  if (request.uses() != 0) token.uses = request.uses();
  if (!request.lifetime().empty()) {
    const auto lifetime = ParseDuration(request.lifetime());
    if (!lifetime.ok()) return InvalidField("lifetime", "{}", MessageOf(lifetime.status()));
    token.lifetime = *lifetime;
  }
  token.name_prefix = request.name_prefix();
  token.labels = ToLabels(request.labels());
  return token;
}

}  // namespace

grpc::ServerUnaryReactor* AuthorityService::Attest(grpc::CallbackServerContext* context,
                                                   const v1::AttestRequest* request,
                                                   v1::AttestReply* reply) {
  return rpc::Unary(border_, context, request, reply,
                    [this](const v1::AttestRequest& r) { return DoAttest(r); });
}

grpc::ServerUnaryReactor* AuthorityService::CreateToken(grpc::CallbackServerContext* context,
                                                        const v1::CreateTokenRequest* request,
                                                        v1::CreateTokenReply* reply) {
  return rpc::OperatorUnary(border_, context, request, reply,
                            [this](const Caller& caller, const v1::CreateTokenRequest& r) {
                              return DoCreateToken(caller, r);
                            });
}

grpc::ServerUnaryReactor* AuthorityService::ListTokens(grpc::CallbackServerContext* context,
                                                       const v1::ListTokensRequest* request,
                                                       v1::ListTokensReply* reply) {
  return rpc::OperatorUnary(
      border_, context, request, reply,
      [this](const Caller&, const v1::ListTokensRequest&) -> StatusOr<v1::ListTokensReply> {
        v1::ListTokensReply out;
        for (const TokenView& view : authority_.ListTokens()) {
          auto& token = *out.add_tokens();
          token.set_token_id(view.id.value());
          token.set_uses(view.uses);
          token.set_used(view.used);
          token.set_expires_unix_ms(UnixMillis(view.expires));
          token.set_name_prefix(view.name_prefix);
          token.set_created_by(view.created_by);
        }
        return out;
      });
}

StatusOr<v1::AttestReply> AuthorityService::DoAttest(const v1::AttestRequest& request) {
  MUSTER_ASSIGN(const Attestation attestation,
                authority_.Attest({request.token_id(), Secret::FromText(request.token_secret()),
                                   request.device_name(), ToLabels(request.labels()),
                                   ToBytes(request.identity_key()),
                                   ToBytes(request.possession_signature())}));
  v1::AttestReply reply;
  reply.set_statement(attestation.statement);
  reply.set_signature(Text(attestation.signature));
  reply.set_authority_key(Text(public_key_));
  reply.set_voucher(attestation.voucher);
  reply.set_voucher_signature(Text(attestation.voucher_signature));
  return reply;
}

StatusOr<v1::CreateTokenReply> AuthorityService::DoCreateToken(
    const Caller& caller, const v1::CreateTokenRequest& request) {
  MUSTER_ASSIGN(const NewToken token, ToNewToken(request));
  // Before the token: one that cannot be handed out must not be made.
  MUSTER_ASSIGN(const Handout handout, handout_());
  MUSTER_ASSIGN(const IssuedToken issued, authority_.CreateToken(caller, token));
  v1::CreateTokenReply reply;
  reply.set_token_id(issued.id.value());
  reply.set_token_secret(Text(issued.secret.Reveal()));
  reply.set_expires_unix_ms(UnixMillis(issued.expires));
  reply.set_authority(handout.authority);
  reply.set_authority_ca_pem(handout.authority_ca_pem);
  reply.set_coordinator(handout.coordinator);
  reply.set_coordinator_ca_pem(handout.coordinator_ca_pem);
  return reply;
}

}  // namespace muster::authority
