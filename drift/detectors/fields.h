#pragma once
// Named fields of configurations and states to JSON and back: one list of fields in each class
// serves both ways, so that neither forgets one. Foreign JSON is refused at the field.
#include <cstdint>
#include <string>

#include "base/canonical_json.h"
#include "drift/detectors/configs.h"

namespace muster::drift {

// Counts in a state: the next 2^52 values still have exact numbers.
inline constexpr std::uint64_t kMostStateCount = std::uint64_t{1} << 52;
// Sums in a state: see kMostMeasurable.
inline constexpr double kMostStateValue = 1e220;

class FieldWriter {
 public:
  void operator()(const char* key, double value) { json_[key] = DecimalText(value); }
  void operator()(const char* key, std::uint64_t value) { json_[key] = value; }
  void operator()(const char* key, std::uint32_t value) { json_[key] = value; }
  void operator()(const char* key, bool value) { json_[key] = value; }
  void operator()(const char* key, Side value) { json_[key] = std::string(NameOf(value)); }
  void operator()(const char* key, Json value) { json_[key] = std::move(value); }
  Json Take() && { return std::move(json_); }

 private:
  Json json_ = Json::object();
};

// The first failure sticks; Finish() tells it, and refuses fields that nobody asked for.
class FieldReader {
 public:
  // `path` is where `object` lies, for messages: "state".
  FieldReader(const Json& object, std::string path);
  void operator()(const char* key, double& value);
  void operator()(const char* key, std::uint64_t& value);
  void operator()(const char* key, std::uint32_t& value);
  void operator()(const char* key, bool& value);
  void operator()(const char* key, Side& value);
  // The member itself, or null when it is missing (and an error).
  const Json& At(const char* key);
  std::string PathOf(std::string_view key) const;
  Status Finish() const;

 private:
  void Refuse(const char* key, std::string_view why);
  const Json& object_;
  std::string path_;
  std::size_t read_ = 0;
  Status status_;
};

// FIELD_INVALID unless in 1..kMostStateCount: a state of no values is null.
Status CheckCountOfState(std::uint64_t count);

// A decimal string within kMostStateValue, at `path`.
StatusOr<double> ReadNumber(const Json& json, std::string_view path);

}  // namespace muster::drift
