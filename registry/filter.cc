#include "registry/filter.h"

#include <algorithm>

namespace muster::registry {
namespace {

// "sha256:…" without allocating.
class DigestText {
 public:
  explicit DigestText(const Digest& digest) {
    constexpr std::string_view kStart = "sha256:", kHex = "0123456789abcdef";
    char* out = std::copy(kStart.begin(), kStart.end(), text_);
    for (const std::byte b : digest.bytes()) {
      *out++ = kHex[std::to_integer<unsigned>(b) >> 4];
      *out++ = kHex[std::to_integer<unsigned>(b) & 15];
    }
  }
  std::string_view text() const { return {text_, sizeof text_}; }

 private:
  char text_[7 + 64];
};
}  // namespace

bool Filter::Holds(const Comparison& c, const ModelState& state, const ModelVersion& v,
                   const VersionNotes& notes) {
  const auto text = [&](std::string_view t) { return Compare(c.op, t, std::string_view(c.text)); };
  const auto number = [&](std::uint64_t n) {
    return Compare(c.op, static_cast<double>(n), c.number);
  };
  switch (c.name) {
    case Name::kModel: return text(v.model.value());
    case Name::kCampaign: return v.origin && text(v.origin->campaign.value());
    case Name::kContract: return text(v.contract.value());
    case Name::kCreatedBy: return text(v.created_by);
    case Name::kAppliedBy: return v.lineage && text(v.lineage->applied_by);
    case Name::kParams: return text(DigestText(v.params).text());
    case Name::kModule: return v.module && text(DigestText(*v.module).text());
    case Name::kAlias:
      return std::any_of(state.aliases.begin(), state.aliases.end(), [&](const auto& alias) {
        return alias.second == v.version && text(alias.first);
      });
    case Name::kApprovedBy:
      return std::any_of(notes.approvals.begin(), notes.approvals.end(),
                         [&](const Approval& a) { return text(a.by); });
    case Name::kHardware:
      return std::any_of(notes.certified.begin(), notes.certified.end(),
                         [&](const auto& certified) { return text(certified.first); });
    case Name::kTag: {
      const auto it = notes.tags.find(c.key);
      return it != notes.tags.end() && text(it->second);
    }
    case Name::kVersion: return number(v.version.value());
    case Name::kParent: return v.parent.value() != 0 && number(v.parent.value());
    case Name::kRound: return v.origin && number(v.origin->round.value());
    case Name::kContractVersion: return number(v.contract_version.value());
    case Name::kParameters: return number(v.parameters);
    case Name::kMetric: {
      const auto it = v.measured.metrics.find(c.key);
      return it != v.measured.metrics.end() && Compare(c.op, it->second, c.number);
    }
    case Name::kCreated:
      return Compare(c.op, static_cast<double>(UnixMillis(v.created_at)), c.number);
  }
  return false;
}

bool Filter::Matches(const ModelState& state, std::size_t index) const {
  const ModelVersion& version = state.versions[index];
  const VersionNotes& notes = state.notes[index];
  return Run([&](std::size_t at) { return Holds(comparisons_[at], state, version, notes); });
}

}  // namespace muster::registry
