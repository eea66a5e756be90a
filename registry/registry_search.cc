// Searching versions, page by page.
#include <algorithm>
#include <charconv>

#include "registry/filter_scan.h"
#include "registry/names.h"
#include "registry/registry.h"

namespace muster::registry {
namespace {
constexpr std::uint32_t kUsualPage = 50;
constexpr std::uint32_t kLargestPage = 1000;

// Where the page before ended: "turbofan@7".
struct Place {
  std::string model;
  std::uint64_t version = 0;
};

StatusOr<Place> PlaceOf(const std::string& token) {
  const std::size_t at = token.find('@');
  Place out{token.substr(0, at), 0};
  const char* const begin = token.data() + (at == token.npos ? token.size() : at + 1);
  const char* const end = token.data() + token.size();
  const auto [stopped, error] = std::from_chars(begin, end, out.version);
  if (error != std::errc() || stopped != end || out.version == 0 || !IsName(out.model))
    return InvalidField("page_token", "is not the next_page_token of a page");
  return out;
}
}  // namespace

StatusOr<SearchPage> Registry::Search(const SearchRequest& request) const {
  MUSTER_ASSIGN(const Filter filter, Filter::Parse(request.filter));
  Place place;
  if (!request.page_token.empty()) {
    MUSTER_ASSIGN(place, PlaceOf(request.page_token));
  }
  std::vector<ModelSnapshot> models;
  if (request.model.value().empty()) {
    models = models_.All();
  } else {
    MUSTER_ASSIGN(models.emplace_back(), Require(request.model));
  }
  const std::size_t most =
      std::min(request.page_size == 0 ? kUsualPage : request.page_size, kLargestPage);
  SearchPage out;
  for (const ModelSnapshot& model : models) {
    const std::string& name = model->spec->name.value();
    if (name < place.model) continue;
    std::size_t rest = model->versions.size();  // Not looked at yet.
    if (name == place.model) rest = std::min<std::size_t>(rest, place.version - 1);
    FilterScan scan(filter, *model);
    for (; rest > 0; --rest) {
      if (!scan.Matches(rest - 1)) continue;
      const ModelVersion& version = model->versions[rest - 1];
      if (out.versions.size() == most) {
        const ModelVersion& last = out.versions.back().version;
        out.next_page_token = fmt::format("{}@{}", last.model.value(), last.version.value());
        return out;
      }
      out.versions.push_back({version, model->notes[rest - 1], model->AliasesOf(version.version)});
    }
  }
  return out;
}

}  // namespace muster::registry
