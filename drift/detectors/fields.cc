#include "drift/detectors/fields.h"

#include <cmath>
#include <limits>

namespace muster::drift {

FieldReader::FieldReader(const Json& object, std::string path)
    : object_(object), path_(std::move(path)) {
  if (!object.is_object()) status_ = InvalidField(path_, "is not an object");
}

std::string FieldReader::PathOf(std::string_view key) const {
  return fmt::format("{}.{}", path_, key);
}

void FieldReader::Refuse(const char* key, std::string_view why) {
  if (status_.ok()) status_ = InvalidField(PathOf(key), "{}", why);
}

const Json& FieldReader::At(const char* key) {
  static const Json kNull;
  ++read_;
  if (!object_.is_object() || !object_.contains(key)) {
    Refuse(key, "is missing");
    return kNull;
  }
  return object_.at(key);
}

void FieldReader::operator()(const char* key, double& value) {
  const auto number = ReadNumber(At(key), PathOf(key));
  if (number.ok())
    value = *number;
  else if (status_.ok())
    status_ = number.status();
}

void FieldReader::operator()(const char* key, std::uint64_t& value) {
  const Json& json = At(key);
  if (!json.is_number_unsigned()) return Refuse(key, "is not a natural number");
  value = json.get<std::uint64_t>();
  if (value >= std::uint64_t{1} << 53) Refuse(key, "is beyond 2^53 - 1");
}

void FieldReader::operator()(const char* key, std::uint32_t& value) {
  std::uint64_t wide = 0;
  (*this)(key, wide);
  if (wide > std::numeric_limits<std::uint32_t>::max()) return Refuse(key, "is beyond 2^32 - 1");
  value = static_cast<std::uint32_t>(wide);
}

void FieldReader::operator()(const char* key, bool& value) {
  const Json& json = At(key);
  if (!json.is_boolean()) return Refuse(key, "is neither true nor false");
  value = json.get<bool>();
}

void FieldReader::operator()(const char* key, Side& value) {
  const Json& json = At(key);
  for (const Side side : {Side::kUp, Side::kDown, Side::kBoth})
    if (json == std::string(NameOf(side))) {
      value = side;
      return;
    }
  Refuse(key, "is not 'up', 'down' or 'both'");
}

Status FieldReader::Finish() const {
  if (status_.ok() && object_.size() != read_)
    return InvalidField(path_, "has {} fields where {} are known", object_.size(), read_);
  return status_;
}

Status CheckCountOfState(std::uint64_t count) {
  if (count >= 1 && count <= kMostStateCount) return Ok();
  return InvalidField("state.count", "{} is not in 1..{}", count, kMostStateCount);
}

StatusOr<double> ReadNumber(const Json& json, std::string_view path) {
  if (!json.is_string()) return InvalidField(path, "is not a decimal string");
  const auto number = ParseDecimal(json.get_ref<const std::string&>());
  if (!number.ok() || std::fabs(*number) > kMostStateValue)
    return InvalidField(path, "is not a number of at most {}", kMostStateValue);
  return *number;
}

}  // namespace muster::drift
