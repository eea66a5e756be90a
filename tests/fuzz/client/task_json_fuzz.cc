// DecodeTask on foreign JSON: what it accepts can be written, and reads back as the same task.
#include <cstdlib>

#include "base/bytes.h"
#include "client/exec/task_dir.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster;
  const auto task = client::DecodeTask(AsText(std::as_bytes(std::span(data, size))));
  if (!task.ok()) {
    if (ReasonOf(task.status()) != Reason::kFIELD_INVALID) std::abort();
    return 0;
  }
  const auto text = client::EncodeTask(*task);
  if (!text.ok()) std::abort();
  const auto again = client::DecodeTask(*text);
  if (!again.ok() || *client::EncodeTask(*again) != *text) std::abort();
  return 0;
}
