#pragma once
#include <string.h>

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace muster {

// Bytes that must not be printed, compared in variable time, or left behind.
class Secret {
 public:
  explicit Secret(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {}
  Secret(Secret&&) = default;
  Secret(const Secret&) = delete;
  Secret& operator=(Secret&&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() {
    if (!bytes_.empty()) explicit_bzero(bytes_.data(), bytes_.size());
  }

  static Secret FromText(std::string_view text) {
    const auto* data = reinterpret_cast<const std::byte*>(text.data());
    return Secret(std::vector<std::byte>(data, data + text.size()));
  }
  std::span<const std::byte> Reveal() const { return bytes_; }  // Every use is one grep away.

  // Takes as long for unequal bytes as for equal ones of the same length.
  friend bool EqualInConstantTime(const Secret& a, std::span<const std::byte> b) {
    if (a.bytes_.size() != b.size()) return false;
    unsigned difference = 0;
    for (std::size_t i = 0; i < b.size(); ++i)
      difference |= std::to_integer<unsigned>(a.bytes_[i] ^ b[i]);
    return difference == 0;
  }

 private:
  std::vector<std::byte> bytes_;
};

}  // namespace muster
