#include "client/telemetry/feedback_json.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/canonical_json.h"
#include "base/time_text.h"
#include "client/pipeline/one_line.h"
#include "client/telemetry/event_json.h"

namespace muster::client {
namespace {
using Verdict = Feedback::Verdict;
constexpr std::array<std::string_view, 9> kMembers = {
    "node", "verdict", "id", "monitor", "field", "about", "label", "outcome", "by"};
constexpr Timestamp kFirst{Duration(946'684'800'000)};  // The year 2000.
constexpr Duration kAhead = std::chrono::hours(24);

template <typename... Args>
Status Invalid(fmt::format_string<Args...> f, Args&&... args) {
  return WithReason(InvalidArgument("feedback: {}", fmt::format(f, std::forward<Args>(args)...)),
                    Reason::kPAYLOAD_INVALID);
}

StatusOr<std::string> TextOf(const Json& json, const char* key, std::size_t most) {
  const auto it = json.find(key);
  if (it == json.end() || it->is_null()) return std::string();
  if (!it->is_string()) return Invalid("{} is no text", key);
  const std::string text = it->get<std::string>();
  if (text.size() > most) return Invalid("{} is longer than {} bytes", key, most);
  if (BoundedText(text, most) != text) return Invalid("{} holds control characters", key);
  return text;
}

StatusOr<std::optional<Timestamp>> TimeOf(const Json& json) {
  const auto it = json.find("about");
  if (it == json.end() || it->is_null()) return std::optional<Timestamp>();
  if (it->is_number_unsigned()) return std::optional(FromUnixMillis(it->get<std::int64_t>()));
  if (it->is_string()) {
    const StatusOr<Timestamp> time = ParseTime(it->get<std::string>());
    if (time.ok()) return std::optional(*time);
  }
  return Invalid("about is neither a time such as 2026-05-03T12:00:00Z nor milliseconds");
}

StatusOr<std::optional<double>> LabelOf(const Json& json) {
  const auto it = json.find("label");
  if (it == json.end() || it->is_null()) return std::optional<double>();
  if (it->is_number()) return std::optional(it->get<double>());
  if (it->is_string()) {
    const StatusOr<double> value = ParseDecimal(it->get<std::string>());
    if (value.ok()) return std::optional(*value);
  }
  return Invalid("label is no number");
}

Status CheckMembers(const Json& json) {
  if (!json.is_object()) return Invalid("it is no JSON object");
  for (const auto& [key, value] : json.items())
    if (std::ranges::find(kMembers, key) == kMembers.end())
      return Invalid(
          "'{}' is none of its members: verdict, label, node, id, monitor, field, about, "
          "outcome, by",
          OneLine(key, 40));
  return Ok();
}

StatusOr<Verdict> VerdictOf(const Json& json, bool label) {
  MUSTER_ASSIGN(const std::string name, TextOf(json, "verdict", 32));
  if (name.empty() && label) return Verdict::kLabel;
  const std::optional<Verdict> verdict = ParseVerdict(name);
  if (!verdict)
    return Invalid("verdict '{}' is none of false_positive, missed, confirmed and label",
                   OneLine(name, 32));
  return *verdict;
}

bool Within(Timestamp time, Timestamp now) { return time >= kFirst && time <= now + kAhead; }
}  // namespace

StatusOr<FeedbackRequest> ParseFeedback(std::string_view text) {
  if (text.size() > kMostFeedbackBytes) return Invalid("{} bytes", text.size());
  const StatusOr<Json> json = ParseJson(text, 2);
  if (!json.ok()) return Invalid("{}", MessageOf(json.status()));
  MUSTER_TRY(CheckMembers(*json));
  FeedbackRequest out;
  Feedback& f = out.feedback;
  MUSTER_ASSIGN(const std::string node, TextOf(*json, "node", kMostTelemetryName));
  out.node = DeviceName(node);
  MUSTER_ASSIGN(f.id, TextOf(*json, "id", 64));
  MUSTER_ASSIGN(f.label, LabelOf(*json));
  MUSTER_ASSIGN(f.verdict, VerdictOf(*json, f.label.has_value()));
  MUSTER_ASSIGN(f.monitor, TextOf(*json, "monitor", kMostTelemetryName));
  MUSTER_ASSIGN(f.field, TextOf(*json, "field", kMostTelemetryName));
  MUSTER_ASSIGN(f.about, TimeOf(*json));
  MUSTER_ASSIGN(f.outcome, TextOf(*json, "outcome", kMostTelemetryText));
  MUSTER_ASSIGN(f.by, TextOf(*json, "by", kMostTelemetryName));
  return out;
}

StatusOr<std::string> FeedbackText(const FeedbackRequest& request) {
  const Feedback& f = request.feedback;
  Json json{{"verdict", std::string(NameOf(f.verdict))}};
  const auto put = [&json](const char* key, const std::string& text) {
    if (!text.empty()) json[key] = text;
  };
  put("node", request.node.value());
  put("id", f.id);
  put("monitor", f.monitor);
  put("field", f.field);
  put("outcome", f.outcome);
  put("by", f.by);
  if (f.about) json["about"] = UnixMillis(*f.about);
  if (f.label) json["label"] = DecimalText(*f.label);
  const StatusOr<std::string> text = CanonicalJson(json);
  if (!text.ok()) return Invalid("{}", MessageOf(text.status()));
  return text;
}

Status CheckFeedback(const Feedback& f, Timestamp now) {
  if (!f.id.empty() && !IsFeedbackId(f.id)) return Invalid("the id is not [a-z0-9-]{{1,64}}");
  if (f.about && !Within(*f.about, now))
    return Invalid("{} is before 2000 or more than a day ahead", FormatTime(*f.about));
  if (f.verdict == Verdict::kLabel && !f.label) return Invalid("what was the label?");
  if (!f.label) return Ok();
  if (!std::isfinite(*f.label)) return Invalid("a label is a finite number");
  if (!f.about) return Invalid("a label needs the time of the row that it is for");
  if (f.field.starts_with('$'))
    return Invalid("a label is of a field of the rows, and {} is of serving", f.field);
  return Ok();
}

}  // namespace muster::client
