// The loop of AES-128-CTR over vector registers, for whichever width `Lanes` names. Included once
// by each file that has a `Lanes`, inside the region that turns its instructions on; hence no
// include of its own and an anonymous namespace: no function here may be shared between widths.

namespace muster::platform {
namespace {
constexpr std::size_t kInFlight = 8;  // Registers: a round takes four cycles, one begins in each.

// What lies at `out` becomes the stream, or itself with the stream's words added or taken away.
template <VaesOp kOp, typename Word>
void Put(Lanes::Register stream, std::byte* out) {
  if constexpr (kOp != VaesOp::kWrite) {
    const auto there = Lanes::Load(out);
    if constexpr (sizeof(Word) == 2)
      stream = kOp == VaesOp::kAdd ? Lanes::Add16(there, stream) : Lanes::Sub16(there, stream);
    else
      stream = kOp == VaesOp::kAdd ? Lanes::Add32(there, stream) : Lanes::Sub32(there, stream);
  }
  Lanes::Store(stream, out);
}

// `steps` times kInFlight registers at `out`, from counter block (high, low) on; only the low half
// counts.
template <VaesOp kOp, typename Word>
void Run(const VaesSchedule& schedule, std::uint64_t high, std::uint64_t low, std::byte* out,
         std::size_t steps) {
  constexpr int kBlocks = sizeof(Lanes::Register) / 16;  // In a register.
  Lanes::Register keys[VaesSchedule::kKeys];
  for (int r = 0; r < VaesSchedule::kKeys; ++r) keys[r] = Lanes::Broadcast(schedule.keys[r]);
  const auto big_endian =
      Lanes::Broadcast(_mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
  auto counters = Lanes::Counters(static_cast<long long>(high), static_cast<long long>(low));
  const auto more = Lanes::Low(kBlocks);
  for (; steps > 0; --steps, out += kInFlight * sizeof(Lanes::Register)) {
    Lanes::Register state[kInFlight];
    for (std::size_t k = 0; k < kInFlight; ++k) {
      state[k] = Lanes::Xor(Lanes::Shuffle(counters, big_endian), keys[0]);
      counters = Lanes::Add64(counters, more);
    }
    for (int r = 1; r + 1 < VaesSchedule::kKeys; ++r)
      for (std::size_t k = 0; k < kInFlight; ++k) state[k] = Lanes::Round(state[k], keys[r]);
    for (std::size_t k = 0; k < kInFlight; ++k)
      Put<kOp, Word>(Lanes::LastRound(state[k], keys[VaesSchedule::kKeys - 1]),
                     out + k * sizeof(Lanes::Register));
  }
}

constexpr VaesKernel kKernel = {
    .step_bytes = kInFlight * sizeof(Lanes::Register),
    .write = Run<VaesOp::kWrite, std::uint32_t>,
    .add16 = Run<VaesOp::kAdd, std::uint16_t>,
    .add32 = Run<VaesOp::kAdd, std::uint32_t>,
    .subtract16 = Run<VaesOp::kSubtract, std::uint16_t>,
    .subtract32 = Run<VaesOp::kSubtract, std::uint32_t>,
};
}  // namespace
}  // namespace muster::platform
