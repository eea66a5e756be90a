#include <charconv>

#include "rpc/chunk_server_stream.h"

namespace muster::rpc {

StatusOr<std::string> MetadataText(const grpc::ServerContextBase& context, std::string_view key) {
  const auto [first, last] =
      context.client_metadata().equal_range(grpc::string_ref(key.data(), key.size()));
  if (first == last) return InvalidField(key, "is missing from the call's metadata");
  if (std::next(first) != last) return InvalidField(key, "is in the call's metadata twice");
  return std::string(first->second.data(), first->second.size());
}

StatusOr<std::uint64_t> MetadataNumber(const grpc::ServerContextBase& context,
                                       std::string_view key) {
  MUSTER_ASSIGN(const std::string text, MetadataText(context, key));
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return InvalidField(key, "is no number");
  return value;
}

}  // namespace muster::rpc
