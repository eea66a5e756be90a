#pragma once
// From an MQTT message's JSON to the rows of a node: which member is which field, when it was
// measured, whose it is. Payloads are foreign: bounded, and what is wrong with one is said without
// repeating a value of it.
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/status.h"

namespace muster::client {

// As people write it in the agent's file (agent.proto, MqttSource).
struct PayloadMapping {
  std::map<std::string, std::string> fields;  // Contract field -> JSON pointer, or a preset's name.
  std::string preset;                         // "", chirpstack, ttn, ekuiper
  std::string time;                           // JSON pointer; empty: the preset's, else none.
  std::string device;                         // JSON pointer; empty: the preset's, else none.
  std::string only;                           // Empty: rows of every device.
};

struct MappedRow {
  std::vector<std::string> cells;  // As columns() has them; text that is not quoted yet.
};
struct MappedPayload {
  std::vector<MappedRow> rows;
  std::vector<Status> faults;  // PAYLOAD_INVALID; one for each row that is none.
};

// RFC 6901, read once.
class JsonPath {
 public:
  // INVALID_ARGUMENT (FIELD_INVALID) unless `pointer` is one, of at most 16 tokens.
  static StatusOr<JsonPath> Parse(std::string_view pointer);
  const std::vector<std::string>& tokens() const { return tokens_; }

 private:
  std::vector<std::string> tokens_;
};

// Stateless once made; safe from any thread.
class PayloadMap {
 public:
  static constexpr int kMostDepth = 16;
  static constexpr std::size_t kMostFields = 256;
  static constexpr std::size_t kMostRows = 1000;  // Of one message.
  static constexpr std::size_t kMostText = 256;   // Of a cell.
  static constexpr std::string_view kTimeColumn = "time";

  // INVALID_ARGUMENT (FIELD_INVALID) at the member of the mapping that is wrong: no field, a
  // pointer that is none, a preset that is not known, a field called "time", `only` without a
  // device.
  static StatusOr<PayloadMap> Make(const PayloadMapping& mapping);

  // The time, then the fields in order of their names.
  const std::vector<std::string>& columns() const { return columns_; }
  // A JSON object is one row; for ekuiper an array of objects is so many. A field that is missing,
  // an object, a list, text that is no one line, or a number that is not finite, makes it no row;
  // null is an empty cell. The time is written in RFC 3339 (UTC); without a pointer to it, it is
  // `now`. Rows of other devices than `only` are left out.
  MappedPayload Map(std::string_view payload, Timestamp now) const;

 private:
  std::vector<std::string> columns_;
  std::vector<JsonPath> fields_;
  JsonPath time_;
  bool has_time_ = false;
  JsonPath device_;
  std::string only_;
  bool lists_ = false;  // Whether a payload may be an array of rows.
};

}  // namespace muster::client
