#include "coordinator/secure/share_spool.h"

namespace muster::coordinator {

using aggregation::secagg::Member;

std::string ShareSpool::NameOf(Member dealer) const {
  return fmt::format("{}shares-{}", prefix_, dealer);
}

Status ShareSpool::Put(Member dealer, Bytes shares) {
  const ByteView whole = shares;
  MUSTER_TRY(files_.Put(NameOf(dealer), std::span(&whole, 1)));
  Cache(dealer, std::move(shares));
  return Ok();
}

void ShareSpool::Cache(Member dealer, Bytes shares) {
  if (cached_ + shares.size() > kMostCached) return;
  const auto [at, fresh] = cache_.try_emplace(dealer);
  cached_ += shares.size() - at->second.size();
  at->second = std::move(shares);
}

void ShareSpool::Forget() {
  cache_.clear();
  cached_ = 0;
}

StatusOr<Bytes> ShareSpool::Read(Member dealer, std::size_t offset, std::size_t size) {
  const auto slice = [&](const Bytes& from) -> StatusOr<Bytes> {
    if (offset > from.size() || size > from.size() - offset)
      return DataLoss("{} has {} bytes, {} are wanted at {}", NameOf(dealer), from.size(), size,
                      offset);
    const auto begin = from.begin() + static_cast<std::ptrdiff_t>(offset);
    return Bytes(begin, begin + static_cast<std::ptrdiff_t>(size));
  };
  if (const auto cached = cache_.find(dealer); cached != cache_.end()) return slice(cached->second);
  MUSTER_ASSIGN(Bytes file, files_.Get(NameOf(dealer)));
  StatusOr<Bytes> out = slice(file);
  Cache(dealer, std::move(file));
  return out;
}

}  // namespace muster::coordinator
