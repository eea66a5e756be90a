#pragma once
// How large a .proto file may be in each direction in which libprotobuf would spend more than
// linear time, memory or stack on it. What is refused here was never given to its linker.
#include <google/protobuf/descriptor.pb.h>

#include <cstdint>
#include <string_view>

#include "base/status.h"

namespace muster::registry::formats {

inline constexpr int kMostTokens = 300'000;                               // Of a file.
inline constexpr std::size_t kMostReferences = 256;                       // Of a schema.
inline constexpr std::size_t kMostReferenceBytes = std::size_t{4} << 20;  // Of all of them.
inline constexpr std::size_t kMostNameBytes = 512;                        // Of one identifier.
inline constexpr std::size_t kMostPackageBytes = 1024;
inline constexpr int kMostPackageParts = 64;
inline constexpr std::size_t kMostFullNameBytes = std::size_t{8} << 20;  // Of a schema's files.
inline constexpr int kMostOptions = 512;                                 // Of one element.
inline constexpr int kMostOptionParts = 32;                              // Of one option's name.
inline constexpr std::int64_t kMostRangeChecks = 10'000'000;             // Of one message.

// INVALID_ARGUMENT (SCHEMA_INVALID) with a formatted text.
template <typename... Args>
Status Invalid(fmt::format_string<Args...> f, Args&&... args) {
  return WithReason(InvalidArgument("{}", fmt::format(f, std::forward<Args>(args)...)),
                    Reason::kSCHEMA_INVALID);
}
// A foreign text as messages may hold it: at most 200 bytes, all of them printable ASCII.
std::string Excerpt(std::string_view text);
bool IsUtf8(std::string_view text);

struct Scan {
  bool names_syntax = false;  // Whether it begins with `syntax`.
};
// Looks at the tokens alone: OK when there are at most kMostTokens, nested at most
// SchemaParser::kMostDepth deep, in UTF-8 of at most SchemaParser::kMostBytes.
StatusOr<Scan> ScanText(std::string_view text);

// What the linker would be slow at, summed over the files of one schema.
class Sizes {
 public:
  // OK when this file, too, is within the limits.
  Status Add(const google::protobuf::FileDescriptorProto& file);

 private:
  std::size_t full_name_bytes_ = 0;
};

}  // namespace muster::registry::formats
