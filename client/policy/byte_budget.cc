#include "client/policy/byte_budget.h"

#include <algorithm>
#include <array>

#include "base/canonical_json.h"

namespace muster::client {
namespace {
constexpr char kFile[] = "traffic.json";
constexpr std::uint64_t kMostBytes = (1ULL << 53) - 1;  // What canonical JSON can say.
}  // namespace

ByteBudget::ByteBudget(Files& files, const Clock& clock, std::uint64_t bytes_a_day)
    : files_(files), clock_(clock), limit_(std::min(bytes_a_day, kMostBytes)) {
  if (limit_ == 0) return;
  const StatusOr<Bytes> saved = files_.Get(kFile);
  if (!saved.ok()) return;
  const StatusOr<Json> json = ParseJson(AsText(*saved));
  if (!json.ok() || !json->is_object()) return;
  JsonReader reader(*json);
  const std::int64_t day = reader.Integer("day");
  const std::uint64_t used = reader.Unsigned("bytes");
  if (!reader.status().ok()) return;
  day_ = day;
  used_ = used;
}

void ByteBudget::TurnDay() {
  const auto day = std::chrono::floor<std::chrono::days>(clock_.Now()).time_since_epoch().count();
  if (day == day_) return;
  day_ = day;
  used_ = 0;
}

std::uint64_t ByteBudget::Used() {
  TurnDay();
  return used_;
}

Status ByteBudget::Take(std::uint64_t bytes) {
  if (limit_ == 0) return Ok();
  TurnDay();
  if (used_ > limit_ || bytes > limit_ - used_)
    return WithReason(
        PermissionDenied("this site's policy: {} more bytes would pass {} a day", bytes, limit_),
        Reason::kPOLICY_BYTES);
  used_ += bytes;
  const Status saved = Save();
  if (!saved.ok()) used_ -= bytes;
  return saved;
}

void ByteBudget::GiveBack(std::uint64_t bytes) {
  if (limit_ == 0) return;
  TurnDay();
  used_ -= std::min(used_, bytes);  // Saved with the next Take; until then disk has too much.
}

Status ByteBudget::Save() {
  MUSTER_ASSIGN(const std::string text, CanonicalJson(Json{{"day", day_}, {"bytes", used_}}));
  const std::array<ByteView, 1> parts = {AsBytes(text)};
  return files_.Put(kFile, parts);
}

}  // namespace muster::client
