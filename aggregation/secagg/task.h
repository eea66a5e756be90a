#pragma once
// What a session is for, in bytes: each device signs its hash, and every key is derived from it. A
// server that shows two devices different tasks gets masks that do not cancel.
#include <array>
#include <string>

#include "aggregation/secagg/defences.h"
#include "aggregation/secagg/parameters.h"
#include "aggregation/secagg/segments.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/status.h"

namespace muster::aggregation::secagg {

// X25519, Ed25519, HKDF-SHA256, AES-256-GCM, AES-128-CTR, Shamir over 2^61 - 1.
inline constexpr std::uint16_t kSuite = 1;

struct Task {
  std::array<std::byte, 32> session{};  // Random; two sessions never share one.
  std::string query;      // 1..256 printable ASCII: what the ledger of a device counts by.
  Digest model;           // SHA-256 of the base model, or of the query's descriptor.
  Segments layout;        // Of the vector; layout.devices() is the most members.
  double clip = 0;        // Of an update, in L2 or per coordinate as the campaign says; > 0.
  double weight_cap = 0;  // W; devices clamp their weight to it. > 0.
  CohortRule cohort;
  std::uint32_t noise_micro = 0;  // The noise multiplier, in millionths; 0: none.
  std::uint16_t suite = kSuite;
  Timestamp expiry;
  friend bool operator==(const Task&, const Task&) = default;
};

inline constexpr std::size_t kMostTaskBytes = 512 + Segments::kMostEncodedBytes;

// INVALID_ARGUMENT (FIELD_INVALID) with the arithmetic when a field is out of range, or when a
// session of layout.devices() members is infeasible (a smaller one may still be: FindParameters).
Status CheckTask(const Task& task);
Bytes EncodeTask(const Task& task);
// The inverse, for foreign bytes: INVALID_ARGUMENT on anything that EncodeTask would not have
// written in just these bytes, or that CheckTask refuses.
StatusOr<Task> ParseTask(ByteView bytes);

// SHA-256("muster/secagg/1/task" || 0 || the encoding): T_hash.
Digest TaskHash(const Task& task, const Hasher& hasher, const Defences& defences = {});

// The least terms on which this device takes part; its owner sets them and no server can.
//
// `corrupt_ppm` must bound the devices that the server can place in a cohort, since it chooses who
// joins (docs/THREATS.md).
struct LocalFloor {
  std::uint32_t least = 3;
  std::uint32_t corrupt_ppm = 0;
  std::uint32_t dropout_ppm = 0;
  std::uint32_t privacy_bits = 80;
  std::uint32_t complete_up_to = 256;
  std::uint32_t noise_micro = 0;
  bool allow_curious = false;
  bool allow_semi_honest = false;  // The threshold rule of that name.
};

// INVALID_ARGUMENT (BELOW_FLOOR) that names the term, what is offered and what is asked.
Status CheckFloor(const Task& task, const LocalFloor& floor);

}  // namespace muster::aggregation::secagg
