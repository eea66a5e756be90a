#pragma once
// What went over the lines of secure sessions, as a coordinator that keeps everything has it.
#include <map>
#include <set>
#include <utility>

#include "aggregation/secagg/messages.h"
#include "base/ids.h"

namespace muster::sim {

// Of one device in one attempt at a round. Sets: what is repeated is one element.
struct Overheard {
  std::set<Bytes> survivors;  // U3 in every request to agree to it or to unmask, as bits.
  std::set<Bytes> replies;    // Its answers to unmask requests.
};

class Wiretap {
 public:
  void OnMessageOf(const RoundKey& round, const DeviceId& device, const Bytes& message) {
    if (aggregation::secagg::ParseUnmaskReply(message).ok())
      heard_[{round, device}].replies.insert(message);
  }
  void OnMessageTo(const RoundKey& round, const DeviceId& device, const Bytes& message) {
    if (const auto request = aggregation::secagg::ParseAgreementRequest(message); request.ok())
      Note(round, device, request->survivors);
    if (const auto request = aggregation::secagg::ParseUnmaskRequest(message); request.ok())
      Note(round, device, request->survivors);
  }
  void OnVectorOf(const RoundKey& round, const DeviceId& device) {
    given_[{round.round, device}].insert(round.attempt);
  }
  const std::map<std::pair<RoundKey, DeviceId>, Overheard>& heard() const { return heard_; }
  // The attempts at a round to which a device sent any of a masked vector.
  const std::map<std::pair<RoundNumber, DeviceId>, std::set<std::uint32_t>>& given() const {
    return given_;
  }

 private:
  void Note(const RoundKey& round, const DeviceId& device,
            const aggregation::secagg::MemberSet& survivors) {
    heard_[{round, device}].survivors.emplace(survivors.bits().begin(), survivors.bits().end());
  }
  std::map<std::pair<RoundKey, DeviceId>, Overheard> heard_;
  std::map<std::pair<RoundNumber, DeviceId>, std::set<std::uint32_t>> given_;
};

}  // namespace muster::sim
