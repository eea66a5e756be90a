// ParseSafetensors on foreign bytes: what it accepts tiles the data section and, as parameters,
// survives being written and read again.
#include "base/safetensors.h"

#include <cstdlib>
#include <cstring>

namespace muster {
namespace {
void Require(bool holds) {
  if (!holds) std::abort();
}

void Check(ByteView file) {
  const auto view = ParseSafetensors(file);
  if (!view.ok()) return Require(ReasonOf(view.status()) == Reason::kARTEFACT_INVALID);
  std::uint64_t header_bytes = 0;
  std::memcpy(&header_bytes, file.data(), 8);
  std::size_t covered = 8 + header_bytes;
  for (const TensorView& t : view->tensors) {
    Require(t.bytes.data() == file.data() + covered);
    covered += t.bytes.size();
  }
  Require(covered == file.size());

  const auto params = ParseParams(file);
  if (!params.ok()) return;
  const Bytes written = SerializeParams(params->View());
  const auto again = ParseParams(written);
  Require(again.ok() && again->layout == params->layout);
  Require(SerializeParams(again->View()) == written);
}
}  // namespace
}  // namespace muster

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  muster::Check(std::as_bytes(std::span(data, size)));
  return 0;
}
