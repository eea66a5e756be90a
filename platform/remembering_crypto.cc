#include "platform/remembering_crypto.h"

namespace muster::platform {

Status RememberingCrypto::Verify(const SigningPublic& key, ByteView message,
                                 const Signature& signature) const {
  Bytes text;  // The message last: the others have fixed lengths, so no two triples are one text.
  text.reserve(key.size() + signature.size() + message.size());
  for (const ByteView part : {ByteView(key), ByteView(signature), message})
    text.insert(text.end(), part.begin(), part.end());
  const Digest triple = real_.Sha256(text);
  if (Recall(triple)) return Ok();
  MUSTER_TRY(real_.Verify(key, message, signature));
  Remember(triple);
  return Ok();
}

bool RememberingCrypto::Recall(const Digest& triple) const {
  absl::MutexLock lock(&mu_);
  const auto place = places_.find(triple);
  if (place == places_.end()) return false;
  recent_.splice(recent_.begin(), recent_, place->second);
  return true;
}

void RememberingCrypto::Remember(const Digest& triple) const {
  absl::MutexLock lock(&mu_);
  if (most_ == 0 || places_.contains(triple)) return;  // Another thread was as slow.
  if (recent_.size() == most_) {
    places_.erase(recent_.back());
    recent_.pop_back();
  }
  recent_.push_front(triple);
  places_.emplace(triple, recent_.begin());
}

std::size_t RememberingCrypto::remembered() const {
  absl::MutexLock lock(&mu_);
  return recent_.size();
}

}  // namespace muster::platform
