#include "registry/formats/avro/write_default.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace muster::registry::formats::avro {
namespace {

bool BeyondFloat(double value) {
  return std::isfinite(value) && std::abs(value) > std::numeric_limits<float>::max();
}

// Of a map or a record.
void WriteMembers(const Value::Object& object, const Node& type, std::string& out) {
  std::vector<const Member*> members;
  for (const Member& member : object) members.push_back(&member);
  std::sort(members.begin(), members.end(),
            [](const Member* a, const Member* b) { return a->name < b->name; });
  out.push_back('{');
  for (const Member* member : members) {
    if (member != members.front()) out.push_back(',');
    WriteText(member->name, out);
    out.push_back(':');
    const Field* field = type.FindField(member->name);
    if (type.kind == Kind::kMap)
      WriteNormalDefault(member->value, *type.inner, out);
    else if (field != nullptr)
      WriteNormalDefault(member->value, *field->type, out);
    else
      WriteValue(member->value, MemberOrder::kSorted, out);
  }
  out.push_back('}');
}

// The branch that a number is of: a whole one may be an int, any a float or a double.
const Node* BranchOfNumber(const Value& value, const Node& type) {
  const bool whole = value.As<std::int64_t>() != nullptr;
  for (const Node* branch : type.branches)
    if (whole && (branch->kind == Kind::kInt || branch->kind == Kind::kLong)) return branch;
  for (const Node* branch : type.branches)
    if (branch->kind == Kind::kFloat || branch->kind == Kind::kDouble) return branch;
  return nullptr;
}
}  // namespace

void WriteNormalDefault(const Value& value, const Node& type, std::string& out) {
  const auto* list = value.As<Value::List>();
  const auto* object = value.As<Value::Object>();
  const Node* branch =
      type.kind == Kind::kUnion && value.IsNumber() ? BranchOfNumber(value, type) : nullptr;
  if (branch != nullptr) {
    WriteNormalDefault(value, *branch, out);
  } else if (type.kind == Kind::kFloat && value.IsNumber() && !BeyondFloat(value.Number())) {
    WriteNumber(static_cast<float>(value.Number()), out);
  } else if ((type.kind == Kind::kDouble || type.kind == Kind::kFloat) && value.IsNumber()) {
    WriteNumber(value.Number(), out);
  } else if (type.kind == Kind::kArray && list != nullptr) {
    out.push_back('[');
    for (std::size_t i = 0; i < list->size(); ++i) {
      if (i != 0) out.push_back(',');
      WriteNormalDefault((*list)[i], *type.inner, out);
    }
    out.push_back(']');
  } else if ((type.kind == Kind::kMap || type.kind == Kind::kRecord) && object != nullptr) {
    WriteMembers(*object, type, out);
  } else {
    WriteValue(value, MemberOrder::kSorted, out);
  }
}

}  // namespace muster::registry::formats::avro
