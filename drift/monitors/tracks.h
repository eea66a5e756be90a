#pragma once
// What follows one field of one series, value by value: one class for each rule about values.
// Internal to this folder. NaN is null everywhere.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "drift/detectors/detector.h"
#include "drift/monitors/monitor.h"

namespace muster::drift {

// Of rules whose bad values stand alone: so many good ones in a row end a finding.
inline constexpr std::uint32_t kCalmValues = 30;
inline constexpr double kDeviationsOfMad = 1.4826;

// statistic: rows of the same value or, where only a time is given, seconds.
class StuckTrack {
 public:
  static constexpr std::uint32_t kCalmToEnd = 1;
  static StatusOr<StuckTrack> Make(const StuckRule& rule, const WatchedField&) {
    return StuckTrack(rule);
  }
  Judgement Take(double x, Mark at, bool active);
  double threshold() const;
  std::string Say(const Judgement& judgement, std::string_view field) const;
  Json Save() const;
  Status Restore(const Json& json);

 private:
  explicit StuckTrack(const StuckRule& rule) : rule_(rule) {}
  StuckRule rule_;
  std::uint64_t run_ = 0;  // Values alike; 0: there was none yet.
  double last_ = 0;
  Mark begin_;
};

// statistic: |x - median| in robust deviations. O(window) a value.
class SpikeTrack {
 public:
  static constexpr std::uint32_t kCalmToEnd = kCalmValues;
  static StatusOr<SpikeTrack> Make(const SpikeRule& rule, const WatchedField&) {
    return SpikeTrack(rule);
  }
  Judgement Take(double x, Mark at, bool active);
  double threshold() const { return rule_.k; }
  std::string Say(const Judgement& judgement, std::string_view field) const;
  Json Save() const;
  Status Restore(const Json& json);

 private:
  explicit SpikeTrack(const SpikeRule& rule) : rule_(rule) {}
  Judgement Judge(double x) const;
  void Hold(double x);
  SpikeRule rule_;
  std::vector<double> ring_;  // The oldest at `next_` once it is full.
  std::size_t next_ = 0;
  std::vector<double> sorted_;
};

// statistic: units of the field a second.
class RateTrack {
 public:
  static constexpr std::uint32_t kCalmToEnd = kCalmValues;
  static StatusOr<RateTrack> Make(const RateRule& rule, const WatchedField&) {
    return RateTrack(rule);
  }
  Judgement Take(double x, Mark at, bool active);
  double threshold() const { return rule_.limit; }
  std::string Say(const Judgement& judgement, std::string_view field) const;
  Json Save() const;
  Status Restore(const Json& json);

 private:
  explicit RateTrack(const RateRule& rule) : rule_(rule) {}
  RateRule rule_;
  bool any_ = false;
  double last_ = 0;
  Mark at_;
};

// The share of marked ones among the last `window`: begins above `share`, ends at half of it.
class ShareWindow {
 public:
  ShareWindow(std::uint32_t window, double share) : window_(window), share_(share) {}
  // kNone until the window is full.
  Judgement Take(bool marked, bool active);
  double share() const { return share_; }
  std::uint32_t window() const { return window_; }
  Json Save() const;
  Status Restore(const Json& json);

 private:
  std::uint32_t window_;
  double share_;
  std::vector<bool> ring_;  // The oldest at `next_` once it is full.
  std::size_t next_ = 0;
  std::uint32_t marked_ = 0;
};

// statistic: the share of rows without a value.
class DropoutTrack {
 public:
  static constexpr std::uint32_t kCalmToEnd = 1;
  static StatusOr<DropoutTrack> Make(const DropoutRule& rule, const WatchedField&) {
    return DropoutTrack(rule);
  }
  Judgement Take(double x, Mark at, bool active);
  double threshold() const { return share_.share(); }
  std::string Say(const Judgement& judgement, std::string_view field) const;
  Json Save() const { return share_.Save(); }
  Status Restore(const Json& json) { return share_.Restore(json); }

 private:
  explicit DropoutTrack(const DropoutRule& rule) : share_(rule.window, rule.share) {}
  ShareWindow share_;
};

// statistic: the share of values outside [lo, hi], infinities among them; nulls are no values.
class RangeTrack {
 public:
  static constexpr std::uint32_t kCalmToEnd = 1;
  static StatusOr<RangeTrack> Make(const RangeRule& rule, const WatchedField& field) {
    return RangeTrack(rule, field.field);
  }
  Judgement Take(double x, Mark at, bool active);
  double threshold() const { return share_.share(); }
  std::string Say(const Judgement& judgement, std::string_view field) const;
  Json Save() const { return share_.Save(); }
  Status Restore(const Json& json) { return share_.Restore(json); }

 private:
  RangeTrack(const RangeRule& rule, const MonitoredField& field)
      : share_(rule.window, rule.share),
        lo_(rule.min.value_or(field.lo)),
        hi_(rule.max.value_or(field.hi)) {}
  ShareWindow share_;
  double lo_, hi_;
};

// statistic: how far the mean of the last 30 values is from that of those before them, since the
// detector began anew; units of the field. threshold: the detector's own, in its own unit.
class ChangeTrack {
 public:
  static constexpr std::uint32_t kCalmToEnd = kCalmValues;
  static StatusOr<ChangeTrack> Make(const ChangeRule& rule, const WatchedField& field);
  Judgement Take(double x, Mark at, bool active);
  double threshold() const;
  std::string Say(const Judgement& judgement, std::string_view field) const;
  Json Save() const;
  Status Restore(const Json& json);

 private:
  ChangeTrack(std::unique_ptr<Detector> detector, double offset, double scale)
      : detector_(std::move(detector)), offset_(offset), scale_(scale) {}
  void Hold(double x);
  double Recent() const;
  double Before() const;
  std::unique_ptr<Detector> detector_;
  double offset_, scale_;
  std::uint64_t count_ = 0;   // Values before the recent ones.
  double mean_ = 0;           // Of them.
  std::vector<double> ring_;  // The recent ones; the oldest at `next_` once it is full.
  std::size_t next_ = 0;
  double recent_ = 0, before_ = 0;  // As they were at the last drift, for its sentence.
};

}  // namespace muster::drift
