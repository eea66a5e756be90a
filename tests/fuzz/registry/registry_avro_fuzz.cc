// Any text as an Avro schema, and as one with a reference when a line of dashes parts it: refused
// with a Status, or a schema whose text and normal form are schemas that mean the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "registry/formats/avro/avro.h"

namespace muster::registry::formats {
namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

void Try(std::string_view text, const std::vector<ReferencedSchema>& references) {
  const auto schema = ParseAvro(text, references);
  if (!schema.ok()) {
    Require(ReasonOf(schema.status()) == Reason::kSCHEMA_INVALID);
    return;
  }
  const auto again = ParseAvro((*schema)->text(), references);
  Require(again.ok() && (*again)->text() == (*schema)->text());
  Require((*again)->normalised() == (*schema)->normalised());
  const auto normal = ParseAvro((*schema)->normalised(), references);
  Require(normal.ok() && (*normal)->normalised() == (*schema)->normalised());
  const auto found = (*schema)->Compare(**again, CompareBudget());
  for (const Difference& difference : *found) Require(difference.compatible);
}

// The second as an update of the first, whatever comes out.
void TryCompare(std::string_view was, std::string_view now) {
  const auto original = ParseAvro(was, {}), update = ParseAvro(now, {});
  if (!original.ok() || !update.ok()) return;
  const auto found = (*original)->Compare(**update, CompareBudget());
  Require(found.ok() || ReasonOf(found.status()) == Reason::kSCHEMA_TOO_COMPLEX);
}

}  // namespace
}  // namespace muster::registry::formats

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace formats = muster::registry::formats;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t part = text.find("\n---\n");
  if (part == text.npos) {
    formats::Try(text, {});
    return 0;
  }
  const std::string_view first = text.substr(0, part), second = text.substr(part + 5);
  formats::Try(second, {{"first", std::string(first)}});
  formats::TryCompare(first, second);
  formats::TryCompare(second, first);
  return 0;
}
