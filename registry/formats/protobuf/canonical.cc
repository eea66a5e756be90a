#include "registry/formats/protobuf/canonical.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <numeric>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "registry/formats/protobuf/print.h"

namespace muster::registry::formats {
namespace {
namespace pb = google::protobuf;

// Types as `to` was linked, into `from`; the two have the same elements in the same places.
void QualifyFields(pb::RepeatedPtrField<pb::FieldDescriptorProto>& fields,
                   const pb::RepeatedPtrField<pb::FieldDescriptorProto>& linked) {
  for (int i = 0; i < fields.size(); ++i) {
    if (linked[i].has_type_name()) fields[i].set_type_name(linked[i].type_name());
    if (linked[i].has_extendee()) fields[i].set_extendee(linked[i].extendee());
  }
}

void Qualify(pb::DescriptorProto& message, const pb::DescriptorProto& linked) {
  QualifyFields(*message.mutable_field(), linked.field());
  QualifyFields(*message.mutable_extension(), linked.extension());
  for (int i = 0; i < message.nested_type_size(); ++i)
    Qualify(*message.mutable_nested_type(i), linked.nested_type(i));
}

void Qualify(pb::FileDescriptorProto& file, const pb::FileDescriptorProto& linked) {
  QualifyFields(*file.mutable_extension(), linked.extension());
  for (int i = 0; i < file.message_type_size(); ++i)
    Qualify(*file.mutable_message_type(i), linked.message_type(i));
  for (int i = 0; i < file.service_size(); ++i)
    for (int k = 0; k < file.service(i).method_size(); ++k) {
      pb::MethodDescriptorProto& method = *file.mutable_service(i)->mutable_method(k);
      method.set_input_type(linked.service(i).method(k).input_type());
      method.set_output_type(linked.service(i).method(k).output_type());
    }
}

// Stable; the first `fixed` items stay.
template <typename T, typename Key>
void SortBy(pb::RepeatedPtrField<T>& items, Key key, int fixed = 0) {
  if (items.size() <= fixed) return;
  std::vector<T> sorted(std::make_move_iterator(items.begin() + fixed),
                        std::make_move_iterator(items.end()));
  std::stable_sort(sorted.begin(), sorted.end(),
                   [&](const T& a, const T& b) { return key(a) < key(b); });
  std::move(sorted.begin(), sorted.end(), items.begin() + fixed);
}

// One option may be set in many pieces, and a repeated one has an order: equal names keep theirs.
template <typename Element>
void SortOptions(Element& element) {
  if (!element.has_options()) return;
  SortBy(*element.mutable_options()->mutable_uninterpreted_option(),
         [](const pb::UninterpretedOption& option) { return OptionName(option); });
}

template <typename Element>
void SortReserved(Element& element) {
  SortBy(*element.mutable_reserved_range(),
         [](const auto& range) { return std::pair(range.start(), range.end()); });
  SortBy(*element.mutable_reserved_name(), [](const std::string& name) { return name; });
}

void SortImports(pb::FileDescriptorProto& file) {
  std::set<std::string> is_public;
  for (const int i : file.public_dependency()) is_public.insert(file.dependency(i));
  std::set<std::string> is_weak;
  for (const int i : file.weak_dependency()) is_weak.insert(file.dependency(i));
  SortBy(*file.mutable_dependency(), [](const std::string& name) { return name; });
  file.clear_public_dependency();
  file.clear_weak_dependency();
  for (int i = 0; i < file.dependency_size(); ++i) {
    if (is_public.contains(file.dependency(i))) file.add_public_dependency(i);
    if (is_weak.contains(file.dependency(i))) file.add_weak_dependency(i);
  }
}

void Sort(pb::EnumDescriptorProto& type) {
  SortOptions(type);
  SortReserved(type);
  for (auto& value : *type.mutable_value()) SortOptions(value);
  SortBy(
      *type.mutable_value(),
      [](const auto& value) { return std::pair(value.number(), value.name()); }, 1);
}

// By the lowest number in each; fields, sorted already, are told their new places.
void SortOneofs(pb::DescriptorProto& message) {
  const auto count = static_cast<std::size_t>(message.oneof_decl_size());
  std::vector<int> first(count, std::numeric_limits<int>::max());
  for (const auto& field : message.field()) {
    if (!field.has_oneof_index()) continue;
    int& lowest = first[static_cast<std::size_t>(field.oneof_index())];
    lowest = std::min(lowest, field.number());
  }
  std::vector<int> order(count);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    return first[static_cast<std::size_t>(a)] < first[static_cast<std::size_t>(b)];
  });
  const pb::RepeatedPtrField<pb::OneofDescriptorProto> before = message.oneof_decl();
  std::vector<int> place(count);
  for (std::size_t i = 0; i < count; ++i) {
    *message.mutable_oneof_decl(static_cast<int>(i)) = before[order[i]];
    place[static_cast<std::size_t>(order[i])] = static_cast<int>(i);
  }
  for (auto& field : *message.mutable_field())
    if (field.has_oneof_index())
      field.set_oneof_index(place[static_cast<std::size_t>(field.oneof_index())]);
}

void Sort(pb::DescriptorProto& message) {
  SortOptions(message);
  SortReserved(message);
  SortBy(*message.mutable_extension_range(), [](const auto& range) { return range.start(); });
  for (auto& range : *message.mutable_extension_range()) SortOptions(range);
  SortBy(*message.mutable_field(), [](const auto& field) { return field.number(); });
  SortOneofs(message);
  for (auto& field : *message.mutable_field()) SortOptions(field);
  for (auto& oneof : *message.mutable_oneof_decl()) SortOptions(oneof);
  for (auto& field : *message.mutable_extension()) SortOptions(field);
  for (auto& type : *message.mutable_enum_type()) Sort(type);
  for (auto& nested : *message.mutable_nested_type()) Sort(nested);
}

void Sort(pb::FileDescriptorProto& file) {
  SortImports(file);
  SortOptions(file);
  for (auto& message : *file.mutable_message_type()) Sort(message);
  for (auto& type : *file.mutable_enum_type()) Sort(type);
  for (auto& field : *file.mutable_extension()) SortOptions(field);
  for (auto& service : *file.mutable_service()) {
    SortOptions(service);
    for (auto& method : *service.mutable_method()) SortOptions(method);
  }
}
}  // namespace

pb::FileDescriptorProto Normalised(pb::FileDescriptorProto file, const pb::FileDescriptor& linked) {
  pb::FileDescriptorProto resolved;
  linked.CopyTo(&resolved);
  Qualify(file, resolved);
  Sort(file);
  return file;
}

}  // namespace muster::registry::formats
