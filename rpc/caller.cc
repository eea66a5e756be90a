#include "rpc/caller.h"

#include <grpcpp/security/auth_context.h>

#include <algorithm>
#include <string>
#include <vector>

namespace muster::rpc {
namespace {

constexpr std::string_view kScheme = "spiffe://";
constexpr std::size_t kMaxName = 255;
constexpr char kUriProperty[] =
    "peer_uri";  // One value for each URI SAN (grpc_security_constants).

Status NoIdentity(std::string_view what) {
  return WithReason(Unauthenticated("{}", what), Reason::kCERTIFICATE_MISSING);
}

bool IsName(std::string_view text) {
  constexpr auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  return !text.empty() && text.size() <= kMaxName && text != "." && text != ".." &&
         std::ranges::all_of(text, allowed);
}

}  // namespace

StatusOr<Caller> CallerFromUri(std::string_view uri, std::string_view trust_domain) {
  if (!uri.starts_with(kScheme)) return NoIdentity("the certificate's URI is no SPIFFE ID");
  uri.remove_prefix(kScheme.size());
  const auto domain_end = uri.find('/');
  if (domain_end == std::string_view::npos || uri.substr(0, domain_end) != trust_domain) {
    return NoIdentity("the certificate is of another trust domain");
  }
  const std::string_view path = uri.substr(domain_end + 1);
  const auto kind_end = path.find('/');
  if (kind_end == std::string_view::npos) return NoIdentity("the certificate names nobody");
  const std::string_view kind = path.substr(0, kind_end);
  const std::string_view name = path.substr(kind_end + 1);
  if (!IsName(name)) return NoIdentity("the certificate's name is malformed");
  if (kind == "operator") return Caller::Operator(std::string(name));
  if (kind == "device") return Caller::Device(DeviceId(std::string(name)));
  return NoIdentity("the certificate is neither an operator's nor a device's");
}

StatusOr<Caller> CallerOf(const grpc::ServerContextBase& context, std::string_view trust_domain) {
  const auto auth = context.auth_context();
  if (auth == nullptr || !auth->IsPeerAuthenticated()) {
    return NoIdentity("this call needs a client certificate");
  }
  const std::vector<grpc::string_ref> uris = auth->FindPropertyValues(kUriProperty);
  if (uris.size() != 1) return NoIdentity("the certificate must have exactly one URI name");
  return CallerFromUri({uris[0].data(), uris[0].size()}, trust_domain);
}

Status RequireOperator(const Caller& caller) {
  if (caller.kind == Caller::Kind::kOperator) return Ok();
  return WithReason(PermissionDenied("{} is not an operator", caller.Text()),
                    Reason::kCALLER_NOT_ALLOWED);
}

Status RequireDevice(const Caller& caller) {
  if (caller.kind == Caller::Kind::kDevice) return Ok();
  return WithReason(PermissionDenied("{} is not a device", caller.Text()),
                    Reason::kCALLER_NOT_ALLOWED);
}

}  // namespace muster::rpc
