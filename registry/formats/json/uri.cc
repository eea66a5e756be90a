#include "registry/formats/json/uri.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <vector>

namespace muster::registry::formats::json {
namespace {
struct Parts {
  std::string_view scheme;     // With its ':'.
  std::string_view authority;  // With its "//".
  std::string_view path;
  std::string_view query;     // With its '?'.
  std::string_view fragment;  // With its '#'.
};

std::string_view TakeUntil(std::string_view& rest, std::string_view stops, std::size_t from = 0) {
  const std::size_t end = std::min(rest.find_first_of(stops, from), rest.size());
  const std::string_view taken = rest.substr(0, end);
  rest.remove_prefix(end);
  return taken;
}

Parts Split(std::string_view uri) {
  Parts parts;
  const std::size_t colon = uri.find_first_of(":/?#");
  if (colon != uri.npos && colon > 0 && uri[colon] == ':' &&
      std::isalpha(static_cast<unsigned char>(uri[0]))) {
    parts.scheme = uri.substr(0, colon + 1);
    uri.remove_prefix(colon + 1);
  }
  if (uri.starts_with("//")) parts.authority = TakeUntil(uri, "/?#", 2);
  parts.path = TakeUntil(uri, "?#");
  parts.query = TakeUntil(uri, "#");
  parts.fragment = uri;
  return parts;
}

// Section 5.2.4. Leading ".." of a path without a root have nowhere to go, and are dropped too.
std::string RemoveDots(std::string_view path) {
  const bool rooted = path.starts_with('/');
  std::vector<std::string_view> kept;
  bool folder = false;  // Whether the path ends in a '/'.
  if (rooted) path.remove_prefix(1);
  while (true) {
    const std::size_t end = path.find('/');
    const std::string_view segment = path.substr(0, end);
    folder = segment == "." || segment == "..";
    if (segment == ".." && !kept.empty()) kept.pop_back();
    if (!folder) kept.push_back(segment);
    if (end == path.npos) break;
    path.remove_prefix(end + 1);
  }
  std::string out = rooted ? "/" : "";
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (i > 0) out.push_back('/');
    out += kept[i];
  }
  if (folder && !kept.empty()) out.push_back('/');
  return out;
}

std::string Merge(const Parts& base, std::string_view path) {
  if (!base.authority.empty() && base.path.empty()) return "/" + std::string(path);
  return std::string(base.path.substr(0, base.path.rfind('/') + 1)) + std::string(path);
}

std::string Join(std::string_view scheme, std::string_view authority, std::string_view path,
                 std::string_view query, std::string_view fragment) {
  std::string out(scheme);
  for (const std::string_view part : {authority, path, query, fragment}) out += part;
  return out;
}
}  // namespace

std::string ResolveUri(std::string_view base, std::string_view reference) {
  const Parts r = Split(reference);
  const Parts b = Split(base);
  // A URN's path has no folders to walk.
  const bool opaque = !r.scheme.empty() && !r.path.starts_with('/');
  if (!r.scheme.empty())
    return Join(r.scheme, r.authority, opaque ? std::string(r.path) : RemoveDots(r.path), r.query,
                r.fragment);
  if (!r.authority.empty())
    return Join(b.scheme, r.authority, RemoveDots(r.path), r.query, r.fragment);
  if (r.path.empty())
    return Join(b.scheme, b.authority, b.path, r.query.empty() ? b.query : r.query, r.fragment);
  const std::string path = r.path.starts_with('/') ? std::string(r.path) : Merge(b, r.path);
  return Join(b.scheme, b.authority, RemoveDots(path), r.query, r.fragment);
}

std::string_view WithoutFragment(std::string_view uri) { return uri.substr(0, uri.find('#')); }

std::string_view FragmentOf(std::string_view uri) {
  const std::size_t hash = uri.find('#');
  return hash == uri.npos ? std::string_view() : uri.substr(hash + 1);
}

std::string PercentDecoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned char byte = 0;
    const char* first = text.data() + i + 1;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(first, first + 2, byte, 16).ptr == first + 2) {
      out.push_back(static_cast<char>(byte));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

}  // namespace muster::registry::formats::json
