#pragma once
// A lying coordinator with devices of its own, and the oracle that says what it has learned. It
// drives the shipped device sessions by whatever messages a test likes; it knows every key that it
// made or that a device of its own holds, and every share that it was sent.
#include <map>
#include <set>
#include <vector>

#include "tests/unit/secagg/room.h"

namespace muster::aggregation::secagg {

// What can be told from all that the adversary has seen.
struct Verdict {
  bool both_opened = false;  // Of one honest device, its self mask and its mask key.
  // Sums of honest vectors that stand without any mask left: how many devices are in each.
  std::vector<std::size_t> revealed;
};

class Adversary {
 public:
  // The first `corrupt` of the devices are the server's.
  Adversary(const RoomOptions& options, std::uint32_t corrupt);

  bool IsCorrupt(std::size_t device) const { return device < corrupt_; }
  std::size_t size() const { return room.devices.size(); }

  // Every device advertises, for this task or its own. The statuses of those that would not.
  std::vector<Status> Start(const Task& task);
  std::vector<Status> Start(const std::function<Task(std::size_t device)>& task_of);
  // U1 as it should be.
  Roster HonestRoster() const;
  // Somebody whom the server makes up; it has all its keys.
  AdvertiseKeys Invent(std::uint64_t seed, const Task& task);
  // Gives an entry keys that the server holds.
  void Substitute(AdvertiseKeys& entry);
  Status GiveRoster(std::size_t device, const Roster& roster);
  void GiveRosterToAll(const Roster& roster);

  // The device's shares of what everybody in `shared` dealt; then it masks and uploads.
  Status GiveShares(std::size_t device, const MemberSet& shared);
  Status AskAgreement(std::size_t device, const MemberSet& survivors);
  // With every signature that the server has for it, and its own devices'.
  Status AskShares(std::size_t device, const MemberSet& survivors);

  // Indices in the honest roster.
  Member MemberOf(std::size_t device) const;
  std::size_t DeviceOf(Member member) const;
  const Cohort& CohortOf(std::size_t device) const { return cohorts_.at(device); }
  bool Uploaded(std::size_t device) const { return headers_.contains(device); }

  Verdict Judge() const;

  Room room;

 private:
  struct Shown {
    std::size_t device;
    MemberSet survivors;
    UnmaskReply reply;
  };
  struct Opened {
    std::set<std::size_t> self, mask_key;  // Honest devices.
  };
  Signature HeaderOf(Member member, std::size_t viewer) const;
  Opened OpenedSecrets() const;
  bool Knows(const TestDevice::UsedMask& mask, std::size_t device, const Opened& opened) const;

  std::uint32_t corrupt_;
  std::vector<AdvertiseKeys> entries_;  // By device.
  std::set<AgreementPublic> owned_;
  std::map<std::size_t, Cohort> cohorts_;
  std::map<std::size_t, ShareKeys> dealt_;
  std::map<std::size_t, MaskedHeader> headers_;
  std::map<Bytes, std::map<Member, Signature>> agreed_;  // By U3 and what it is signed under.
  std::vector<Shown> shown_;
};

}  // namespace muster::aggregation::secagg
