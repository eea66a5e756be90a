// muster model search and tag.
#include <muster/v1/model.grpc.pb.h>

#include <algorithm>

#include "cli/commands.h"
#include "cli/pairs.h"
#include "cli/text.h"
#include "cli/views.h"

namespace muster::cli {
namespace {
constexpr std::uint32_t kPage = 200;

struct Arguments {
  std::string model, filter;
  std::uint64_t version = 0;
  std::uint32_t limit = 50;
  std::vector<std::string> set, remove;
};

// Pages until `limit` versions are there, or all.
StatusOr<v1::SearchVersionsReply> SearchAll(Shell& shell, const Arguments& arguments) {
  v1::SearchVersionsRequest request;
  request.set_filter(arguments.filter);
  request.set_model(arguments.model);
  v1::SearchVersionsReply out;
  do {
    const auto left = arguments.limit - static_cast<std::uint32_t>(out.versions_size());
    request.set_page_size(std::min(left, kPage));
    request.set_page_token(out.next_page_token());
    MUSTER_ASSIGN(const auto page, shell.Ask(&v1::ModelService::Stub::SearchVersions, request));
    out.mutable_versions()->MergeFrom(page.versions());
    out.set_next_page_token(page.next_page_token());
  } while (!out.next_page_token().empty() &&
           static_cast<std::uint32_t>(out.versions_size()) < arguments.limit);
  return out;
}

Status Search(Shell& shell, const Arguments& arguments) {
  MUSTER_ASSIGN(const auto found, SearchAll(shell, arguments));
  return shell.Show(found, [&] {
    std::string text = FoundTable(found, shell.world.clock.Now());
    if (!found.next_page_token().empty())
      text += fmt::format("there are more than {}; see --limit\n", arguments.limit);
    return text;
  });
}

Status Tag(Shell& shell, const Arguments& arguments) {
  v1::TagVersionRequest request;
  request.set_model(arguments.model);
  request.set_version(arguments.version);
  for (const std::string& pair : arguments.set) {
    const std::size_t at = pair.find('=');
    if (at == 0 || at == pair.npos)
      return InvalidArgument("'{}' is not key=value; to take a tag away, use --remove", pair);
    (*request.mutable_set())[pair.substr(0, at)] = pair.substr(at + 1);
  }
  request.mutable_remove()->Add(arguments.remove.begin(), arguments.remove.end());
  if (request.set().empty() && request.remove().empty())
    return InvalidArgument("name a tag to set, as key=value, or to --remove");
  MUSTER_ASSIGN(const auto version, shell.Ask(&v1::ModelService::Stub::TagVersion, request));
  return shell.Show(version, [&] {
    const std::string tags = PairsText(version.tags());
    return Clean(fmt::format("{}@{} has {}", version.model(), version.version(),
                             tags.empty() ? "no tags" : tags)) +
           "\n";
  });
}
}  // namespace

void AddModelSearch(CLI::App* model, Shell& shell) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* search = model->add_subcommand("search", "Find versions, of all models");
  search->add_option("FILTER", arguments->filter, "What they fulfil; none: all");
  search->add_option("--model", arguments->model, "Of this model alone")->type_name("NAME");
  search->add_option("--limit", arguments->limit, "At most so many")
      ->check(CLI::Range(1u, 100'000u))
      ->capture_default_str();
  search->footer(
      "\nNames: model, version, campaign, round, parent, contract, contract_version, created, "
      "created_by,\napplied_by, params, module, parameters, alias, approved_by, hardware, "
      "tags.KEY, "
      "metrics.NAME.\nOperators: = != < <= > >=, and, or, not, ( ). Text stands in quotes.\n\n"
      "Examples:\n"
      "  muster model search 'tags.env = \"prod\" and metrics.rmse < 14'\n"
      "  muster model search 'campaign = \"spring\" and not alias = \"champion\"' --limit 500\n"
      "  muster model search 'created >= \"2026-05-03\"' -o json");
  shell.On(search, [&shell, arguments] { return Search(shell, *arguments); });

  CLI::App* tag = model->add_subcommand("tag", "Set or remove tags of a version");
  tag->add_option("MODEL", arguments->model, "The model")->required();
  tag->add_option("VERSION", arguments->version, "A version that exists")
      ->required()
      ->check(CLI::PositiveNumber);
  tag->add_option("TAGS", arguments->set, "key=value …");
  tag->add_option("--remove", arguments->remove, "Keys of tags to take away")->type_name("KEY");
  tag->footer(
      "\nExamples:\n  muster model tag rul-net 3 env=prod owner=ann\n"
      "  muster model tag rul-net 3 --remove owner");
  shell.On(tag, [&shell, arguments] { return Tag(shell, *arguments); });
}

}  // namespace muster::cli
