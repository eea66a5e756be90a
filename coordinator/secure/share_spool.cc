#include "coordinator/secure/share_spool.h"

#include <algorithm>

#include "coordinator/secure/spool_tags.h"

namespace muster::coordinator {

using aggregation::secagg::Member;

void ShareSpool::Put(Member dealer, ByteView shares, std::function<void(Status)> done) const {
  spool_.Append(SharesTag(dealer), shares, std::move(done));
}

void ShareSpool::Forget() {
  window_.reset();
  slices_.clear();
  cached_ = 0;
}

ShareSpool::Window ShareSpool::WindowAt(std::size_t offset, std::size_t size,
                                        std::size_t record) const {
  // A record has a part of `size` for each holder, and there are as many records as holders.
  const std::size_t dealers = record / std::max<std::size_t>(size, 1) + 1;
  const std::size_t width = most_cached_ / dealers;
  if (width >= record) return {0, std::max(record, offset + size)};
  return {offset, offset + std::max(width, size)};
}

StatusOr<Bytes> ShareSpool::Load(Member dealer, std::size_t record) const {
  const std::size_t begin = std::min(window_->begin, record);
  Bytes slice(std::min(window_->end, record) - begin);
  MUSTER_TRY(spool_.Read(SharesTag(dealer), begin, slice));
  return slice;
}

Status ShareSpool::Read(Member dealer, std::size_t offset, std::span<std::byte> out) {
  if (window_ && !window_->Covers(offset, out.size())) Forget();
  if (dealer >= slices_.size()) slices_.resize(dealer + 1);
  Bytes& slice = slices_[dealer];
  if (slice.empty()) {
    MUSTER_ASSIGN(const std::size_t record, spool_.SizeOf(SharesTag(dealer)));
    if (!window_) window_ = WindowAt(offset, out.size(), record);
    const std::size_t width = std::min(window_->end, record) - std::min(window_->begin, record);
    if (cached_ + width > most_cached_) return spool_.Read(SharesTag(dealer), offset, out);
    MUSTER_ASSIGN(slice, Load(dealer, record));
    cached_ += slice.size();
  }
  const ByteView from = slice;
  const std::size_t at = offset - window_->begin;
  if (at > from.size() || out.size() > from.size() - at)
    return DataLoss("what member {} dealt is cut short: {} bytes at {} are wanted", dealer,
                    out.size(), offset);
  std::ranges::copy(from.subspan(at, out.size()), out.begin());
  return Ok();
}

}  // namespace muster::coordinator
