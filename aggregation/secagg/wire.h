#pragma once
// Binary encodings with one form per value: little-endian numbers, fixed-size fields, lengths
// checked against what is left before anything is allocated.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include "aggregation/secagg/members.h"
#include "base/bytes.h"
#include "base/status.h"

namespace muster::aggregation::secagg {

class WireWriter {
 public:
  template <typename Number>
  WireWriter& Put(Number value) {
    static_assert(std::is_unsigned_v<Number>);
    for (std::size_t i = 0; i < sizeof value; ++i)
      out_.push_back(static_cast<std::byte>(value >> (8 * i)));
    return *this;
  }
  WireWriter& Raw(ByteView bytes) {
    out_.insert(out_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  WireWriter& Text(std::string_view text) { return Raw(AsBytes(text)); }
  // A length of 32 bits, then the bytes.
  WireWriter& Sized(ByteView bytes) {
    return Put(static_cast<std::uint32_t>(bytes.size())).Raw(bytes);
  }
  WireWriter& Set(const MemberSet& set) { return Put(set.devices()).Raw(set.bits()); }
  const Bytes& bytes() const { return out_; }
  Bytes Take() && { return std::move(out_); }

 private:
  Bytes out_;
};

// Reads foreign bytes. The first failure sticks and later reads give zeroes, so a decoder reads
// every field and then asks Finish once.
class WireReader {
 public:
  explicit WireReader(ByteView bytes) : rest_(bytes) {}

  template <typename Number>
  Number Get() {
    static_assert(std::is_unsigned_v<Number>);
    Number value = 0;
    const ByteView raw = Raw(sizeof(Number));
    for (std::size_t i = raw.size(); i-- > 0;)
      value = static_cast<Number>(static_cast<std::uint64_t>(value) << 8 |
                                  std::to_integer<std::uint64_t>(raw[i]));
    return value;
  }
  template <std::size_t kSize>
  std::array<std::byte, kSize> Fixed() {
    std::array<std::byte, kSize> out{};
    const ByteView raw = Raw(kSize);
    std::copy(raw.begin(), raw.end(), out.begin());
    return out;
  }
  // `size` bytes of the input, or none when it has fewer.
  ByteView Raw(std::size_t size);
  ByteView Sized(std::size_t most);
  // Of at most `most` members, none of the bits beyond them set.
  MemberSet Set(std::uint32_t most);
  void Fail(std::string_view what);
  bool ok() const { return status_.ok(); }
  std::size_t left() const { return rest_.size(); }
  // OK when everything was read and all of it was right; INVALID_ARGUMENT (MALFORMED) otherwise,
  // prefixed with the message's name.
  Status Finish(std::string_view message);

 private:
  ByteView rest_;
  Status status_;
};

}  // namespace muster::aggregation::secagg
