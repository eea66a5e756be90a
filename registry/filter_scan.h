#pragma once
// A filter over all versions of one model, by their columns: what Filter::Matches says, some twenty
// times faster over many versions.
#include <cstddef>
#include <optional>
#include <vector>

#include "registry/filter.h"

namespace muster::registry {

// Both outlive it; the state's columns are those of its versions, as Apply keeps them.
class FilterScan {
 public:
  FilterScan(const Filter& filter, const ModelState& state);

  // As Filter::Matches; cheap when neighbours are asked for one after the other.
  bool Matches(std::size_t index);

 private:
  // One comparison, over the rows of one block.
  struct Bound {
    enum class Kind {
      kNever,    // No row has what it names.
      kNumbers,  // In a column.
      kTexts,    // The same; `holds` says it for every distinct one.
      kParams,   // The same, of digests.
      kAliased,  // In aliased_.
      kAsk       // Of the version itself.
    };
    Kind kind = Kind::kAsk;
    const NumberColumn* numbers = nullptr;
    const TextColumn* texts = nullptr;
    std::vector<char> holds;
  };

  void Bind(std::size_t block);
  Bound BoundTo(const Filter::Comparison& c, const VersionColumns::Block& block) const;
  static Bound ByTexts(const Filter::Comparison& c, const TextColumn& texts);
  bool Holds(std::size_t comparison, std::size_t index) const;

  const Filter& filter_;
  const ModelState& state_;
  std::vector<std::vector<VersionNumber>> aliased_;  // By comparison; ascending.
  std::vector<std::optional<Digest>> digests_;       // By comparison: what `params` is compared to.
  std::vector<Bound> bound_;                         // By comparison.
  std::size_t block_ = SIZE_MAX;                     // That they are bound to.
  std::optional<bool> uniform_;                      // What holds of all its rows.
};

}  // namespace muster::registry
