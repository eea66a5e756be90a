#include "drift/monitors/row_monitors.h"

#include <algorithm>
#include <cmath>

#include "base/time_text.h"
#include "drift/detectors/verdict.h"
#include "drift/distances/samples.h"
#include "drift/distances/two_sample.h"
#include "drift/fleet/holm.h"

namespace muster::drift {
namespace {
double Seconds(Duration d) { return std::chrono::duration<double>(d).count(); }

StatusOr<Judgement> TestByKs(std::span<const double> window, const WatchedField& field) {
  MUSTER_ASSIGN(const KolmogorovSmirnov ks, KsTest(window, field.reference->sample));
  return Judgement{.statistic = ks.distance, .p = ks.p};
}

StatusOr<Judgement> TestByPsi(std::span<const double> window, const WatchedField& field) {
  Histogram now(field.deciles->bins());
  MUSTER_TRY(now.Add(window));
  MUSTER_ASSIGN(const BinnedPair pair, BinnedPair::Of(now, *field.deciles));
  MUSTER_ASSIGN(const BinnedTest test, PsiTest(pair));
  return Judgement{.statistic = test.statistic, .p = test.p};
}
}  // namespace

InputMonitor::InputMonitor(const InputRule& rule, const PlannedMonitor& plan)
    : rule_(rule), plan_(plan), fields_(plan.fields.size()) {}

void InputMonitor::Take(Mark at, std::span<const double> values, Telling& tell) {
  if (rows_ == 0) first_ = at;
  for (std::size_t f = 0; f < fields_.size(); ++f) {
    const double x = values[plan_.fields[f].index];
    if (IsMeasurable(x))
      fields_[f].window.push_back(x);
    else if (!std::isnan(x))
      tell.tally.Count(Skip::kNotFinite);
  }
  if (++rows_ == rule_.window) Judge(at, tell);
}

Judgement InputMonitor::Test(std::size_t f) const {
  const std::vector<double>& window = fields_[f].window;
  if (window.size() < kLeastWindow) return {.skip = Skip::kFew};
  const auto tested = rule_.test == InputTest::kKs ? TestByKs(window, plan_.fields[f])
                                                   : TestByPsi(window, plan_.fields[f]);
  // Values and their number are right by now: what is left is that all are in one bin.
  if (!tested.ok()) return {.skip = Skip::kConstant};
  return *tested;
}

void InputMonitor::Judge(Mark at, Telling& tell) {
  std::vector<Judgement> judged;
  std::vector<double> p;
  for (std::size_t f = 0; f < fields_.size(); ++f) {
    judged.push_back(Test(f));
    if (judged.back().p) p.push_back(*judged.back().p);
  }
  const std::vector<double> adjusted = HolmAdjusted(p);
  std::size_t next = 0;
  for (std::size_t f = 0; f < fields_.size(); ++f) {
    Judgement& j = judged[f];
    const std::string& name = plan_.fields[f].field.name;
    if (j.p) {
      j.p = adjusted[next++];
      j.state = *j.p < rule_.rate ? Judgement::State::kBad : Judgement::State::kCalm;
      j.since = first_;
    }
    Tell(tell, name, fields_[f].episode, j, at, rule_.rate, [&] {
      return fmt::format("{} is distributed otherwise than in the reference ({} {:.3g}, p {:.2g})",
                         name, rule_.test == InputTest::kKs ? "KS distance" : "PSI", j.statistic,
                         *j.p);
    });
    fields_[f].window.clear();
  }
  rows_ = 0;
}

Json InputMonitor::Save() const {
  Json fields = Json::array();
  for (const Field& field : fields_)
    fields.push_back({{"episode", field.episode.Save()}, {"window", ValuesJson(field.window)}});
  return {{"fields", std::move(fields)}, {"first", MarkJson(first_)}, {"rows", rows_}};
}

Status InputMonitor::Restore(const Json& json) {
  FieldReader reader(json, "state.input");
  reader("rows", rows_);
  const Json& first = reader.At("first");
  const Json& fields = reader.At("fields");
  MUSTER_TRY(reader.Finish());
  MUSTER_ASSIGN(first_, ReadMark(first, "state.input.first"));
  if (rows_ >= rule_.window || !fields.is_array() || fields.size() != fields_.size())
    return InvalidField("state.input", "is of another window");
  for (std::size_t f = 0; f < fields_.size(); ++f) {
    FieldReader field(fields[f], "state.input.field");
    const Json& episode = field.At("episode");
    const Json& window = field.At("window");
    MUSTER_TRY(field.Finish());
    MUSTER_TRY(fields_[f].episode.Restore(episode));
    MUSTER_ASSIGN(fields_[f].window, ReadValues(window, rows_, "state.input.window"));
  }
  return Ok();
}

void SilenceMonitor::Report(Duration silence, Mark since, Mark at, Telling& tell) {
  const bool bad = silence > most_;
  const Judgement judgement{.state = bad ? Judgement::State::kBad : Judgement::State::kCalm,
                            .statistic = Seconds(silence),
                            .since = since};
  Tell(tell, "", episode_, judgement, at, Seconds(most_), [&] {
    return fmt::format("no row for {}, at most {} is allowed", FormatDuration(silence),
                       FormatDuration(most_));
  });
}

void SilenceMonitor::Take(Mark at, std::span<const double>, Telling& tell) {
  if (!at.time) return tell.tally.Count(Skip::kNoTime);
  if (between_rows_ && last_) {
    const Duration silence = *at.time - *last_->time;
    if (silence > most_) Report(silence, *last_, at, tell);
    Report(Duration(0), at, at, tell);
  }
  last_ = at;
}

void SilenceMonitor::Tick(Timestamp now, Mark newest, Telling& tell) {
  if (last_) Report(now - *last_->time, *last_, {newest.row, now}, tell);
}

Json SilenceMonitor::Save() const {
  return {{"episode", episode_.Save()}, {"last", last_ ? MarkJson(*last_) : Json()}};
}

Status SilenceMonitor::Restore(const Json& json) {
  FieldReader reader(json, "state.silence");
  const Json& episode = reader.At("episode");
  const Json& last = reader.At("last");
  MUSTER_TRY(reader.Finish());
  MUSTER_TRY(episode_.Restore(episode));
  last_.reset();
  if (last.is_null()) return Ok();
  MUSTER_ASSIGN(last_, ReadMark(last, "state.silence.last"));
  if (!last_->time) return InvalidField("state.silence.last", "has no time");
  return Ok();
}

}  // namespace muster::drift
