#pragma once
// Who is at the other end of a call, from the certificate that TLS has verified and nothing else.
#include <grpcpp/server_context.h>

#include <string_view>

#include "base/caller.h"
#include "base/status.h"

namespace muster::rpc {

// The caller named by the one URI SAN `spiffe://<trust_domain>/(operator|device)/<name>` of the
// peer's certificate. UNAUTHENTICATED (CERTIFICATE_MISSING) without a certificate, with none or
// several URI SANs, another trust domain, another kind (servers do not call), or a name outside
// [A-Za-z0-9._-]{1,255}.
StatusOr<Caller> CallerOf(const grpc::ServerContextBase& context, std::string_view trust_domain);

// The caller that one URI names: CallerOf without the call.
StatusOr<Caller> CallerFromUri(std::string_view uri, std::string_view trust_domain);

// PERMISSION_DENIED (CALLER_NOT_ALLOWED) when the caller is of another kind.
Status RequireOperator(const Caller& caller);
Status RequireDevice(const Caller& caller);

}  // namespace muster::rpc
