#include "drift/detectors/adwin.h"

#include <cmath>

namespace muster::drift {
namespace {
constexpr std::size_t kMostRows = 53;

double CountIn(std::size_t row) { return static_cast<double>(std::uint64_t{1} << row); }

// By how much the squared deviations of a and b values with these means, laid together, exceed
// the sum of each one's own: Chan, Golub and LeVeque (1983).
double BetweenSquares(double a, double mean_a, double b, double mean_b) {
  const double difference = mean_a - mean_b;
  return a * b * difference * difference / (a + b);
}

// The bound on a difference of means that chance explains, for one width of the window.
class CutBound {
 public:
  CutBound(double delta, std::uint64_t width, double squares, std::uint32_t min_length)
      : log_term_(std::log(2 * std::log(static_cast<double>(width)) / delta)),
        variance_(squares / static_cast<double>(width)),
        short_of_(min_length) {}
  double For(double older, double newer) const {
    const double m = 1 / (older - short_of_ + 1) + 1 / (newer - short_of_ + 1);
    return std::sqrt(2 * m * variance_ * log_term_) + 2.0 / 3 * log_term_ * m;
  }

 private:
  double log_term_;
  double variance_;
  double short_of_;
};
}  // namespace

Adwin::Adwin(const Config& config) : config_(config) { Reset(); }

void Adwin::Reset() {
  state_ = State{};
  state_.rows.resize(1);
}

Verdict Adwin::Update(double x) {
  State& s = state_;
  const auto mean = [&s] { return s.width == 0 ? 0 : s.total / static_cast<double>(s.width); };
  if (!IsMeasurable(x)) return {Change::kIgnored, s.width, mean()};
  Insert(x);
  MergeFullRows();
  bool cut = false;
  if (++s.since_check == config_.clock) {
    s.since_check = 0;
    cut = s.width > config_.grace_period && CutWhileMeansDiffer();
  }
  const Verdict verdict{cut ? Change::kDrift : Change::kNone, s.width, mean()};
  if (cut) Reset();
  return verdict;
}

void Adwin::Insert(double x) {
  State& s = state_;
  s.rows[0].push_back({x, 0});
  if (s.width > 0) {
    const double before = static_cast<double>(s.width);
    s.squares += BetweenSquares(before, x, 1, s.total / before);
  }
  ++s.width;
  s.total += x;
}

void Adwin::MergeFullRows() {
  auto& rows = state_.rows;
  for (std::size_t i = 0; rows[i].size() > config_.max_buckets; ++i) {
    if (i + 1 == rows.size()) rows.emplace_back().reserve(config_.max_buckets + 1);
    const double n = CountIn(i);
    const Bucket a = rows[i][0];
    const Bucket b = rows[i][1];
    rows[i + 1].push_back({a.total + b.total,
                           a.squares + b.squares + BetweenSquares(n, a.total / n, n, b.total / n)});
    rows[i].erase(rows[i].begin(), rows[i].begin() + 2);
  }
}

bool Adwin::CutWhileMeansDiffer() {
  bool cut = false;
  for (; MeansDiffer(); cut = true) DropOldest();
  return cut;
}

// Whether the window falls, between any two buckets, into parts with different means.
bool Adwin::MeansDiffer() const {
  const State& s = state_;
  const CutBound bound(config_.delta, s.width, s.squares, config_.min_window_length);
  const double least = config_.min_window_length;
  double older = 0, older_total = 0;
  double newer = static_cast<double>(s.width), newer_total = s.total;
  for (std::size_t i = s.rows.size(); i-- > 0;)
    for (const Bucket& bucket : s.rows[i]) {
      older += CountIn(i);
      newer -= CountIn(i);
      older_total += bucket.total;
      newer_total -= bucket.total;
      if (newer < least) return false;
      if (older < least) continue;
      if (std::fabs(older_total / older - newer_total / newer) > bound.For(older, newer))
        return true;
    }
  return false;
}

void Adwin::DropOldest() {
  State& s = state_;
  const std::size_t last = s.rows.size() - 1;
  const Bucket bucket = s.rows[last].front();
  const double n = CountIn(last);
  s.rows[last].erase(s.rows[last].begin());
  if (s.rows[last].empty() && last > 0) s.rows.pop_back();
  s.width -= std::uint64_t{1} << last;
  s.total -= bucket.total;
  const double rest = static_cast<double>(s.width);
  s.squares -= bucket.squares + BetweenSquares(n, bucket.total / n, rest, s.total / rest);
}

Json Adwin::Save() const {
  if (state_.width == 0) return nullptr;
  FieldWriter writer;
  Fields(state_, writer);
  Json rows = Json::array();
  for (const auto& row : state_.rows) {
    Json buckets = Json::array();
    for (const Bucket& bucket : row)
      buckets.push_back({DecimalText(bucket.total), DecimalText(bucket.squares)});
    rows.push_back(std::move(buckets));
  }
  writer("rows", std::move(rows));
  return std::move(writer).Take();
}

Status Adwin::ReadRows(const Json& json, State& next) const {
  if (!json.is_array() || json.empty() || json.size() > kMostRows)
    return InvalidField("state.rows", "is not a list of 1..{} rows", kMostRows);
  std::uint64_t width = 0;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const std::string path = fmt::format("state.rows[{}]", i);
    // Only the newest row can be empty: a merge leaves at least one bucket behind.
    if (!json[i].is_array() || json[i].size() > config_.max_buckets || (i > 0 && json[i].empty()))
      return InvalidField(path, "is not a list of at most {} buckets", config_.max_buckets);
    next.rows.emplace_back();
    for (const Json& pair : json[i]) {
      if (!pair.is_array() || pair.size() != 2) return InvalidField(path, "holds no bucket");
      MUSTER_ASSIGN(const double total, ReadNumber(pair[0], path));
      MUSTER_ASSIGN(const double squares, ReadNumber(pair[1], path));
      if (!IsMeasurable(total / CountIn(i)) || squares < 0)
        return InvalidField(path, "holds a bucket that no values make");
      next.rows[i].push_back({total, squares});
      width += std::uint64_t{1} << i;
    }
  }
  if (width == next.width) return Ok();
  return InvalidField("state.width", "{} is not {}, what the rows hold", next.width, width);
}

Status Adwin::Restore(const Json& json) {
  if (json.is_null()) {
    Reset();
    return Ok();
  }
  State next;
  FieldReader reader(json, "state");
  Fields(next, reader);
  const Json& rows = reader.At("rows");
  MUSTER_TRY(reader.Finish());
  MUSTER_TRY(ReadRows(rows, next));
  if (next.width < 1 || next.width > kMostStateCount || next.since_check >= config_.clock)
    return InvalidField("state.width", "{} is none", next.width);
  if (!IsMeasurable(next.total / static_cast<double>(next.width)))
    return InvalidField("state.total", "is not that of {} values", next.width);
  state_ = std::move(next);
  return Ok();
}

}  // namespace muster::drift
