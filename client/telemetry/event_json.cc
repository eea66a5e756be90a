#include "client/telemetry/event_json.h"

#include <algorithm>
#include <cmath>

#include "base/canonical_json.h"
#include "base/strong.h"

namespace muster::client {
namespace {
constexpr std::uint64_t kMostNumber = (std::uint64_t{1} << 53) - 1;
constexpr std::size_t kMostFeedbackId = 64;
constexpr int kMostDepth = 4;

template <typename... Args>
Status Invalid(fmt::format_string<Args...> f, Args&&... args) {
  return WithReason(InvalidArgument("telemetry: {}", fmt::format(f, std::forward<Args>(args)...)),
                    Reason::kTELEMETRY_INVALID);
}

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// What the writer refuses and the reader refuses alike: the first fault sticks.
class Rules {
 public:
  const std::string& Name(const char* what, const std::string& name) {
    if (name.size() > kMostTelemetryName || std::ranges::any_of(name, IsControl))
      Fault(fmt::format("{} is longer than {} bytes or holds control characters", what,
                        kMostTelemetryName));
    return name;
  }
  double Number(const char* what, double value) {
    if (!std::isfinite(value)) Fault(fmt::format("{} is not finite", what));
    return value;
  }
  std::uint64_t Count(const char* what, std::uint64_t value) {
    if (value > kMostNumber) Fault(fmt::format("{} is beyond 2^53", what));
    return value;
  }
  const std::string& Text(const char* what, const std::string& text) {
    if (text.size() > kMostTelemetryText || std::ranges::any_of(text, IsControl))
      Fault(fmt::format("{} is longer than {} bytes or holds control characters", what,
                        kMostTelemetryText));
    return text;
  }
  Timestamp Time(const char* what, Timestamp time) {
    if (std::abs(static_cast<double>(UnixMillis(time))) > static_cast<double>(kMostNumber))
      Fault(fmt::format("{} is no time", what));
    return time;
  }
  void Require(bool holds, std::string_view what) {
    if (!holds) Fault(std::string(what));
  }
  const Status& status() const { return status_; }

 private:
  void Fault(const std::string& what) {
    if (status_.ok()) status_ = Invalid("{}", what);
  }
  Status status_;
};

void PutTime(Json& to, const char* key, const std::optional<Timestamp>& time) {
  if (time) to[key] = UnixMillis(*time);
}
std::optional<Timestamp> OptionalTime(JsonReader& reader, const char* key) {
  if (!reader.Has(key)) return std::nullopt;
  return FromUnixMillis(reader.Integer(key));
}

Json MarkJson(const drift::Mark& mark) {
  Json out{{"row", mark.row}};
  PutTime(out, "time", mark.time);
  return out;
}
drift::Mark MarkFrom(const Json& json, Rules& rules) {
  JsonReader reader(json);
  drift::Mark out;
  out.row = reader.Unsigned("row");
  out.time = OptionalTime(reader, "time");
  rules.Require(reader.status().ok(), "a mark is none");
  return out;
}

Status Check(const drift::Finding& f) {
  Rules rules;
  rules.Name("monitor", f.monitor);
  rules.Name("kind", f.kind);
  rules.Name("field", f.field);
  rules.Name("series", f.series);
  rules.Text("text", f.text);
  rules.Number("statistic", f.statistic);
  rules.Number("threshold", f.threshold);
  if (f.p) rules.Number("p", *f.p);
  for (const drift::Mark& mark : {f.from, f.to}) {
    rules.Count("row", mark.row);
    if (mark.time) rules.Time("time", *mark.time);
  }
  return rules.status();
}
Json WhatJson(const drift::Finding& f) {
  Json out{{"monitor", f.monitor},
           {"kind", f.kind},
           {"field", f.field},
           {"series", f.series},
           {"phase", std::string(drift::NameOf(f.phase))},
           {"severity", std::string(drift::NameOf(f.severity))},
           {"from", MarkJson(f.from)},
           {"to", MarkJson(f.to)},
           {"statistic", DecimalText(f.statistic)},
           {"threshold", DecimalText(f.threshold)},
           {"text", f.text}};
  if (f.p) out["p"] = DecimalText(*f.p);
  return out;
}
drift::Finding FindingFrom(JsonReader& reader, Rules& rules) {
  drift::Finding f;
  f.monitor = reader.Text("monitor");
  f.kind = reader.Text("kind");
  f.field = reader.Text("field");
  f.series = reader.Text("series");
  const std::string phase = reader.Text("phase");
  f.phase =
      phase == drift::NameOf(drift::Phase::kEnded) ? drift::Phase::kEnded : drift::Phase::kBegan;
  rules.Require(phase == drift::NameOf(f.phase), "a phase is none");
  const std::string severity = reader.Text("severity");
  f.severity = severity == drift::NameOf(drift::Severity::kWarning) ? drift::Severity::kWarning
                                                                    : drift::Severity::kAlarm;
  rules.Require(severity == drift::NameOf(f.severity), "a severity is none");
  f.from = MarkFrom(reader.At("from"), rules);
  f.to = MarkFrom(reader.At("to"), rules);
  f.statistic = reader.Decimal("statistic");
  f.threshold = reader.Decimal("threshold");
  if (reader.Has("p")) f.p = reader.Decimal("p");
  f.text = reader.Text("text");
  return f;
}

Status Check(const Feedback& f) {
  Rules rules;
  rules.Require(IsFeedbackId(f.id), "the id of a feedback is not [a-z0-9-]{1,64}");
  rules.Name("monitor", f.monitor);
  rules.Name("field", f.field);
  rules.Name("by", f.by);
  rules.Text("outcome", f.outcome);
  if (f.about) rules.Time("about", *f.about);
  return rules.status();
}
Json WhatJson(const Feedback& f) {
  Json out{{"id", f.id},           {"verdict", std::string(NameOf(f.verdict))},
           {"monitor", f.monitor}, {"field", f.field},
           {"outcome", f.outcome}, {"by", f.by}};
  PutTime(out, "about", f.about);
  return out;
}
Feedback FeedbackFrom(JsonReader& reader, Rules& rules) {
  Feedback f;
  f.id = reader.Text("id");
  const auto verdict = ParseVerdict(reader.Text("verdict"));
  rules.Require(verdict.has_value(), "a verdict is none");
  f.verdict = verdict.value_or(Feedback::Verdict::kLabel);
  f.monitor = reader.Text("monitor");
  f.field = reader.Text("field");
  f.about = OptionalTime(reader, "about");
  f.outcome = reader.Text("outcome");
  f.by = reader.Text("by");
  return f;
}

std::string_view NameOf(Loaded::State state) {
  switch (state) {
    case Loaded::State::kServing: return "serving";
    case Loaded::State::kRefused: return "refused";
    case Loaded::State::kFallenBack: return "fallen_back";
  }
  return "";
}
Status Check(const Loaded& loaded) {
  Rules rules;
  rules.Text("detail", loaded.detail);
  return rules.status();
}
Json WhatJson(const Loaded& loaded) {
  Json out{{"state", std::string(NameOf(loaded.state))}, {"detail", loaded.detail}};
  if (loaded.reason) out["reason"] = std::string(NameOf(*loaded.reason));
  return out;
}
Loaded LoadedFrom(JsonReader& reader, Rules& rules) {
  Loaded out;
  const std::string state = reader.Text("state");
  for (const auto each : {Loaded::State::kRefused, Loaded::State::kFallenBack})
    if (state == NameOf(each)) out.state = each;
  rules.Require(state == NameOf(out.state), "a state is none");
  if (reader.Has("reason")) {
    out.reason = ParseReason(reader.Text("reason"));
    rules.Require(out.reason.has_value(), "a reason is none");
  }
  out.detail = reader.Text("detail");
  return out;
}

Status Check(const Served& served) {
  Rules rules;
  for (const auto& time : {served.from, served.to})
    if (time) rules.Time("time", *time);
  for (const std::uint64_t count :
       {served.rows, served.predictions, served.labelled, served.failed})
    rules.Count("a count", count);
  rules.Number("joules", served.joules);
  rules.Require(served.joules >= 0, "joules are below 0");
  rules.Require(served.not_judged.size() <= kMostSkipReasons, "too many reasons");
  for (const auto& [name, count] : served.not_judged) {
    rules.Name("a reason", name);
    rules.Count("a count", count);
  }
  return rules.status();
}
Json WhatJson(const Served& served) {
  Json skips = Json::object();
  for (const auto& [name, count] : served.not_judged) skips[name] = count;
  Json out{{"rows", served.rows},           {"predictions", served.predictions},
           {"labelled", served.labelled},   {"failed", served.failed},
           {"latency", served.latency},     {"joules", DecimalText(served.joules)},
           {"not_judged", std::move(skips)}};
  PutTime(out, "from", served.from);
  PutTime(out, "to", served.to);
  return out;
}
Served ServedFrom(JsonReader& reader, Rules& rules) {
  Served out;
  out.from = OptionalTime(reader, "from");
  out.to = OptionalTime(reader, "to");
  out.rows = reader.Unsigned("rows");
  out.predictions = reader.Unsigned("predictions");
  out.labelled = reader.Unsigned("labelled");
  out.failed = reader.Unsigned("failed");
  out.latency = reader.Text("latency");
  out.joules = reader.Decimal("joules");
  const Json& skips = reader.At("not_judged");
  rules.Require(skips.is_object(), "not_judged is no object");
  if (!skips.is_object()) return out;
  for (const auto& [name, count] : skips.items()) {
    rules.Require(count.is_number_unsigned(), "a count is none");
    if (count.is_number_unsigned()) out.not_judged[name] = count.get<std::uint64_t>();
  }
  return out;
}

constexpr const char* KeyOf(TelemetryClass cls) {
  switch (cls) {
    case TelemetryClass::kAlarm: return "finding";
    case TelemetryClass::kFeedback: return "feedback";
    case TelemetryClass::kState: return "loaded";
    case TelemetryClass::kSummary: return "served";
  }
  return "";
}

Status Check(const TelemetryEvent& event) {
  Rules rules;
  rules.Time("time", event.time);
  rules.Name("model", event.model.value());
  rules.Count("version", event.version.value());
  MUSTER_TRY(rules.status());
  return std::visit([](const auto& what) { return Check(what); }, event.what);
}

TelemetryEvent Bounded(TelemetryEvent event) {
  std::visit(Overloaded{[](drift::Finding& f) { f.text = BoundedText(f.text); },
                        [](Feedback& f) {
                          f.outcome = BoundedText(f.outcome);
                          f.label.reset();
                        },
                        [](Loaded& l) { l.detail = BoundedText(l.detail); }, [](Served&) {}},
             event.what);
  return event;
}

// The event, as far as it can be read; what is wrong with it sticks to `reader` and `rules`.
TelemetryEvent EventFrom(const Json& json, JsonReader& reader, Rules& rules) {
  TelemetryEvent out{.time = FromUnixMillis(reader.Integer("time")),
                     .model = ModelName(reader.Text("model")),
                     .version = VersionNumber(reader.Unsigned("version")),
                     .what = {}};
  int found = 0;
  const auto read = [&](TelemetryClass cls, auto from) {
    const char* const key = KeyOf(cls);
    if (!reader.Has(key)) return;
    ++found;
    JsonReader inner(json.at(key));
    out.what = from(inner, rules);
    rules.Require(inner.status().ok(), MessageOf(inner.status()));
  };
  read(TelemetryClass::kAlarm, FindingFrom);
  read(TelemetryClass::kFeedback, FeedbackFrom);
  read(TelemetryClass::kState, LoadedFrom);
  read(TelemetryClass::kSummary, ServedFrom);
  rules.Require(found == 1, "it says none or several things");
  return out;
}
}  // namespace

std::string BoundedText(std::string_view text, std::size_t most) {
  std::size_t end = std::min(text.size(), most);
  while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
    --end;
  std::string out(text.substr(0, end));
  std::ranges::replace_if(out, IsControl, ' ');
  return out;
}

bool IsFeedbackId(std::string_view id) {
  return !id.empty() && id.size() <= kMostFeedbackId && std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

StatusOr<std::string> EncodeEvent(const TelemetryEvent& event) {
  const TelemetryEvent bounded = Bounded(event);
  MUSTER_TRY(Check(bounded));
  Json json{{"time", UnixMillis(bounded.time)},
            {"model", bounded.model.value()},
            {"version", bounded.version.value()}};
  json[KeyOf(ClassOf(bounded))] =
      std::visit([](const auto& what) { return WhatJson(what); }, bounded.what);
  StatusOr<std::string> text = CanonicalJson(json);
  if (!text.ok()) return Invalid("{}", MessageOf(text.status()));
  if (text->size() > kMostEventBytes)
    return Invalid("an event of {} bytes; at most {} are kept", text->size(), kMostEventBytes);
  return text;
}

StatusOr<TelemetryEvent> ParseEvent(std::string_view text) {
  if (text.size() > kMostEventBytes) return Invalid("an event of {} bytes", text.size());
  const StatusOr<Json> json = ParseJson(text, kMostDepth);
  if (!json.ok()) return Invalid("{}", MessageOf(json.status()));
  JsonReader reader(*json);
  Rules rules;
  TelemetryEvent out = EventFrom(*json, reader, rules);
  if (!reader.status().ok()) return Invalid("{}", MessageOf(reader.status()));
  MUSTER_TRY(rules.status());
  MUSTER_TRY(Check(out));
  const StatusOr<std::string> again = EncodeEvent(out);
  if (!again.ok() || *again != text) return Invalid("it is not as an event is written");
  return out;
}

}  // namespace muster::client
