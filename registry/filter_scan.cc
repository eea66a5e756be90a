#include "registry/filter_scan.h"

#include <algorithm>

namespace muster::registry {

FilterScan::FilterScan(const Filter& filter, const ModelState& state)
    : filter_(filter),
      state_(state),
      aliased_(filter.comparisons_.size()),
      digests_(filter.comparisons_.size()) {
  for (std::size_t i = 0; i < filter.comparisons_.size(); ++i) {
    const Filter::Comparison& c = filter.comparisons_[i];
    if (c.name == Filter::Name::kAlias) {
      for (const auto& [alias, version] : state.aliases)
        if (Filter::Compare(c.op, alias, c.text)) aliased_[i].push_back(version);
      std::ranges::sort(aliased_[i]);
    }
    if (c.name != Filter::Name::kParams) continue;
    // Digests are ordered as their texts are.
    const auto digest = Digest::Parse(c.text);
    if (digest.ok() && digest->ToString() == c.text) digests_[i] = *digest;
  }
}

bool FilterScan::Matches(std::size_t index) {
  const std::size_t block = index / VersionColumns::kRows;
  if (block != block_) Bind(block);
  if (uniform_) return *uniform_;
  return filter_.Run([&](std::size_t comparison) { return Holds(comparison, index); });
}

void FilterScan::Bind(std::size_t block) {
  block_ = block;
  bound_.clear();
  for (std::size_t i = 0; i < filter_.comparisons_.size(); ++i) {
    bound_.push_back(BoundTo(filter_.comparisons_[i], state_.columns.block(block)));
    Bound& bound = bound_.back();
    if (bound.kind == Bound::Kind::kAliased && aliased_[i].empty())
      bound.kind = Bound::Kind::kNever;
    if (bound.kind == Bound::Kind::kParams && !digests_[i]) bound.kind = Bound::Kind::kAsk;
  }
  const auto never = [](const Bound& b) { return b.kind == Bound::Kind::kNever; };
  uniform_.reset();
  if (std::ranges::all_of(bound_, never)) uniform_ = filter_.Run([](std::size_t) { return false; });
}

FilterScan::Bound FilterScan::BoundTo(const Filter::Comparison& c,
                                      const VersionColumns::Block& block) const {
  using Name = Filter::Name;
  using Number = VersionColumns::Number;
  using Text = VersionColumns::Text;
  const auto number = [&](Number which) {
    return Bound{Bound::Kind::kNumbers, &block.At(which), nullptr, {}};
  };
  const auto text = [&](Text which) { return ByTexts(c, block.At(which)); };
  const auto without = [](bool partial) {
    return Bound{partial ? Bound::Kind::kAsk : Bound::Kind::kNever, nullptr, nullptr, {}};
  };
  switch (c.name) {
    case Name::kModel: return text(Text::kModel);
    case Name::kCampaign: return text(Text::kCampaign);
    case Name::kContract: return text(Text::kContract);
    case Name::kCreatedBy: return text(Text::kCreatedBy);
    case Name::kAppliedBy: return text(Text::kAppliedBy);
    case Name::kVersion: return number(Number::kVersion);
    case Name::kParent: return number(Number::kParent);
    case Name::kRound: return number(Number::kRound);
    case Name::kContractVersion: return number(Number::kContractVersion);
    case Name::kParameters: return number(Number::kParameters);
    case Name::kCreated: return number(Number::kCreated);
    case Name::kParams: return {Bound::Kind::kParams, nullptr, nullptr, {}};
    case Name::kAlias: return {Bound::Kind::kAliased, nullptr, nullptr, {}};
    case Name::kMetric: {
      const NumberColumn* column = block.metrics.Find(c.key);
      if (column == nullptr) return without(block.metrics.partial);
      return {Bound::Kind::kNumbers, column, nullptr, {}};
    }
    case Name::kTag: {
      const TextColumn* column = block.tags.Find(c.key);
      return column == nullptr ? without(block.tags.partial) : ByTexts(c, *column);
    }
    case Name::kModule:
    case Name::kApprovedBy:
    case Name::kHardware: break;
  }
  return {};
}

FilterScan::Bound FilterScan::ByTexts(const Filter::Comparison& c, const TextColumn& texts) {
  Bound out{Bound::Kind::kNever, nullptr, &texts, {}};
  for (const std::string& text : texts.distinct()) {
    out.holds.push_back(Filter::Compare(c.op, text, c.text) ? 1 : 0);
    if (out.holds.back() != 0) out.kind = Bound::Kind::kTexts;
  }
  return out;
}

bool FilterScan::Holds(std::size_t comparison, std::size_t index) const {
  const Filter::Comparison& c = filter_.comparisons_[comparison];
  const Bound& bound = bound_[comparison];
  const std::size_t row = index % VersionColumns::kRows;
  switch (bound.kind) {
    case Bound::Kind::kNever: return false;
    case Bound::Kind::kNumbers: {
      const double value = bound.numbers->At(row);
      return value == value && Filter::Compare(c.op, value, c.number);  // Not NaN: there is none.
    }
    case Bound::Kind::kTexts: {
      const std::uint16_t code = bound.texts->At(row);
      return code != TextColumn::kNone && bound.holds[code] != 0;
    }
    case Bound::Kind::kParams:
      return Filter::Compare(c.op, state_.columns.block(block_).params[row], *digests_[comparison]);
    case Bound::Kind::kAliased:
      return std::ranges::binary_search(aliased_[comparison], VersionNumber(index + 1));
    case Bound::Kind::kAsk: break;
  }
  return Filter::Holds(c, state_, state_.versions[index], state_.notes[index]);
}

}  // namespace muster::registry
