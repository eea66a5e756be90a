#include "drift/monitors/monitor.h"

#include <algorithm>
#include <cmath>

#include "drift/detectors/verdict.h"

namespace muster::drift {
namespace {
constexpr std::array<std::string_view, kSkips> kSkipNames = {
    "late", "duplicate", "clock", "series", "not_finite", "few", "constant", "no_time", "ignored"};
}  // namespace

std::string_view NameOf(Phase phase) { return phase == Phase::kBegan ? "began" : "ended"; }
std::string_view NameOf(Skip skip) { return kSkipNames[static_cast<std::size_t>(skip)]; }

std::optional<Phase> Episode::Take(const Judgement& judgement, Mark at) {
  using enum Judgement::State;
  if (judgement.state == kNone) return std::nullopt;
  if (judgement.state == kCalm) {
    if (!active_ || ++calm_so_far_ < calm_) return std::nullopt;
    active_ = false;
    return Phase::kEnded;
  }
  calm_so_far_ = 0;
  const bool begins = !active_;
  if (begins) from_ = judgement.since.value_or(at);
  statistic_ = begins ? judgement.statistic : std::max(statistic_, judgement.statistic);
  if (begins || (judgement.p && *judgement.p < p_.value_or(1))) p_ = judgement.p;
  active_ = true;
  return begins ? std::optional(Phase::kBegan) : std::nullopt;
}

Json Episode::Save() const {
  if (!active_) return nullptr;
  return {{"calm", calm_so_far_},
          {"from", MarkJson(from_)},
          {"p", p_ ? Json(DecimalText(*p_)) : Json()},
          {"statistic", DecimalText(statistic_)}};
}

Status Episode::Restore(const Json& json) {
  Episode out(calm_);
  if (!json.is_null()) {
    FieldReader reader(json, "state.episode");
    reader("calm", out.calm_so_far_);
    reader("statistic", out.statistic_);
    const Json& p = reader.At("p");
    const Json& from = reader.At("from");
    MUSTER_TRY(reader.Finish());
    if (out.calm_so_far_ >= calm_ || !(std::abs(out.statistic_) <= kMostStatistic))
      return InvalidField("state.episode", "is none that goes on");
    if (!p.is_null()) {
      MUSTER_ASSIGN(out.p_, ReadNumber(p, "state.episode.p"));
      if (!IsFraction(*out.p_)) return InvalidField("state.episode.p", "is no probability");
    }
    MUSTER_ASSIGN(out.from_, ReadMark(from, "state.episode.from"));
    out.active_ = true;
  }
  *this = out;
  return Ok();
}

Json MarkJson(const Mark& mark) {
  return {{"row", mark.row}, {"time", mark.time ? Json(UnixMillis(*mark.time)) : Json()}};
}

StatusOr<Mark> ReadMark(const Json& json, std::string_view path) {
  Mark out;
  FieldReader reader(json, std::string(path));
  reader("row", out.row);
  const Json& time = reader.At("time");
  MUSTER_TRY(reader.Finish());
  if (time.is_null()) return out;
  if (!time.is_number_unsigned() || time.get<std::uint64_t>() > kMostStateCount)
    return InvalidField(path, "has a time that is none");
  out.time = FromUnixMillis(time.get<std::int64_t>());
  return out;
}

Json ValuesJson(std::span<const double> values) {
  Json out = Json::array();
  for (const double x : values) out.push_back(DecimalText(x));
  return out;
}

StatusOr<std::vector<double>> ReadValues(const Json& json, std::size_t most,
                                         std::string_view path) {
  if (!json.is_array() || json.size() > most)
    return InvalidField(path, "is no list of at most {} values", most);
  std::vector<double> out;
  out.reserve(json.size());
  for (const Json& item : json) {
    MUSTER_ASSIGN(const double x, ReadNumber(item, path));
    if (!IsMeasurable(x)) return InvalidField(path, "a value is beyond bounds");
    out.push_back(x);
  }
  return out;
}

}  // namespace muster::drift
