#include "registry/formats/protobuf/compare.h"

#include <algorithm>
#include <utility>

#include "registry/formats/protobuf/comparison.h"

namespace muster::registry::formats {
namespace {
using Kind = TypeShape::Kind;

// A pair on a cycle is compared again from each place that leads to it, as what is open there
// differs. Beyond this the last answer stands, so that dense cycles do not take exponential time:
// then FIELD_NAMED_TYPE_CHANGED may be missing at a field, or be told where Confluent cuts short;
// a difference inside of a type never is.
constexpr int kMostAttempts = 8;

std::string PathOf(const MessageShape& message) {
  std::string path = "#/" + message.local_name;
  std::replace(path.begin(), path.end(), '.', '/');
  return path;
}

std::string_view NameOf(Label label) {
  static constexpr std::string_view kNames[] = {"without a label", "optional", "required",
                                                "repeated"};
  return kNames[static_cast<std::size_t>(label)];
}

// Where each name stands in the one and in the other; -1 where it does not.
using Places = std::map<std::string_view, std::pair<int, int>>;

template <typename Names>
void Note(const Names& names, int Places::mapped_type::*side, Places& places) {
  for (std::size_t i = 0; i < names.size(); ++i)
    places.try_emplace(names[i], -1, -1).first->second.*side = static_cast<int>(i);
}

std::vector<std::string_view> NamesOf(const ScopeShape& scope, const FileShape& file) {
  std::vector<std::string_view> names;
  for (const MessageIndex message : scope.messages) names.push_back(file.messages[message].name);
  return names;
}

std::vector<std::string_view> NamesOf(const std::vector<EnumShape>& enums) {
  std::vector<std::string_view> names;
  for (const EnumShape& type : enums) names.push_back(type.name);
  return names;
}
}  // namespace

StatusOr<std::vector<Difference>> CompareShapes(const FileShape& original, const FileShape& update,
                                                const CompareBudget& budget) {
  return Comparison(original, update, budget).Run();
}

Comparison::Found& Comparison::Found::operator+=(const Found& more) {
  breaks |= more.breaks;
  lowest = std::min(lowest, more.lowest);
  return *this;
}

StatusOr<std::vector<Difference>> Comparison::Run() {
  if (original_.package != update_.package)
    Add(Change::kPACKAGE_CHANGED, "#/",
        fmt::format("The package was '{}' and is '{}'", original_.package, update_.package));
  Scopes(original_.declared, update_.declared, "#");
  MUSTER_TRY(status_);
  return std::move(differences_);
}

bool Comparison::Step() {
  if (++steps_ > budget_.steps) Exhaust(fmt::format("{} pairs", budget_.steps));
  return status_.ok();
}

void Comparison::Exhaust(std::string_view what) {
  if (status_.ok())
    status_ = WithReason(ResourceExhausted("the schemas take more than {} to compare", what),
                         Reason::kSCHEMA_TOO_COMPLEX);
}

Comparison::Found Comparison::Add(Change change, std::string path, std::string detail) {
  const bool compatible = IsCompatible(change);
  const std::string_view code = formats::NameOf(change);
  if (told_.insert(fmt::format("{} {} {}", code, path, detail)).second)
    differences_.push_back({std::string(code), std::move(path), compatible, std::move(detail)});
  return {!compatible, kNothing};
}

Comparison::Found Comparison::Scopes(const ScopeShape& was, const ScopeShape& is,
                                     const std::string& path) {
  Places places;
  Note(NamesOf(was, original_), &Places::mapped_type::first, places);
  Note(NamesOf(is, update_), &Places::mapped_type::second, places);
  Found found;
  for (const auto& [name, at] : places)
    found += Placed(was, at.first, is, at.second, fmt::format("{}/{}", path, name));
  return found += Enums(was, is, path);
}

Comparison::Found Comparison::Placed(const ScopeShape& was, int was_at, const ScopeShape& is,
                                     int is_at, const std::string& path) {
  if (!Step()) return {};
  if (is_at < 0) return Add(Change::kMESSAGE_REMOVED, path, "The message is gone");
  if (was_at < 0) return Add(Change::kMESSAGE_ADDED, path, "The message is new");
  Found found = Message({was.messages[static_cast<std::size_t>(was_at)],
                         is.messages[static_cast<std::size_t>(is_at)]});
  if (was_at != is_at)
    found += Add(Change::kMESSAGE_MOVED, path,
                 fmt::format("The message was number {} and is number {}", was_at, is_at));
  return found;
}

Comparison::Found Comparison::Enums(const ScopeShape& was, const ScopeShape& is,
                                    const std::string& path) {
  Places places;
  Note(NamesOf(was.enums), &Places::mapped_type::first, places);
  Note(NamesOf(is.enums), &Places::mapped_type::second, places);
  Found found;
  for (const auto& [name, at] : places) {
    if (!Step()) break;
    std::string here = fmt::format("{}/{}", path, name);
    if (at.second < 0)
      found += Add(Change::kENUM_REMOVED, std::move(here), "The enum is gone");
    else if (at.first < 0)
      found += Add(Change::kENUM_ADDED, std::move(here), "The enum is new");
    else
      found += Values(was.enums[static_cast<std::size_t>(at.first)],
                      is.enums[static_cast<std::size_t>(at.second)], here);
  }
  return found;
}

Comparison::Found Comparison::Values(const EnumShape& was, const EnumShape& is,
                                     const std::string& path) {
  Found found;
  auto a = was.values.begin();
  auto b = is.values.begin();
  while ((a != was.values.end() || b != is.values.end()) && Step()) {
    if (b == is.values.end() || (a != was.values.end() && a->number < b->number)) {
      found += Add(Change::kENUM_CONST_REMOVED, fmt::format("{}/{}", path, a->number),
                   fmt::format("The value '{}' is gone", a->name));
      ++a;
    } else if (a == was.values.end() || b->number < a->number) {
      found += Add(Change::kENUM_CONST_ADDED, fmt::format("{}/{}", path, b->number),
                   fmt::format("The value '{}' is new", b->name));
      ++b;
    } else {
      if (a->name != b->name)
        found += Add(Change::kENUM_CONST_CHANGED, fmt::format("{}/{}", path, a->number),
                     fmt::format("The value was '{}' and is '{}'", a->name, b->name));
      ++a, ++b;
    }
  }
  return found;
}

Comparison::Found Comparison::Message(const Pair& pair) {
  if (!Step()) return {};
  if (const auto done = finished_.find(pair); done != finished_.end())
    return {done->second, kNothing};
  if (depth_ >= budget_.depth) Exhaust(fmt::format("{} levels", budget_.depth));
  if (!status_.ok()) return {};
  const MessageShape& was = original_.messages[pair.was];
  const MessageShape& is = update_.messages[pair.is];
  const std::string path = PathOf(was);
  const auto place = std::find(open_.begin(), open_.end(), pair);
  const bool again = place != open_.end();
  Found found;
  if (again) found.lowest = static_cast<std::size_t>(place - open_.begin());
  ++depth_;
  if (!again) open_.push_back(pair);
  if (!again) found += Contents({was, is, path});
  found += Scopes(was.nested, is.nested, path);
  if (!again) Close(pair, found);
  --depth_;
  return found;
}

void Comparison::Close(const Pair& pair, Found& found) {
  open_.pop_back();
  const bool cyclic = found.lowest != kNothing;
  if (found.lowest >= open_.size()) found.lowest = kNothing;  // Cut short at nothing outside.
  if (!cyclic || ++attempts_[pair] >= kMostAttempts) finished_[pair] = found.breaks;
}

Comparison::Found Comparison::Types(const Fields& fields) {
  const TypeShape& was = fields.was.type;
  const TypeShape& is = fields.is.type;
  if (was.kind != is.kind) return Differ(Change::kFIELD_KIND_CHANGED, fields);
  switch (was.kind) {
    case Kind::kScalar: return Scalars(fields);
    case Kind::kMap: return Maps(fields);
    case Kind::kMessage:
    case Kind::kGroup: return Named(fields);
  }
  return {};
}

Comparison::Found Comparison::Differ(Change change, const Fields& fields, std::string_view what) {
  return Add(change, fields.path,
             fmt::format("{} '{}' was {} and is {}", what, fields.is.name, fields.was.type.spelled,
                         fields.is.type.spelled));
}

Comparison::Found Comparison::Scalars(const Fields& fields) {
  if (fields.was.type.scalar != fields.is.type.scalar)
    return Differ(Change::kFIELD_SCALAR_KIND_CHANGED, fields);
  const Label was = fields.was.label;
  const Label is = fields.is.label;
  if (was == Label::kNone || is == Label::kNone || was == is) return {};
  return Add(fields.was.type.scalar == ScalarGroup::kBytes
                 ? Change::kFIELD_STRING_OR_BYTES_LABEL_CHANGED
                 : Change::kFIELD_NUMERIC_LABEL_CHANGED,
             fields.path,
             fmt::format("Field '{}' was {} and is {}", fields.is.name, NameOf(was), NameOf(is)));
}

Comparison::Found Comparison::Maps(const Fields& fields) {
  const TypeShape& was = fields.was.type;
  const TypeShape& is = fields.is.type;
  Found found;
  if (was.scalar != is.scalar)
    found += Differ(Change::kFIELD_SCALAR_KIND_CHANGED, fields, "The key of field");
  if (was.value_kind != is.value_kind)
    return found += Differ(Change::kFIELD_KIND_CHANGED, fields, "The value of field");
  if (was.value_kind == Kind::kMessage) return found += Named(fields);
  if (was.value_scalar != is.value_scalar)
    found += Differ(Change::kFIELD_SCALAR_KIND_CHANGED, fields, "The value of field");
  return found;
}

Comparison::Found Comparison::Named(const Fields& fields) {
  const TypeShape& type = fields.was.type;
  const MessageShape& was = original_.messages[type.message];
  const MessageShape& is = update_.messages[fields.is.type.message];
  if (was.local_name != is.local_name) return Differ(Change::kFIELD_NAMED_TYPE_CHANGED, fields);
  // Two of the schemas' own are compared where they are declared, but a group is only here.
  if (!was.imported && !is.imported && type.kind != Kind::kGroup) return {};
  Found found = Message({type.message, fields.is.type.message});
  if (found.breaks)
    found += Add(Change::kFIELD_NAMED_TYPE_CHANGED, fields.path,
                 fmt::format("Field '{}' is still {}, which is not what it was", fields.is.name,
                             fields.is.type.spelled));
  return found;
}

}  // namespace muster::registry::formats
