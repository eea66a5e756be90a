#include "client/mqtt/payload_map.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/canonical_json.h"
#include "base/mqtt.h"
#include "base/time_text.h"
#include "client/pipeline/csv_source.h"
#include "client/pipeline/row_time.h"

namespace muster::client {
namespace {

struct Preset {
  std::string_view name;
  std::string_view object;  // Where names without a slash are looked up.
  std::string_view time;
  std::string_view device;
  bool lists;
};
// As the servers document their JSON (docs/MQTT.md shows one of each).
constexpr std::array kPresets = {
    Preset{"", "", "", "", false},
    Preset{"chirpstack", "/object", "/time", "/deviceInfo/devEui", false},
    Preset{"ttn", "/uplink_message/decoded_payload", "/received_at", "/end_device_ids/device_id",
           false},
    Preset{"ekuiper", "", "", "", true},
};

template <typename... Args>
Status Fault(fmt::format_string<Args...> f, Args&&... args) {
  return WithReason(InvalidArgument(f, std::forward<Args>(args)...), Reason::kPAYLOAD_INVALID);
}

// A member's name as one token of a pointer.
std::string Escaped(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
  return out;
}

// "0", or digits without a leading zero; nullopt otherwise.
std::optional<std::size_t> IndexOf(std::string_view token) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
  if (error != std::errc{} || end != token.data() + token.size()) return std::nullopt;
  if (token.size() > 1 && token.front() == '0') return std::nullopt;
  return index;
}

const Json* Find(const Json& root, const JsonPath& path) {
  const Json* at = &root;
  for (const std::string& token : path.tokens()) {
    if (at->is_object()) {
      const auto it = at->find(token);
      if (it == at->end()) return nullptr;
      at = &*it;
    } else if (at->is_array()) {
      const auto index = IndexOf(token);
      if (!index || *index >= at->size()) return nullptr;
      at = &(*at)[*index];
    } else {
      return nullptr;
    }
  }
  return at;
}

bool IsOneLine(std::string_view text) {
  return text.size() <= PayloadMap::kMostText &&
         std::ranges::none_of(text, [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; });
}

StatusOr<std::string> CellOf(const Json& value) {
  switch (value.type()) {
    case Json::value_t::null: return std::string();
    case Json::value_t::boolean: return std::string(value.get<bool>() ? "true" : "false");
    case Json::value_t::number_integer: return fmt::format("{}", value.get<std::int64_t>());
    case Json::value_t::number_unsigned: return fmt::format("{}", value.get<std::uint64_t>());
    case Json::value_t::number_float:
      if (!std::isfinite(value.get<double>())) return Fault("is not finite");
      return DecimalText(value.get<double>());
    case Json::value_t::string: break;
    default: return Fault("is neither a number, text, a truth value nor null");
  }
  const auto& text = value.get_ref<const std::string&>();
  if (!IsOneLine(text)) return Fault("is no short line of text");
  const CellKind kind = ParseCell(text).kind;  // "NaN" and "inf" say what JSON has no number for.
  if (kind == CellKind::kNotFinite || (kind == CellKind::kNull && !text.empty()))
    return Fault("is not finite");
  return text;
}

StatusOr<std::string> TimeCell(const Json& value) {
  Cell cell;
  if (value.is_number()) {
    cell = {CellKind::kNumber, value.get<double>(), {}};
  } else if (value.is_string()) {
    cell = ParseCell(value.get_ref<const std::string&>());
  } else {
    return Fault("the time is neither text nor a number");
  }
  const std::optional<Timestamp> time = TimeOf(cell);
  if (!time) return Fault("the time is not RFC 3339 nor Unix seconds or milliseconds");
  return FormatTime(*time);
}

StatusOr<JsonPath> PathAt(std::string_view where, std::string_view pointer) {
  StatusOr<JsonPath> path = JsonPath::Parse(pointer);
  if (!path.ok()) return InvalidField(where, "{}", MessageOf(path.status()));
  return path;
}
}  // namespace

StatusOr<JsonPath> JsonPath::Parse(std::string_view pointer) {
  constexpr std::size_t kMostTokens = 16;
  JsonPath out;
  const auto bad = [] {
    return WithReason(InvalidArgument("is no JSON pointer such as /object/temperature"),
                      Reason::kFIELD_INVALID);
  };
  if (pointer.empty() || pointer.size() > kMostMqttTopic) return bad();
  for (std::size_t i = 0; i < pointer.size(); ++i) {
    const char c = pointer[i];
    if (i == 0 && c != '/') return bad();
    if (c == '/') {
      out.tokens_.emplace_back();
    } else if (c != '~') {
      out.tokens_.back() += c;
    } else if (i + 1 < pointer.size() && (pointer[i + 1] == '0' || pointer[i + 1] == '1')) {
      out.tokens_.back() += pointer[++i] == '0' ? '~' : '/';
    } else {
      return bad();
    }
  }
  if (out.tokens_.size() > kMostTokens) return bad();
  return out;
}

StatusOr<PayloadMap> PayloadMap::Make(const PayloadMapping& mapping) {
  const auto preset = std::ranges::find(kPresets, mapping.preset, &Preset::name);
  if (preset == kPresets.end())
    return InvalidField("preset", "'{}' is none of chirpstack, ttn, ekuiper", mapping.preset);
  if (mapping.fields.empty()) return InvalidField("fields", "at least one is needed");
  if (mapping.fields.size() > kMostFields)
    return InvalidField("fields", "more than {}", kMostFields);
  PayloadMap out;
  out.lists_ = preset->lists;
  out.columns_.emplace_back(kTimeColumn);
  for (const auto& [field, pointer] : mapping.fields) {
    const std::string where = fmt::format("fields.{}", field);
    if (field.empty() || !IsOneLine(field) || field.find_first_of(",\"") != field.npos)
      return InvalidField("fields", "a name is empty or holds a comma, a quote or a line break");
    if (field == kTimeColumn)
      return InvalidField(where, "the column of this name is the event time: set `time`");
    const bool name = !pointer.starts_with('/') && !pointer.empty();
    MUSTER_ASSIGN(
        JsonPath path,
        PathAt(where, name ? fmt::format("{}/{}", preset->object, Escaped(pointer)) : pointer));
    out.columns_.push_back(field);
    out.fields_.push_back(std::move(path));
  }
  const std::string time(mapping.time.empty() ? preset->time : mapping.time);
  out.has_time_ = !time.empty();
  if (out.has_time_) {
    MUSTER_ASSIGN(out.time_, PathAt("time", time));
  }
  out.only_ = mapping.only;
  if (mapping.only.empty()) return out;
  const std::string device(mapping.device.empty() ? preset->device : mapping.device);
  if (device.empty()) return InvalidField("device", "is missing: `only` says which one is meant");
  MUSTER_ASSIGN(out.device_, PathAt("device", device));
  return out;
}

namespace {
// Whose a row is, as text.
std::string DeviceOf(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_integer()) return value.dump();
  return {};
}
}  // namespace

MappedPayload PayloadMap::Map(std::string_view payload, Timestamp now) const {
  MappedPayload out;
  if (payload.size() > kMostMqttPayload) return {{}, {Fault("the payload is too large")}};
  const StatusOr<Json> json = ParseJson(payload, kMostDepth);
  if (!json.ok()) return {{}, {Fault("the payload is no JSON, or nested too deeply")}};
  if (!json->is_object() && !(lists_ && json->is_array()))
    return {{}, {Fault("the payload is no JSON object")}};

  const auto row_of = [&](const Json& object) -> StatusOr<MappedRow> {
    MappedRow row;
    if (!object.is_object()) return Fault("an element of the payload is no JSON object");
    if (!only_.empty()) {
      const Json* const device = Find(object, device_);
      if (device == nullptr) return Fault("the device's id is missing");
      if (DeviceOf(*device) != only_) return row;  // Empty: somebody else's.
    }
    const Json* const time = has_time_ ? Find(object, time_) : nullptr;
    if (has_time_ && time == nullptr) return Fault("the time is missing");
    StatusOr<std::string> when = has_time_ ? TimeCell(*time) : FormatTime(now);
    MUSTER_TRY(when.status());
    row.cells.push_back(*std::move(when));
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      const Json* const value = Find(object, fields_[i]);
      if (value == nullptr) return Fault("field '{}' is missing", columns_[i + 1]);
      StatusOr<std::string> cell = CellOf(*value);
      if (!cell.ok()) return Fault("field '{}' {}", columns_[i + 1], MessageOf(cell.status()));
      row.cells.push_back(*std::move(cell));
    }
    return row;
  };
  const auto take = [&](const Json& object) {
    StatusOr<MappedRow> row = row_of(object);
    if (!row.ok())
      out.faults.push_back(row.status());
    else if (!row->cells.empty())
      out.rows.push_back(*std::move(row));
  };
  if (json->is_object()) {
    take(*json);
    return out;
  }
  if (json->size() > kMostRows) return {{}, {Fault("the payload holds too many rows")}};
  for (const Json& object : *json) take(object);
  return out;
}

}  // namespace muster::client
