#include "tests/unit/drift_detectors/streams.h"

#include <cmath>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "tests/unit/drift_detectors/python_random.h"

namespace muster::drift::testing {
namespace {
std::vector<double> Joined(std::vector<double> a, const std::vector<double>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

int Floor(double x) { return static_cast<int>(std::floor(x)); }

double Draw(PythonRandom& random, std::string_view kind, double level, double scale) {
  if (kind == "binary") return random.Random() < level ? 1 : 0;
  if (kind == "integer") return Floor(random.Random() * 4) + Floor(4 * level);
  double four = random.Random();
  for (int i = 0; i < 3; ++i) four += random.Random();
  return 4 * level + scale * (four - 2);
}
}  // namespace

std::vector<double> Stretches(std::string_view kind, std::uint64_t seed) {
  PythonRandom random(seed);
  std::vector<double> values;
  for (int stretches = 2 + Floor(random.Random() * 4); stretches > 0; --stretches) {
    const double level = random.Random();
    const double scale = random.Random() < 0.5 ? 0.1 : 1.0;
    for (int n = 50 + Floor(random.Random() * 950); n > 0; --n)
      values.push_back(Draw(random, kind, level, scale));
  }
  return values;
}

std::vector<double> StreamA() {
  PythonRandom random(12345);
  std::vector<double> bits = random.Choices(0, 2, 1000);
  return Joined(std::move(bits), random.Choices(4, 8, 1000));
}

std::vector<double> StreamB() {
  PythonRandom random(42);
  std::vector<double> bits = random.Choices(0, 2, 1000);
  return Joined(std::move(bits), random.WeightedBits(0.3, 0.7, 1000));
}

std::vector<double> NumpyStream() {
  std::vector<double> values;
  for (const char c : ReadData("numpy_stream.txt"))
    if (c != '\n') values.push_back(c - '0');
  return values;
}

std::vector<DetectorSpec> AllSpecs() {
  return {AdwinConfig{}, DdmConfig{},   EddmConfig{},       HddmAConfig{},
          HddmWConfig{}, KswinConfig{}, PageHinkleyConfig{}};
}

std::string_view KindFor(const DetectorSpec& spec) {
  const std::string_view name = NameOf(spec);
  return name == "adwin" || name == "kswin" || name == "page_hinkley" ? "real" : "binary";
}

std::string ReadData(const std::string& name) {
  std::ifstream file(std::string(MUSTER_DRIFT_DATA "/") + name);
  std::string text((std::istreambuf_iterator<char>(file)), {});
  if (text.empty()) throw std::runtime_error("no data in " + name);
  return text;
}

}  // namespace muster::drift::testing
