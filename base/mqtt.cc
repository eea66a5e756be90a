#include "base/mqtt.h"

#include <algorithm>

namespace muster {
namespace {

Status Bad(std::string_view what, std::string_view why) {
  return WithReason(InvalidArgument("{}: {}", what, why), Reason::kFIELD_INVALID);
}

// Takes the first level off the front; false when there was none left.
bool TakeLevel(std::string_view& rest, bool& more, std::string_view& level) {
  if (!more) return false;
  const std::size_t slash = rest.find('/');
  level = rest.substr(0, slash);
  more = slash != std::string_view::npos;
  rest = more ? rest.substr(slash + 1) : std::string_view();
  return true;
}

Status CheckText(std::string_view what, std::string_view text) {
  if (text.empty()) return Bad(what, "is empty");
  if (text.size() > kMostMqttTopic) return Bad(what, "is too long");
  if (std::ranges::any_of(text, [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; }))
    return Bad(what, "has a control character");
  return Ok();
}
}  // namespace

Status ParseMqttBroker(std::string_view url, MqttOptions& out) {
  constexpr std::string_view kTls = "mqtts://";
  constexpr std::string_view kPlain = "mqtt://";
  const bool tls = url.starts_with(kTls);
  if (!tls && !url.starts_with(kPlain))
    return Bad("broker", "is not mqtts://host:port or mqtt://host:port");
  url.remove_prefix(tls ? kTls.size() : kPlain.size());
  MUSTER_ASSIGN(out.broker, Endpoint::Parse(url));
  if (out.broker.port == 0) return Bad("broker", "has no port");
  out.tls = tls;
  return Ok();
}

StatusOr<MqttVersion> ParseMqttVersion(std::string_view text) {
  if (text.empty() || text == "5") return MqttVersion::k5;
  if (text == "3.1.1") return MqttVersion::k311;
  return Bad("version", "is neither 5 nor 3.1.1");
}

Status CheckMqttTopic(std::string_view topic) {
  MUSTER_TRY(CheckText("topic", topic));
  if (topic.find_first_of("+#") != std::string_view::npos)
    return Bad("topic", "has a wildcard, which only filters may have");
  return Ok();
}

Status CheckMqttFilter(std::string_view filter) {
  MUSTER_TRY(CheckText("topic filter", filter));
  bool more = true;
  for (std::string_view level; TakeLevel(filter, more, level);) {
    const bool wild = level.find_first_of("+#") != std::string_view::npos;
    if (wild && level.size() > 1) return Bad("topic filter", "'+' and '#' stand for whole levels");
    if (level == "#" && more) return Bad("topic filter", "'#' is only the last level");
  }
  return Ok();
}

bool MqttMatches(std::string_view filter, std::string_view topic) {
  if (topic.starts_with('$') && (filter.starts_with('+') || filter.starts_with('#'))) return false;
  bool filter_more = true;
  bool topic_more = true;
  for (std::string_view want, have;;) {
    if (!TakeLevel(filter, filter_more, want)) return !topic_more;
    if (want == "#") return true;  // Of the level above it, too.
    if (!TakeLevel(topic, topic_more, have)) return false;
    if (want != "+" && want != have) return false;
  }
}

}  // namespace muster
