// Any bytes as a filter: refused with a reason, or a program that ends on every version, and finds
// the same by columns.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "registry/filter_scan.h"

namespace muster::registry {
namespace {

ModelState SomeVersions() {
  ModelState state;
  for (std::uint64_t i = 1; i <= 3; ++i) {
    ModelVersion version;
    version.version = VersionNumber(i);
    if (i > 1) version.origin = CampaignRound{CampaignName("spring"), RoundNumber(i)};
    version.measured.metrics["rmse"] = static_cast<double>(i);
    VersionNotes notes;
    notes.tags["env"] = i == 1 ? "prod" : "test";
    state.columns.Add(version);
    state.columns.SetTags(i - 1, notes.tags);
    state.versions.push_back(std::move(version));
    state.notes.push_back(std::move(notes));
  }
  state.aliases["champion"] = VersionNumber(2);
  return state;
}
}  // namespace
}  // namespace muster::registry

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster::registry;
  static const ModelState& state = *new ModelState(SomeVersions());
  const auto filter = Filter::Parse({reinterpret_cast<const char*>(data), size});
  if (!filter.ok()) {
    if (muster::ReasonOf(filter.status()) != muster::Reason::kFIELD_INVALID) std::abort();
    return 0;
  }
  FilterScan scan(*filter, state);
  for (std::size_t i = 0; i < state.versions.size(); ++i)
    if (scan.Matches(i) != filter->Matches(state, i)) std::abort();
  return 0;
}
