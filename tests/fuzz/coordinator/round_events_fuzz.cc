// Any sequence of events, byte by byte: the round never crashes, publishes at most once and never
// from fewer updates than its plan wants, and its rows read back.
#include <cstdint>
#include <cstdlib>

#include "coordinator/round/round_facts.h"

namespace {
using namespace muster;               // NOLINT: a fuzz target has no namespace of its own.
using namespace muster::coordinator;  // NOLINT

RoundEvent EventOf(std::uint8_t byte) {
  const DeviceId who(std::string(1, static_cast<char>('a' + (byte >> 3) % 7)));
  switch (byte & 7) {
    case 0: return Join{{who}};
    case 1: return Checkpointed{{who}, std::to_string(byte)};
    case 2: return Drop{who, Reason::kTASK_FAILED, ""};
    case 3: return Aggregated{Digest(), Digest(), byte & 64 ? DeviceSet{who} : DeviceSet{}};
    case 4: return Evaluate{who, {1, {{"sse", byte}}}};
    case 5: return Cancel{"stop"};
    case 6: return Restart{};
    default: return Tick{};
  }
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  RoundPlan plan;
  plan.select = 4;
  plan.goal = 3;
  plan.minimum = 2;
  plan.recruit_window = plan.report_window = plan.evaluation_window = Duration(100);
  RoundState state;
  Timestamp now;
  int published = 0;
  const auto believe = [&](const RoundFacts& facts) {
    for (const RoundFact& fact : facts) {
      const auto row = EncodeRoundFact(fact, "system", now);
      if (!row.ok() || !DecodeRoundFact(*row).ok()) std::abort();
      Apply(state, fact);
      published += std::holds_alternative<ModelPublished>(fact);
      const auto* closed = std::get_if<Aggregating>(&state);
      if (published > 1 || (closed && closed->counted.size() < plan.minimum)) std::abort();
    }
  };
  believe(Open(plan, {}, now));
  for (std::size_t i = 0; i < size; ++i) {
    now += Duration(data[i]);
    if (const auto facts = Decide(plan, state, EventOf(data[i]), now); facts.ok()) believe(*facts);
  }
  // The same bytes as a row of a journal that somebody damaged.
  static_cast<void>(DecodeRoundFact({reinterpret_cast<const char*>(data), size}));
  return 0;
}
