#include <algorithm>
#include <set>
#include <utility>

#include "registry/formats/protobuf/comparison.h"

namespace muster::registry::formats {
namespace {
const FieldShape* Find(const MessageShape& message, int number) {
  const auto at =
      std::lower_bound(message.fields.begin(), message.fields.end(), number,
                       [](const FieldShape& field, int sought) { return field.number < sought; });
  return at == message.fields.end() || at->number != number ? nullptr : &*at;
}

// The name of the oneof that the field is in, or null.
const std::string* OneofOf(const MessageShape& message, const FieldShape& field) {
  return field.oneof < 0 ? nullptr : &message.oneofs[static_cast<std::size_t>(field.oneof)];
}

// Where a field is told of: within its oneof when it has one.
std::string PathOf(const std::string& message, const std::string* oneof, int number) {
  return oneof == nullptr ? fmt::format("{}/{}", message, number)
                          : fmt::format("{}/{}/{}", message, *oneof, number);
}

using Members = std::vector<std::vector<const FieldShape*>>;  // Of each oneof.

Members MembersOf(const MessageShape& message) {
  Members out(message.oneofs.size());
  for (const FieldShape& field : message.fields)
    if (field.oneof >= 0) out[static_cast<std::size_t>(field.oneof)].push_back(&field);
  return out;
}

std::set<std::string_view> NamesOf(const std::vector<std::string>& oneofs) {
  return {oneofs.begin(), oneofs.end()};
}

// Of each oneof of `was`: whether neither its name nor any member is in `is`. Then it was deleted
// as a whole, which a reader survives; else a missing member is one that was taken away.
std::vector<bool> DeletedOneofs(const MessageShape& was, const MessageShape& is) {
  const auto names = NamesOf(is.oneofs);
  const Members members = MembersOf(was);
  std::vector<bool> out;
  for (std::size_t i = 0; i < was.oneofs.size(); ++i)
    out.push_back(!names.contains(was.oneofs[i]) &&
                  std::none_of(members[i].begin(), members[i].end(), [&](const FieldShape* field) {
                    return Find(is, field->number) != nullptr;
                  }));
  return out;
}
}  // namespace

Comparison::Found Comparison::Contents(const Messages& messages) {
  Found found = Exclusions(messages);
  found += OneofNames(messages);
  return found += AllFields(messages);
}

// Fields that could be set together, and now exclude each other, lose what was written. Those of
// one former oneof excluded each other before, and of a new field nothing was written.
Comparison::Found Comparison::Exclusions(const Messages& messages) {
  Found found;
  const Members members = MembersOf(messages.is);
  for (std::size_t i = 0; i < members.size(); ++i) {
    std::set<std::pair<bool, int>> origins;  // A former oneof, or a field that stood alone.
    int alone = 0;
    for (const FieldShape* const field : members[i]) {
      const FieldShape* const was = Find(messages.was, field->number);
      if (was == nullptr) continue;
      if (was->oneof < 0) ++alone;
      origins.emplace(was->oneof >= 0, was->oneof >= 0 ? was->oneof : was->number);
    }
    if (origins.size() < 2) continue;
    const std::string& name = messages.is.oneofs[i];
    found += alone > 1 ? Add(Change::kMULTIPLE_FIELDS_MOVED_TO_ONEOF,
                             fmt::format("{}/{}", messages.path, name),
                             fmt::format("Of {} fields that could be set together, oneof '{}' "
                                         "keeps one",
                                         origins.size(), name))
                       : Add(Change::kFIELD_MOVED_TO_EXISTING_ONEOF,
                             fmt::format("{}/{}", messages.path, name),
                             fmt::format("Oneof '{}' takes in a field that could be set beside "
                                         "its others",
                                         name));
  }
  return found;
}

Comparison::Found Comparison::OneofNames(const Messages& messages) {
  const auto was = NamesOf(messages.was.oneofs);
  const auto is = NamesOf(messages.is.oneofs);
  auto all = was;
  all.insert(is.begin(), is.end());
  Found found;
  for (const std::string_view name : all) {
    if (!is.contains(name))
      found += Add(Change::kONEOF_REMOVED, fmt::format("{}/{}", messages.path, name),
                   "The oneof is gone");
    else if (!was.contains(name))
      found +=
          Add(Change::kONEOF_ADDED, fmt::format("{}/{}", messages.path, name), "The oneof is new");
  }
  return found;
}

Comparison::Found Comparison::AllFields(const Messages& messages) {
  const std::vector<bool> deleted = DeletedOneofs(messages.was, messages.is);
  const auto a_end = messages.was.fields.end();
  const auto b_end = messages.is.fields.end();
  auto a = messages.was.fields.begin();
  auto b = messages.is.fields.begin();
  Found found;
  while ((a != a_end || b != b_end) && Step()) {
    if (b == b_end || (a != a_end && a->number < b->number)) {
      found += Removed(messages, *a, a->oneof >= 0 && deleted[static_cast<std::size_t>(a->oneof)]);
      ++a;
    } else if (a == a_end || b->number < a->number) {
      found += Added(messages, *b);
      ++b;
    } else {
      found += Kept(messages, *a, *b);
      ++a, ++b;
    }
  }
  return found;
}

Comparison::Found Comparison::Removed(const Messages& messages, const FieldShape& field,
                                      bool oneof_is_gone) {
  if (oneof_is_gone) return {};  // ONEOF_REMOVED says it.
  const Change change = field.oneof >= 0                  ? Change::kONEOF_FIELD_REMOVED
                        : field.label == Label::kRequired ? Change::kREQUIRED_FIELD_REMOVED
                                                          : Change::kFIELD_REMOVED;
  return Add(change, PathOf(messages.path, OneofOf(messages.was, field), field.number),
             fmt::format("Field '{}' is gone", field.name));
}

Comparison::Found Comparison::Added(const Messages& messages, const FieldShape& field) {
  const Change change = field.oneof >= 0                  ? Change::kONEOF_FIELD_ADDED
                        : field.label == Label::kRequired ? Change::kREQUIRED_FIELD_ADDED
                                                          : Change::kFIELD_ADDED;
  return Add(change, PathOf(messages.path, OneofOf(messages.is, field), field.number),
             fmt::format("Field '{}' is new", field.name));
}

Comparison::Found Comparison::Kept(const Messages& messages, const FieldShape& was,
                                   const FieldShape& is) {
  const Fields fields{was, is, PathOf(messages.path, OneofOf(messages.is, is), is.number)};
  Found found;
  if (was.oneof >= 0 && is.oneof < 0)
    found += Add(Change::kONEOF_FIELD_MOVED_TO_TOP_LEVEL, fields.path,
                 fmt::format("Field '{}' was in oneof '{}' and stands alone", is.name,
                             *OneofOf(messages.was, was)));
  if (was.name != is.name)
    found += Add(Change::kFIELD_NAME_CHANGED, fields.path,
                 fmt::format("The field was '{}' and is '{}'", was.name, is.name));
  return found += Types(fields);
}

}  // namespace muster::registry::formats
