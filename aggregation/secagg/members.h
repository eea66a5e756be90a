#pragma once
// A set of members of one session, by index: what U1, U2 and U3 are.
#include <bit>
#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace muster::aggregation::secagg {

// Members have indices 0..n-1, in the order of the roster.
using Member = std::uint32_t;

class MemberSet {
 public:
  MemberSet() = default;
  explicit MemberSet(std::uint32_t devices) : devices_(devices), bits_((devices + 7) / 8) {}
  static MemberSet All(std::uint32_t devices) {
    MemberSet all(devices);
    for (Member i = 0; i < devices; ++i) all.Insert(i);
    return all;
  }

  std::uint32_t devices() const { return devices_; }  // n, not how many are in.
  std::uint32_t size() const {
    std::uint32_t size = 0;
    for (const std::byte b : bits_)
      size += static_cast<std::uint32_t>(std::popcount(std::to_integer<unsigned>(b)));
    return size;
  }
  bool Contains(Member i) const {
    return i < devices_ && (std::to_integer<unsigned>(bits_[i / 8]) >> (i % 8) & 1) != 0;
  }
  void Insert(Member i) { bits_[i / 8] |= static_cast<std::byte>(1u << (i % 8)); }
  void Erase(Member i) { bits_[i / 8] &= ~static_cast<std::byte>(1u << (i % 8)); }
  bool IsSubsetOf(const MemberSet& other) const {
    if (devices_ != other.devices_) return false;
    for (std::size_t i = 0; i < bits_.size(); ++i)
      if ((bits_[i] & ~other.bits_[i]) != std::byte{0}) return false;
    return true;
  }
  // Ascending.
  std::vector<Member> Members() const {
    std::vector<Member> out;
    for (Member i = 0; i < devices_; ++i)
      if (Contains(i)) out.push_back(i);
    return out;
  }
  MemberSet Minus(const MemberSet& other) const {
    MemberSet out = *this;
    for (std::size_t i = 0; i < bits_.size(); ++i) out.bits_[i] &= ~other.bits_[i];
    return out;
  }
  // Bit i % 8 of byte i / 8; bits beyond n are zero.
  ByteView bits() const { return bits_; }
  friend bool operator==(const MemberSet&, const MemberSet&) = default;

 private:
  std::uint32_t devices_ = 0;
  Bytes bits_;
};

}  // namespace muster::aggregation::secagg
