#include "coordinator/app/log_key.h"

#include <filesystem>

#include "platform/private_file.h"
#include "platform/sha256.h"
#include "registry/audit/note.h"

namespace muster::coordinator {
namespace {
StatusOr<platform::Ed25519PrivateKey> OpenOrCreate(const std::string& path, SecureRng& rng) {
  if (std::filesystem::exists(path)) {
    MUSTER_ASSIGN(const Secret pem, platform::ReadPrivateFile(path));
    return platform::Ed25519PrivateKey::FromPem(pem);
  }
  MUSTER_ASSIGN(platform::Ed25519PrivateKey key, platform::Ed25519PrivateKey::Generate(rng));
  MUSTER_ASSIGN(const Secret pem, key.ToPem());
  MUSTER_TRY(platform::WritePrivateFile(path, pem));
  return key;
}
}  // namespace

StatusOr<LogKey> OpenOrCreateLogKey(const std::string& directory, const std::string& trust_domain,
                                    SecureRng& rng) {
  MUSTER_TRY(platform::MakePrivateDirectory(directory));
  MUSTER_ASSIGN(platform::Ed25519PrivateKey key, OpenOrCreate(directory + "/key.pem", rng));
  const platform::OpenSslHasher hasher;
  LogKey out;
  out.origin =
      fmt::format("{}/{}", trust_domain, hasher.Sha256(key.PublicKey()).Hex().substr(0, 8));
  MUSTER_ASSIGN(const registry::audit::NoteKey verifier,
                registry::audit::NoteKey::Make(out.origin, key.PublicKey(), hasher));
  out.verifier = verifier.ToString();
  MUSTER_TRY(platform::WritePublicFile(directory + "/key.pub", out.verifier + "\n"));
  MUSTER_ASSIGN(const std::string pem, key.PublicPem());
  MUSTER_TRY(platform::WritePublicFile(directory + "/key.pub.pem", pem));
  out.signer = std::make_unique<platform::OpenSslSigner>(std::move(key));
  return out;
}

}  // namespace muster::coordinator
