// Any bytes as a Protobuf schema, split at the first NUL into one and its update: a Status or a
// schema, never a crash. What is kept is read again and is the same, and nothing differs from
// itself.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "registry/formats/protobuf/protobuf.h"

namespace muster::registry::formats {
namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

std::shared_ptr<const Schema> TryParse(std::string_view text) {
  static const std::vector<ReferencedSchema> references = {
      {"r.proto", "syntax = \"proto3\"; package r; message R { int32 x = 1; R next = 2; }"}};
  const auto schema = ParseProtobuf(text, references);
  if (!schema.ok()) {
    Require(ReasonOf(schema.status()) == Reason::kSCHEMA_INVALID);
    return nullptr;
  }
  const auto again = ParseProtobuf((*schema)->text(), references);
  const auto normalised = ParseProtobuf((*schema)->normalised(), references);
  Require(again.ok() && (*again)->text() == (*schema)->text());
  Require((*again)->normalised() == (*schema)->normalised());
  Require(normalised.ok() && (*normalised)->normalised() == (*schema)->normalised());
  for (const auto& other : {*schema, *again, *normalised}) {
    const auto differences = (*schema)->Compare(*other, {});
    if (differences.ok())
      Require(differences->empty());
    else
      Require(ReasonOf(differences.status()) == Reason::kSCHEMA_TOO_COMPLEX);
  }
  return *schema;
}

}  // namespace
}  // namespace muster::registry::formats

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto cut = input.find('\0');
  const auto original = muster::registry::formats::TryParse(input.substr(0, cut));
  if (cut == input.npos) return 0;
  const auto update = muster::registry::formats::TryParse(input.substr(cut + 1));
  if (original && update) (void)original->Compare(*update, {});
  return 0;
}
