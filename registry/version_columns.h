#pragma once
// What filters ask of versions, column by column, so that a search over many thousands of versions
// reads a few arrays and not the versions themselves. Follows from versions and notes; is never
// recorded.
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "registry/version.h"

namespace muster::registry {

// A number a row; NaN where there is none.
class NumberColumn {
 public:
  double At(std::size_t row) const { return row < values_.size() ? values_[row] : kNone; }
  void Set(std::size_t row, double value);
  friend bool operator==(const NumberColumn& a, const NumberColumn& b);

 private:
  static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> values_;
};

// A text a row, by its place among the distinct ones.
class TextColumn {
 public:
  static constexpr std::uint16_t kNone = 0xffff;
  // Some may be of no row any more.
  const std::vector<std::string>& distinct() const { return distinct_; }
  std::uint16_t At(std::size_t row) const { return row < codes_.size() ? codes_[row] : kNone; }
  void Set(std::size_t row, std::string_view text);
  void Clear(std::size_t row);
  friend bool operator==(const TextColumn&, const TextColumn&) = default;

 private:
  static constexpr std::size_t kMost = 512;  // Distinct ones, before those of no row are dropped.
  std::uint16_t CodeOf(std::string_view text);
  void DropUnused();

  std::vector<std::string> distinct_;
  std::vector<std::uint16_t> codes_;
};

// Copying costs O(n / 256), a change O(256) for each column of its block. At most 64 metrics and 64
// tags of a block have columns, the first that came: 512 bytes a version of one, at most.
class VersionColumns {
 public:
  static constexpr std::size_t kRows = 256;  // Of a block.
  static constexpr std::size_t kMostNamed = 64;

  enum class Number { kVersion, kParent, kRound, kContractVersion, kParameters, kCreated };
  enum class Text { kModel, kCampaign, kContract, kCreatedBy, kAppliedBy };

  // Columns by name, and whether some got none.
  template <typename Column>
  struct Named {
    std::vector<std::pair<std::string, Column>> columns;
    bool partial = false;
    // Null: no row has it, unless `partial`.
    const Column* Find(std::string_view name) const;
    Column* Own(const std::string& name);  // Null: there is no room for it.
    friend bool operator==(const Named&, const Named&) = default;
  };

  struct Block {
    std::array<NumberColumn, 6> numbers;
    std::array<TextColumn, 5> texts;
    std::vector<Digest> params;
    Named<NumberColumn> metrics;
    Named<TextColumn> tags;
    const NumberColumn& At(Number which) const { return numbers[static_cast<std::size_t>(which)]; }
    const TextColumn& At(Text which) const { return texts[static_cast<std::size_t>(which)]; }
    friend bool operator==(const Block&, const Block&) = default;
  };

  std::size_t size() const { return size_; }
  const Block& block(std::size_t i) const { return *blocks_[i]; }  // Rows 256 i and following.

  void Add(const ModelVersion& version);  // The next row, without tags.
  void SetMetrics(std::size_t row, const Metrics& metrics);
  void SetTags(std::size_t row, const std::map<std::string, std::string>& tags);

  friend bool operator==(const VersionColumns& a, const VersionColumns& b);

 private:
  Block& Own(std::size_t row);

  std::vector<std::shared_ptr<Block>> blocks_;  // Shared with copies until one of them changes.
  std::size_t size_ = 0;
};

}  // namespace muster::registry
