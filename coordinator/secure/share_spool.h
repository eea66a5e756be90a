#pragma once
// What devices dealt, sealed, on its way to the other devices: durable, and the newest of it in
// memory up to a limit. Sealed bytes only; the coordinator cannot open them.
#include <map>
#include <string>

#include "aggregation/secagg/members.h"
#include "base/blobs.h"

namespace muster::coordinator {

// Used on the session's strand only.
class ShareSpool {
 public:
  static constexpr std::size_t kMostCached = std::size_t{32} << 20;

  ShareSpool(Files& files, std::string prefix) : files_(files), prefix_(std::move(prefix)) {}

  // Keeps an encoded ShareKeys; durable on return.
  Status Put(aggregation::secagg::Member dealer, Bytes shares);
  // `size` bytes at `offset` of what this member dealt. DATA_LOSS when there are fewer. Cost: of
  // the bytes asked for; of the whole file when it is not cached.
  StatusOr<Bytes> Read(aggregation::secagg::Member dealer, std::size_t offset, std::size_t size);
  // Empties the memory; the files stay.
  void Forget();

 private:
  std::string NameOf(aggregation::secagg::Member dealer) const;
  void Cache(aggregation::secagg::Member dealer, Bytes shares);

  Files& files_;
  const std::string prefix_;
  std::map<aggregation::secagg::Member, Bytes> cache_;
  std::size_t cached_ = 0;
};

}  // namespace muster::coordinator
