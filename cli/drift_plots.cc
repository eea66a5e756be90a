#include "cli/drift_plots.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "cli/co_movement.h"
#include "cli/html.h"
#include "cli/text.h"

namespace muster::cli {
namespace {
constexpr double kMostEvidence = 8;  // -log10 p; what is beyond stands at the rim.

// Distributions.

constexpr double kBarsWidth = 300, kBarsHeight = 96,
                 kGap = 6;  // The gap before and after the bins.

// Where the slot of a proportion begins: below, bins, above, without a value.
struct Slots {
  std::size_t count;
  double width;
  explicit Slots(std::size_t n)
      : count(n),
        width((kBarsWidth - 3 * kGap) / static_cast<double>(std::max<std::size_t>(n, 1))) {}
  double At(std::size_t i) const {
    const double gaps = i == 0 ? 0 : i + 2 < count ? 1 : i + 2 == count ? 2 : 3;
    return static_cast<double>(i) * width + gaps * kGap;
  }
};

double HeightOf(double share, double most) {
  return std::isfinite(share) ? std::clamp(share / most, 0.0, 1.0) * (kBarsHeight - 6) : 0;
}

using Shares = google::protobuf::RepeatedField<double>;

std::string BarsOf(const Shares& shares, const Slots& slots, double most) {
  std::string out;
  for (std::size_t i = 0; i < slots.count; ++i) {
    const double high = HeightOf(shares.Get(static_cast<int>(i)), most);
    if (high > 0)
      out += fmt::format(
          "<rect class=\"then\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" "
          "height=\"{:.1f}\"/>",
          slots.At(i), kBarsHeight - high, slots.width, high);
  }
  return out;
}

// One outline over the bins, and a box each for below, above and without.
std::string OutlineOf(const Shares& shares, const Slots& slots, double most) {
  std::string path;
  for (std::size_t i = 0; i < slots.count; ++i) {
    const double y = kBarsHeight - HeightOf(shares.Get(static_cast<int>(i)), most);
    const bool begins = i < 2 || i + 2 >= slots.count;
    const bool ends = i == 0 || i + 3 >= slots.count;
    if (begins) path += fmt::format("M{:.1f} {:.1f}", slots.At(i), kBarsHeight);
    path += fmt::format("V{:.1f}H{:.1f}", y, slots.At(i) + slots.width);
    if (ends) path += fmt::format("V{:.1f}", kBarsHeight);
  }
  return fmt::format("<path class=\"now\" d=\"{}\"/>", path);
}

std::string TextAt(double x, double y, const char* anchor, const std::string& text) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>", x, y, anchor,
                     text);
}

std::string DistributionLabels(const v1::FeatureView& f, const Slots& slots) {
  const double y = kBarsHeight + 13;
  const std::size_t n = slots.count;
  const auto middle = [&](std::size_t i) { return slots.At(i) + slots.width / 2; };
  return TextAt(middle(0), y, "middle", "&lt;") + TextAt(slots.At(1), y, "start", Real(f.lo())) +
         TextAt(slots.At(n - 3) + slots.width, y, "end", Real(f.hi())) +
         TextAt(middle(n - 2), y, "middle", "&gt;") + TextAt(middle(n - 1), y, "middle", "∅");
}

// Timelines.

// Names stand at the right, beside the newest window: on a narrow screen that end is what shows.
constexpr double kChartWidth = 900, kLeft = 52, kRight = 128, kTop = 22, kBottom = 22;

// Time to the x of a chart.
class TimeAxis {
 public:
  TimeAxis(std::int64_t from, std::int64_t to) : from_(from), to_(std::max(to, from + 1)) {}
  double At(std::int64_t t) const {
    const double part = static_cast<double>(t - from_) / static_cast<double>(to_ - from_);
    return kLeft + std::clamp(part, 0.0, 1.0) * (kChartWidth - kLeft - kRight);
  }
  bool Has(std::int64_t t) const { return t >= from_ && t <= to_; }
  std::string Ticks(double height) const {
    constexpr int kTicks = 4;
    std::string out;
    for (int i = 0; i <= kTicks; ++i) {
      const std::int64_t t = from_ + (to_ - from_) / kTicks * i;
      const double x = At(t);
      out += fmt::format("<path class=\"tick\" d=\"M{0:.1f} {1:.1f}v4\"/>", x, height - kBottom);
      out += TextAt(x, height - 5, "middle", PageTime(t).substr(5, 11));
    }
    return out;
  }

 private:
  std::int64_t from_, to_;
};

// From a bit before the first window to a bit after the last; one window stands in the middle.
TimeAxis AxisOf(const Windows& windows) {
  std::int64_t from = windows.front()->ended_unix_ms(), to = from;
  for (const auto* w : windows) {
    from = std::min<std::int64_t>(from, w->ended_unix_ms());
    to = std::max<std::int64_t>(to, w->ended_unix_ms());
  }
  const std::int64_t margin = std::max<std::int64_t>((to - from) / 50, 60'000);
  return {from - margin, to + margin};
}

std::string MarksOf(const std::vector<TimelineMark>& marks, const TimeAxis& axis, double height) {
  std::string out;
  double last[] = {-1e9, -1e9};  // Where a label was written last, by row.
  for (const TimelineMark& mark : marks) {
    if (!axis.Has(mark.at_unix_ms)) continue;
    const bool firing = mark.kind == TimelineMark::Kind::kFiring;
    const double x = axis.At(mark.at_unix_ms);
    out += fmt::format("<path class=\"{}\" d=\"M{:.1f} {}V{:.1f}\"><title>{} {}</title></path>",
                       firing ? "firing" : "version", x, kTop, height - kBottom,
                       Escaped(mark.label), PageTime(mark.at_unix_ms));
    double& end = last[firing ? 0 : 1];
    if (x - end < 44) continue;  // It would lie over the one before; the line's title has it.
    end = x;
    out += fmt::format("<text class=\"{}\" x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                       firing ? "firing-text" : "version-text", x, firing ? 9 : 19,
                       Escaped(mark.label));
  }
  return out;
}

std::string Svg(const char* kind, double width, double height, const std::string& title,
                const std::string& body) {
  return fmt::format(
      "<svg class=\"{}\" viewBox=\"0 0 {} {:.0f}\" role=\"img\" "
      "aria-label=\"{}\">{}</svg>",
      kind, width, height, Escaped(title), body);
}

// Evidence.

constexpr double kRow = 36;

const v1::FeatureView* FeatureOf(const v1::WindowView& window, const std::string& name) {
  for (const auto& f : window.features())
    if (f.name() == name) return &f;
  return nullptr;
}

double EvidenceOf(double p) {
  return std::isfinite(p) && p > 0 ? std::clamp(-std::log10(p), 0.0, kMostEvidence) : kMostEvidence;
}

std::string PointOf(const v1::WindowView& w, const v1::FeatureView& f, double x, double y) {
  const std::string title = fmt::format("<title>window {}, {}: p {}, PSI {}</title>", w.epoch(),
                                        PageTime(w.ended_unix_ms()), PText(f.p()), Rough(f.psi()));
  if (!f.drifted())
    return fmt::format("<circle class=\"calm\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2\">{}</circle>", x,
                       y, title);
  return fmt::format("<path class=\"alarm\" d=\"M{:.1f} {:.1f}l5 9h-10z\">{}</path>", x, y - 5,
                     title);
}

// Steps from window to window: feedback moves the level.
std::string LevelLine(const Windows& windows, const TimeAxis& axis, const auto& y) {
  std::string path;
  for (const auto* w : windows) {
    if (!(w->level() > 0)) continue;
    if (path.empty()) path = fmt::format("M{} {:.1f}", kLeft, y(w->level()));
    path += fmt::format("V{:.1f}H{:.1f}", y(w->level()), axis.At(w->ended_unix_ms()));
  }
  if (path.empty()) return "";
  return fmt::format("<path class=\"level\" d=\"{}H{}\"/>", path, kChartWidth - kRight);
}

std::string EvidenceRow(const Windows& windows, const std::string& name, double base,
                        const TimeAxis& axis) {
  const auto y = [&](double p) { return base - EvidenceOf(p) / kMostEvidence * (kRow - 10); };
  std::string line, points;
  bool open = false;
  for (const auto* w : windows) {
    const v1::FeatureView* f = w->judged() ? FeatureOf(*w, name) : nullptr;
    const double x = axis.At(w->ended_unix_ms());
    if (f == nullptr || !f->why().empty() || !std::isfinite(f->p())) {
      points += fmt::format(
          "<path class=\"gap\" d=\"M{:.1f} {:.1f}l4 4m0 -4l-4 4\"><title>window "
          "{} was not judged: {}</title></path>",
          x - 2, base - 4, w->epoch(),
          Escaped(f != nullptr && !f->why().empty() ? f->why() : w->why()));
      open = false;
      continue;
    }
    line += fmt::format("{}{:.1f} {:.1f}", open ? "L" : "M", x, y(f->p()));
    points += PointOf(*w, *f, x, y(f->p()));
    open = true;
  }
  std::string out =
      fmt::format("<path class=\"rule\" d=\"M{} {:.1f}H{}\"/>", kLeft, base, kChartWidth - kRight);
  out += LevelLine(windows, axis, y);
  out += TextAt(kChartWidth - kRight + 8, base - 4, "start", Escaped(Clip(Clean(name), 18)));
  return out + fmt::format("<path class=\"line\" d=\"{}\"/>", line) + points;
}

// Errors.

struct Series {
  const char* name;
  const char* style;
  std::vector<std::pair<std::int64_t, double>> points;
};

std::vector<Series> SeriesOf(const Windows& windows) {
  std::vector<Series> out = {
      {"error", "series-a", {}}, {"expected", "series-b", {}}, {"root of squared", "series-c", {}}};
  for (const auto* w : windows)
    for (const auto& m : w->measures()) {
      if (m.count() == 0 || !std::isfinite(m.mean())) continue;
      if (m.name() == "error") out[0].points.emplace_back(w->ended_unix_ms(), m.mean());
      if (m.name() == "expected_error") out[1].points.emplace_back(w->ended_unix_ms(), m.mean());
      if (m.name() == "squared_error" && m.mean() >= 0)
        out[2].points.emplace_back(w->ended_unix_ms(), std::sqrt(m.mean()));
    }
  std::erase_if(out, [](const Series& s) { return s.points.empty(); });
  return out;
}

// A step of 1, 2 or 5 times a power of ten that makes about four of the span.
double StepOf(double span) {
  const double raw = std::max(span / 4, 1e-12), power = std::pow(10, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (raw <= factor * power) return factor * power;
  return 10 * power;
}

struct Range {
  double lo = INFINITY, hi = -INFINITY;
  void Take(double x) {
    lo = std::min(lo, x);
    hi = std::max(hi, x);
  }
};

std::string SeriesLine(const Series& s, const TimeAxis& axis, const auto& y) {
  std::string path, dots;
  for (const auto& [at, value] : s.points) {
    path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", axis.At(at), y(value));
    dots += fmt::format(
        "<circle class=\"{}-dot\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2.5\"><title>{} "
        "{}: {}</title></circle>",
        s.style, axis.At(at), y(value), PageTime(at), s.name, Real(value));
  }
  return fmt::format("<path class=\"{}\" d=\"{}\"/>{}", s.style, path, dots);
}

// Names at the lines' right ends, pushed apart where they would lie over each other.
std::string SeriesNames(const std::vector<Series>& series, const auto& y) {
  std::vector<std::pair<double, const Series*>> ends;
  for (const Series& s : series) ends.emplace_back(y(s.points.back().second), &s);
  std::ranges::sort(ends, {}, &std::pair<double, const Series*>::first);
  std::string out;
  double last = -1e9;
  for (const auto& [at, s] : ends) {
    last = std::max(at, last + 12);
    out += fmt::format("<text class=\"{}-text\" x=\"{}\" y=\"{:.1f}\">{}</text>", s->style,
                       kChartWidth - kRight + 4, last + 4, s->name);
  }
  return out;
}

// Distances.

constexpr char kPrediction[] = "$prediction";
constexpr std::size_t kMostBars = 25;
constexpr double kNameWidth = 120;

// The tested features that moved most, the prediction first.
std::vector<const v1::FeatureView*> MovedFeatures(const v1::WindowView& window) {
  std::vector<const v1::FeatureView*> out;
  const v1::FeatureView* prediction = nullptr;
  for (const auto& f : window.features()) {
    if (!f.why().empty() || !std::isfinite(f.distance())) continue;
    if (f.name() == kPrediction)
      prediction = &f;
    else if (!f.name().starts_with("$"))
      out.push_back(&f);
  }
  std::ranges::stable_sort(out, std::greater(), &v1::FeatureView::distance);
  if (prediction != nullptr) out.insert(out.begin(), prediction);
  if (out.size() > kMostBars) out.resize(kMostBars);
  return out;
}

std::string TogetherText(const Windows& windows, const v1::FeatureView& f) {
  if (f.name() == kPrediction) return "";
  const auto move = CoMovementOf(windows, f.name(), kPrediction);
  return move ? fmt::format(", r {:.2f} over {} windows", move->r, move->windows) : "";
}

}  // namespace

std::string PText(double p) {
  if (!std::isfinite(p)) return "-";
  return p < 1e-12 ? "< 1e-12" : Rough(p);
}

std::string DistributionPlot(const v1::FeatureView& f) {
  constexpr int kLeastSlots = 4, kMostSlots = 1003;
  if (f.now_size() < kLeastSlots || f.now_size() > kMostSlots || f.now_size() != f.before_size())
    return "";
  double most = 1e-9;
  for (const auto* shares : {&f.now(), &f.before()})
    for (const double share : *shares)
      if (std::isfinite(share)) most = std::max(most, share);
  const Slots slots(static_cast<std::size_t>(f.now_size()));
  return Svg("bars", kBarsWidth, kBarsHeight + 18, "distribution of " + f.name() + ", then and now",
             BarsOf(f.before(), slots, most) + OutlineOf(f.now(), slots, most) +
                 fmt::format("<path class=\"rule\" d=\"M0 {0}H{1}\"/>", kBarsHeight, kBarsWidth) +
                 DistributionLabels(f, slots));
}

std::string EvidenceTimeline(const Windows& windows, const std::vector<std::string>& features,
                             const std::vector<TimelineMark>& marks) {
  if (windows.empty() || features.empty()) return "";
  const TimeAxis axis = AxisOf(windows);
  const double height = kTop + kRow * static_cast<double>(features.size()) + kBottom;
  std::string body = MarksOf(marks, axis, height);
  for (std::size_t i = 0; i < features.size(); ++i)
    body += EvidenceRow(windows, features[i], kTop + kRow * static_cast<double>(i + 1), axis);
  return Svg("chart", kChartWidth, height, "evidence of drift by feature and window",
             body + axis.Ticks(height));
}

std::string ErrorTimeline(const Windows& windows, const std::vector<TimelineMark>& marks) {
  const std::vector<Series> series = SeriesOf(windows);
  if (series.empty()) return "";
  const TimeAxis axis = AxisOf(windows);
  constexpr double kHeight = 240;
  Range range;
  for (const Series& s : series)
    for (const auto& point : s.points) range.Take(point.second);
  const double step = StepOf(range.hi - range.lo);
  range = {std::floor(range.lo / step) * step, std::ceil(range.hi / step) * step};
  if (!(range.hi > range.lo)) range.hi = range.lo + step;
  const auto y = [&](double value) {
    return kHeight - kBottom -
           (value - range.lo) / (range.hi - range.lo) * (kHeight - kTop - kBottom);
  };
  std::string body;
  for (double at = range.lo; at <= range.hi + step / 2; at += step)
    body += fmt::format(
        "<path class=\"rule\" d=\"M{} {:.1f}H{}\"/>{}", kLeft, y(at), kChartWidth - kRight,
        TextAt(kLeft - 8, y(at) + 4, "end", Real(std::abs(at) < step / 2 ? 0 : at)));
  body += MarksOf(marks, axis, kHeight);
  for (const Series& s : series) body += SeriesLine(s, axis, y);
  return Svg("chart", kChartWidth, kHeight, "error over time",
             body + SeriesNames(series, y) + axis.Ticks(kHeight));
}

std::string DistanceBars(const Windows& windows, const v1::WindowView& window) {
  constexpr double kBar = 18, kWidth = 640;
  const std::vector<const v1::FeatureView*> rows = MovedFeatures(window);
  if (rows.empty()) return "";
  double most = 1e-9;
  for (const auto* f : rows) most = std::max(most, f->distance());
  std::string body;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const v1::FeatureView& f = *rows[i];
    const double y = kBar * static_cast<double>(i);
    const double wide = std::max(0.0, f.distance()) / most * (kWidth - kNameWidth - 230);
    body += TextAt(kNameWidth - 8, y + 13, "end", Escaped(Clip(Clean(f.name()), 18)));
    body += fmt::format("<rect class=\"{}\" x=\"{}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{}\"/>",
                        f.name() == kPrediction ? "bar-own"
                        : f.drifted()           ? "bar-drifted"
                                                : "bar",
                        kNameWidth, y + 3, std::max(wide, 1.0), kBar - 6);
    body += TextAt(kNameWidth + wide + 6, y + 13, "start",
                   fmt::format("{} (PSI {}){}", Rough(f.distance()), Rough(f.psi()),
                               TogetherText(windows, f)));
  }
  return Svg("ranks", kWidth, kBar * static_cast<double>(rows.size()) + 4, "distances by feature",
             body);
}

}  // namespace muster::cli
