#include "registry/formats/avro/defaults.h"

#include <limits>
#include <unordered_map>

#include "registry/formats/avro/error.h"

namespace muster::registry::formats::avro {
namespace {
constexpr std::uint64_t kMostSteps = 1'000'000;
constexpr int kMostDepth = 200;  // Values in one another, with defaults of fields left out.
constexpr std::uint64_t kBytesAStep = 64;

// Bytes are text of the code points 0 to 255; their number, or nullopt when it is not such text.
std::optional<std::uint64_t> BytesIn(const Value& value) {
  const auto* text = value.As<std::string>();
  if (text == nullptr) return std::nullopt;
  std::uint64_t count = 0;
  for (const char c : *text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0xc4) return std::nullopt;  // The lead of a code point beyond 255.
    if ((byte & 0xc0) != 0x80) ++count;
  }
  return count;
}

template <typename Integer>
bool FitsInteger(const Value& value) {
  const auto* integer = value.As<std::int64_t>();
  return integer != nullptr && *integer >= std::numeric_limits<Integer>::min() &&
         *integer <= std::numeric_limits<Integer>::max();
}

class Checker {
 public:
  explicit Checker(std::span<const PendingDefault> defaults) : defaults_(defaults) {
    for (std::size_t i = 0; i < defaults.size(); ++i) index_.emplace(defaults[i].field, i);
    states_.resize(defaults.size(), State::kNew);
  }

  Status CheckAll() {
    for (std::size_t i = 0; i < defaults_.size() && broken_.ok(); ++i) Check(i, 0);
    return broken_;
  }

 private:
  enum class State { kNew, kOpen, kDone };

  void Check(std::size_t i, int depth) {
    const PendingDefault& pending = defaults_[i];
    if (states_[i] == State::kDone) return;
    if (states_[i] == State::kOpen)
      return Break(Invalid(pending.path, "the default of field '{}' holds itself without an end",
                           Shown(pending.field->name)));
    states_[i] = State::kOpen;
    const bool fits = Fits(*pending.field->default_value, *pending.field->type, depth);
    states_[i] = State::kDone;
    if (fits || !broken_.ok()) return;
    std::string text;
    WriteValue(*pending.field->default_value, MemberOrder::kKept, text);
    Break(Invalid(pending.path, "the default {} of field '{}' is no {}", Shown(text),
                  Shown(pending.field->name), Describe(*pending.field->type)));
  }

  bool Fits(const Value& value, const Node& type, int depth) {
    if (depth > kMostDepth) Break(Invalid("", "defaults nest deeper than {}", kMostDepth));
    const auto* text = value.As<std::string>();
    if (!Spend(1 + (text == nullptr ? 0 : text->size() / kBytesAStep))) return false;
    switch (type.kind) {
      case Kind::kNull: return value.IsNull();
      case Kind::kBoolean: return value.As<bool>() != nullptr;
      case Kind::kInt: return FitsInteger<std::int32_t>(value);
      case Kind::kLong: return FitsInteger<std::int64_t>(value);
      case Kind::kFloat:
      case Kind::kDouble: return value.IsNumber();
      case Kind::kBytes: return BytesIn(value).has_value();
      case Kind::kFixed: return BytesIn(value) == type.size;
      case Kind::kString: return text != nullptr;
      case Kind::kEnum: return text != nullptr && type.symbol_index.contains(*text);
      case Kind::kArray: return FitsArray(value, *type.inner, depth + 1);
      case Kind::kMap: return FitsMap(value, *type.inner, depth + 1);
      case Kind::kUnion:
        for (const Node* branch : type.branches)
          if (Fits(value, *branch, depth)) return true;
        return false;
      case Kind::kRecord: return FitsRecord(value, type, depth + 1);
    }
    return false;
  }

  bool FitsArray(const Value& value, const Node& items, int depth) {
    const auto* list = value.As<Value::List>();
    if (list == nullptr) return false;
    for (const Value& item : *list)
      if (!Fits(item, items, depth)) return false;
    return true;
  }

  bool FitsMap(const Value& value, const Node& values, int depth) {
    const auto* object = value.As<Value::Object>();
    if (object == nullptr) return false;
    for (const Member& member : *object)
      if (!Fits(member.value, values, depth)) return false;
    return true;
  }

  bool FitsRecord(const Value& value, const Node& record, int depth) {
    const auto* object = value.As<Value::Object>();
    if (object == nullptr) return false;
    if (!Spend(object->size() + record.fields.size())) return false;
    std::unordered_map<std::string_view, const Value*> given;
    for (const Member& member : *object) given.emplace(member.name, &member.value);
    for (const Field& field : record.fields) {
      const auto it = given.find(field.name);
      if (it == given.end() ? !field.default_value : !Fits(*it->second, *field.type, depth))
        return false;
    }
    for (const Field& field : record.fields)  // Only now that it is a value of this branch.
      if (!given.contains(field.name)) LeaveOut(field, depth);
    return broken_.ok();
  }

  // Its own default stands for the field, and is checked once for itself. That of a reference was
  // when it was registered, and leads nowhere back.
  void LeaveOut(const Field& field, int depth) {
    if (const auto it = index_.find(&field); it != index_.end()) Check(it->second, depth + 1);
  }

  bool Spend(std::uint64_t steps) {
    steps_ += steps;
    if (steps_ > kMostSteps)
      Break(Invalid("", "defaults take more than {} steps to check", kMostSteps));
    return broken_.ok();
  }
  void Break(Status status) {
    if (broken_.ok()) broken_ = std::move(status);
  }

  std::span<const PendingDefault> defaults_;
  std::unordered_map<const Field*, std::size_t> index_;
  std::vector<State> states_;
  std::uint64_t steps_ = 0;
  Status broken_;
};
}  // namespace

Status CheckDefaults(std::span<const PendingDefault> defaults) {
  return Checker(defaults).CheckAll();
}

}  // namespace muster::registry::formats::avro
