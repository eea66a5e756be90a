#pragma once
// Streams to test detectors with, the same on every machine.
#include <string>
#include <string_view>
#include <vector>

#include "drift/detectors/configs.h"

namespace muster::drift::testing {

// data/make_golden.py's stream(): a few stretches, each around a level of its own. `kind` is
// "binary", "integer" or "real".
std::vector<double> Stretches(std::string_view kind, std::uint64_t seed);

// river's examples: bits and then 4..7, from Random(12345); fair bits and then seven ones of ten,
// from Random(42); the first as numpy's old generator drew it.
std::vector<double> StreamA();
std::vector<double> StreamB();
std::vector<double> NumpyStream();

// The defaults of every detector.
std::vector<DetectorSpec> AllSpecs();
// A kind of stream that the detector takes every value of.
std::string_view KindFor(const DetectorSpec& spec);

std::string ReadData(const std::string& name);

}  // namespace muster::drift::testing
