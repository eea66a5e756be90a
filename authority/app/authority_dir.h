#pragma once
// The authority's own directory, apart from the coordinator's: lock, journal, CA, signing key, and
// the operator's certificate that the first start writes.
//
//   LOCK  journal.db  ca/  signing-key.pem (0600)  authority.pub (hex)
//   operator/{ca,certificate,key}.pem  operator/context.yaml
#include <memory>
#include <string>

#include "authority/authority.h"
#include "platform/certificate_authority.h"
#include "platform/dir_lock.h"
#include "platform/keys.h"
#include "platform/sql_journal.h"
#include "rpc/server.h"

namespace muster::authority {

// The authority's Ed25519 key behind the port.
class KeySigner final : public Signer {
 public:
  explicit KeySigner(platform::Ed25519PrivateKey key) : key_(std::move(key)) {}
  StatusOr<Signature> Sign(ByteView message) const override { return key_.Sign(message); }
  IdentityKey PublicKey() const override { return key_.PublicKey(); }
  Status Verify(const IdentityKey& key, ByteView message, ByteView signature) const override {
    return platform::VerifyEd25519(key, message, signature);
  }

 private:
  const platform::Ed25519PrivateKey key_;
};

struct AuthorityDir {
  std::string path;
  std::unique_ptr<platform::DirLock> lock;
  std::unique_ptr<platform::CertificateAuthority> ca;
  std::unique_ptr<KeySigner> signer;
  std::unique_ptr<platform::SqlJournal> journal;
};

inline constexpr char kTrustDomain[] = "authority.muster";

// Opens or makes everything. FAILED_PRECONDITION: DATA_DIR_IN_USE, READ_ONLY, or a signing key
// that is gone although its public half is there: a new one would be another authority.
StatusOr<AuthorityDir> OpenAuthorityDir(const std::string& path, const Clock& clock,
                                        SecureRng& rng);

// A fresh server certificate, also good for `host`.
StatusOr<rpc::ServerTls> ServerTlsOf(const AuthorityDir& dir, const std::string& host);

// The operator's certificate, unless it is there, and the context that names `server`.
Status WriteOperator(const AuthorityDir& dir, const std::string& server);

}  // namespace muster::authority
