#include "registry/formats/protobuf/codes.h"

#include <array>
#include <cstddef>

namespace muster::registry::formats {
namespace {
struct Row {
  std::string_view name;
  bool compatible;
};
constexpr std::array kRows = {
#define MUSTER_PROTOBUF_CHANGE_ROW(name, compatible) Row{#name, compatible},
    MUSTER_PROTOBUF_CHANGES(MUSTER_PROTOBUF_CHANGE_ROW)
#undef MUSTER_PROTOBUF_CHANGE_ROW
};
}  // namespace

std::string_view NameOf(Change change) { return kRows[static_cast<std::size_t>(change)].name; }
bool IsCompatible(Change change) { return kRows[static_cast<std::size_t>(change)].compatible; }

}  // namespace muster::registry::formats
