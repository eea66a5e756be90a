// Detector::Restore on foreign text, as it is and within an envelope that is right (so that the
// fuzzer gets past it): what is refused leaves no trace, and what is accepted is written back,
// reads again, and never makes an estimate that is no number.
#include <cmath>
#include <cstdlib>

#include "base/bytes.h"
#include "base/canonical_json.h"
#include "drift/detectors/config_json.h"
#include "drift/detectors/detector.h"

namespace muster::drift {
namespace {
void Require(bool holds) {
  if (!holds) std::abort();
}

DetectorSpec SpecOf(std::uint8_t choice) {
  const DetectorSpec specs[] = {AdwinConfig{.clock = 1, .min_window_length = 1, .grace_period = 1},
                                DdmConfig{.warm_start = 1},
                                EddmConfig{.warm_start = 1},
                                HddmAConfig{.two_sided_test = true},
                                HddmWConfig{.two_sided_test = true},
                                KswinConfig{.window_size = 8, .stat_size = 4},
                                PageHinkleyConfig{.min_instances = 1}};
  return specs[choice % std::size(specs)];
}

void Check(const DetectorSpec& spec, std::string_view text) {
  const auto detector = *MakeDetector(spec);
  const std::string before = detector->Save();
  if (const Status restored = detector->Restore(text); !restored.ok()) {
    Require(ReasonOf(restored) == Reason::kFIELD_INVALID);
    return Require(detector->Save() == before);
  }
  const std::string saved = detector->Save();
  Require((*MakeDetector(spec))->Restore(saved).ok());
  for (const double x : {0.0, 1.0, 1.0, 0.0, 1e100, -1e100, 0.5, 1.0, 1.0, 1.0, 1.0})
    Require(std::isfinite(detector->Update(x).estimate));
}

std::string InEnvelope(const DetectorSpec& spec, std::string_view state) {
  return fmt::format(R"({{"config":{},"detector":"{}","ignored":0,"state":{},"version":1}})",
                     *CanonicalJson(ConfigJson(spec)), NameOf(spec), state);
}
}  // namespace
}  // namespace muster::drift

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster;
  if (size == 0) return 0;
  const drift::DetectorSpec spec = drift::SpecOf(data[0]);
  const std::string_view text = AsText(std::as_bytes(std::span(data + 1, size - 1)));
  drift::Check(spec, text);
  drift::Check(spec, drift::InEnvelope(spec, text));
  return 0;
}
