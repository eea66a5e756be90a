#include "coordinator/secure/share_spool.h"

#include <algorithm>

namespace muster::coordinator {

using aggregation::secagg::Member;

std::string ShareSpool::NameOf(Member dealer) const {
  return fmt::format("{}shares-{}", prefix_, dealer);
}

Status ShareSpool::Put(Member dealer, ByteView shares) const {
  return files_.Put(NameOf(dealer), std::span(&shares, 1));
}

void ShareSpool::Forget() {
  window_.reset();
  slices_.clear();
}

ShareSpool::Window ShareSpool::WindowAt(std::size_t offset, std::size_t size,
                                        std::size_t file) const {
  // A file has a part of `size` for each holder, and there are as many files as holders.
  const std::size_t dealers = file / std::max<std::size_t>(size, 1) + 1;
  const std::size_t width = most_cached_ / dealers;
  if (width >= file) return {0, std::max(file, offset + size)};
  return {offset, offset + std::max(width, size)};
}

StatusOr<Bytes> ShareSpool::Read(Member dealer, std::size_t offset, std::size_t size) {
  if (window_ && !window_->Covers(offset, size)) Forget();
  auto slice = slices_.find(dealer);
  if (slice == slices_.end()) {
    MUSTER_ASSIGN(const Bytes file, files_.Get(NameOf(dealer)));
    if (!window_) window_ = WindowAt(offset, size, file.size());
    const ByteView kept = ByteView(file).first(std::min(window_->end, file.size()));
    const ByteView part = kept.subspan(std::min(window_->begin, kept.size()));
    slice = slices_.emplace(dealer, Bytes(part.begin(), part.end())).first;
  }
  const ByteView from = slice->second;
  const std::size_t at = offset - window_->begin;
  if (at > from.size() || size > from.size() - at)
    return DataLoss("{} is cut short: {} bytes at {} are wanted", NameOf(dealer), size, offset);
  const ByteView out = from.subspan(at, size);
  return Bytes(out.begin(), out.end());
}

}  // namespace muster::coordinator
