#include "registry/version_columns.h"

#include <algorithm>

namespace muster::registry {
namespace {

double Of(std::uint64_t n) { return static_cast<double>(n); }
}  // namespace

void NumberColumn::Set(std::size_t row, double value) {
  if (row >= values_.size()) values_.resize(row + 1, kNone);
  values_[row] = value;
}

bool operator==(const NumberColumn& a, const NumberColumn& b) {
  const auto same = [](double x, double y) { return x == y || (x != x && y != y); };
  return std::ranges::equal(a.values_, b.values_, same);
}

void TextColumn::Set(std::size_t row, std::string_view text) {
  if (row >= codes_.size()) codes_.resize(row + 1, kNone);
  codes_[row] = kNone;
  codes_[row] = CodeOf(text);
}

void TextColumn::Clear(std::size_t row) {
  if (row < codes_.size()) codes_[row] = kNone;
}

std::uint16_t TextColumn::CodeOf(std::string_view text) {
  // From the end: neighbours tend to be alike.
  const auto known = std::find(distinct_.rbegin(), distinct_.rend(), text);
  if (known != distinct_.rend()) return static_cast<std::uint16_t>(distinct_.rend() - known - 1);
  if (distinct_.size() == kMost) DropUnused();
  distinct_.emplace_back(text);
  return static_cast<std::uint16_t>(distinct_.size() - 1);
}

void TextColumn::DropUnused() {
  std::vector<std::string> used;
  std::vector<std::uint16_t> now(distinct_.size(), kNone);
  for (std::uint16_t& code : codes_) {
    if (code == kNone) continue;
    if (now[code] == kNone) {
      now[code] = static_cast<std::uint16_t>(used.size());
      used.push_back(std::move(distinct_[code]));
    }
    code = now[code];
  }
  distinct_ = std::move(used);
}

template <typename Column>
const Column* VersionColumns::Named<Column>::Find(std::string_view name) const {
  const auto it = std::ranges::find(columns, name, &std::pair<std::string, Column>::first);
  return it == columns.end() ? nullptr : &it->second;
}

template <typename Column>
Column* VersionColumns::Named<Column>::Own(const std::string& name) {
  const auto it = std::ranges::find(columns, name, &std::pair<std::string, Column>::first);
  if (it != columns.end()) return &it->second;
  if (columns.size() == kMostNamed) {
    partial = true;
    return nullptr;
  }
  return &columns.emplace_back(name, Column()).second;
}

template struct VersionColumns::Named<NumberColumn>;
template struct VersionColumns::Named<TextColumn>;

VersionColumns::Block& VersionColumns::Own(std::size_t row) {
  std::shared_ptr<Block>& block = blocks_[row / kRows];
  // A count of one cannot grow meanwhile: who copies one object while it changes breaks the rule.
  if (block.use_count() != 1) block = std::make_shared<Block>(*block);
  return *block;
}

void VersionColumns::Add(const ModelVersion& v) {
  const std::size_t row = size_ % kRows;
  if (row == 0) blocks_.push_back(std::make_shared<Block>());
  Block& block = Own(size_);
  const auto number = [&](Number which, double value) {
    block.numbers[static_cast<std::size_t>(which)].Set(row, value);
  };
  const auto text = [&](Text which, const std::string& value) {
    block.texts[static_cast<std::size_t>(which)].Set(row, value);
  };
  number(Number::kVersion, Of(v.version.value()));
  if (v.parent.value() != 0) number(Number::kParent, Of(v.parent.value()));
  number(Number::kContractVersion, Of(v.contract_version.value()));
  number(Number::kParameters, Of(v.parameters));
  number(Number::kCreated, static_cast<double>(UnixMillis(v.created_at)));
  text(Text::kModel, v.model.value());
  text(Text::kContract, v.contract.value());
  text(Text::kCreatedBy, v.created_by);
  if (v.origin) {
    number(Number::kRound, Of(v.origin->round.value()));
    text(Text::kCampaign, v.origin->campaign.value());
  }
  if (v.lineage) text(Text::kAppliedBy, v.lineage->applied_by);
  block.params.push_back(v.params);
  SetMetrics(size_++, v.measured.metrics);
}

void VersionColumns::SetMetrics(std::size_t row, const Metrics& metrics) {
  if (metrics.empty()) return;
  Block& block = Own(row);
  for (const auto& [name, value] : metrics)
    if (NumberColumn* column = block.metrics.Own(name)) column->Set(row % kRows, value);
}

void VersionColumns::SetTags(std::size_t row, const std::map<std::string, std::string>& tags) {
  Block& block = Own(row);
  for (auto& [name, column] : block.tags.columns)
    if (!tags.contains(name)) column.Clear(row % kRows);
  for (const auto& [name, value] : tags)
    if (TextColumn* column = block.tags.Own(name)) column->Set(row % kRows, value);
}

bool operator==(const VersionColumns& a, const VersionColumns& b) {
  const auto same = [](const auto& x, const auto& y) { return x == y || *x == *y; };
  return a.size_ == b.size_ && std::ranges::equal(a.blocks_, b.blocks_, same);
}

}  // namespace muster::registry
