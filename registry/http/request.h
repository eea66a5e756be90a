#pragma once
// A request as the registry's HTTP interface reads it: path segments and query, decoded. Bytes are
// foreign, and so they stay: names and numbers are judged by who uses them.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/http_server.h"
#include "registry/schemas.h"

namespace muster::registry {

// "/subjects/a%2Fb" is {"subjects", "a/b"}; an empty last segment is none. INVALID_ARGUMENT for an
// escape that is not %XX, or more than 16 segments.
StatusOr<std::vector<std::string>> SplitPath(std::string_view raw_path);

class Query {
 public:
  // "a=1&b": at most 64 members. INVALID_ARGUMENT as above.
  static StatusOr<Query> Parse(std::string_view text);

  // Whether it is there and "true", in any case of letters.
  bool Flag(std::string_view name) const;
  std::string Text(std::string_view name) const;  // "": missing. The first of several.
  std::vector<std::string> All(std::string_view name) const;
  // INVALID_ARGUMENT when it is there and no integer.
  StatusOr<std::optional<std::int64_t>> Number(std::string_view name) const;

 private:
  std::vector<std::pair<std::string, std::string>> members_;
};

// The part of a list that "offset" and "limit" ask for; at most `most` of it, which is also what a
// missing or negative limit means.
StatusOr<Page> PageOf(const Query& query, std::size_t most);

// That part of a list that is at hand. Errors of PageOf.
template <typename T>
StatusOr<std::vector<T>> Paged(const Query& query, std::vector<T> all, std::size_t most) {
  MUSTER_ASSIGN(const Page page, PageOf(query, most));
  const std::size_t from = std::min(page.offset, all.size());
  const std::size_t count = std::min(page.limit, all.size() - from);
  return std::vector<T>(all.begin() + from, all.begin() + from + count);
}

// "deletedOnly", "deleted".
Shown ShownBy(const Query& query);
// "subjectPrefix" without the context, as all of them (":*:") are the one there is (":.:").
std::string SubjectPrefixOf(const Query& query);
// OK, or FIELD_INVALID: "format" asks for texts in another form than that of registration.
Status CheckFormat(const Query& query);

// "latest" and "-1" are 0. SUBJECT_VERSION_INVALID unless it is one of them or 1 to 2^31 - 1.
StatusOr<VersionNumber> ParseVersion(std::string_view text);
// NOT_FOUND unless it is 0 to 2^31 - 1, as no such resource can be.
StatusOr<SchemaId> ParseId(std::string_view text);

}  // namespace muster::registry
