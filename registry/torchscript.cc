#include "registry/torchscript.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string_view>

#include "base/bytes.h"

namespace muster::registry {
namespace {
// APPNOTE.TXT 6.3.10, sections 4.3.12 to 4.3.16.
constexpr std::string_view kEntry("PK\x01\x02", 4);
constexpr std::string_view kEnd("PK\x05\x06", 4);
constexpr std::string_view kEnd64("PK\x06\x06", 4);
constexpr std::string_view kLocator64("PK\x06\x07", 4);
constexpr std::size_t kEntryBytes = 46, kEndBytes = 22, kEnd64Bytes = 56, kLocatorBytes = 20;
constexpr std::size_t kLongestComment = 65'535;
constexpr std::uint64_t kMostEntries = 65'536;
constexpr std::uint64_t kMostDirectory = std::uint64_t{16} << 20;

template <typename... Args>
Status Refused(fmt::format_string<Args...> f, Args&&... args) {
  return WithReason(InvalidArgument("the module is not a TorchScript archive: {}",
                                    fmt::format(f, std::forward<Args>(args)...)),
                    Reason::kARTEFACT_INVALID);
}

// A little-endian number at `at`, which the caller knows to be inside.
template <typename T>
T Number(std::string_view bytes, std::size_t at) {
  static_assert(std::endian::native == std::endian::little);
  T out;
  std::memcpy(&out, bytes.data() + at, sizeof(out));
  return out;
}

StatusOr<std::string> Piece(const BlobReader& file, std::uint64_t at, std::uint64_t size) {
  if (at > file.size() || size > file.size() - at) return Refused("it is cut short");
  std::string out(size, '\0');
  MUSTER_TRY(file.Read(at, std::as_writable_bytes(std::span(out))));
  return out;
}

struct Directory {
  std::uint64_t entries = 0, bytes = 0, offset = 0;
};

// Of a zip whose sizes or offsets may be beyond 32 bits.
StatusOr<Directory> Wide(const BlobReader& file, std::uint64_t end) {
  if (end < kLocatorBytes) return Refused("its directory is not where it should be");
  MUSTER_ASSIGN(const std::string locator, Piece(file, end - kLocatorBytes, kLocatorBytes));
  if (!locator.starts_with(kLocator64)) return Refused("its directory is not where it should be");
  MUSTER_ASSIGN(const std::string wide,
                Piece(file, Number<std::uint64_t>(locator, 8), kEnd64Bytes));
  if (!wide.starts_with(kEnd64)) return Refused("its directory is not where it should be");
  return Directory{Number<std::uint64_t>(wide, 32), Number<std::uint64_t>(wide, 40),
                   Number<std::uint64_t>(wide, 48)};
}

StatusOr<Directory> Find(const BlobReader& file) {
  const std::uint64_t most = std::min<std::uint64_t>(file.size(), kEndBytes + kLongestComment);
  MUSTER_ASSIGN(const std::string tail, Piece(file, file.size() - most, most));
  for (std::size_t at = tail.rfind(kEnd); at != tail.npos;
       at = at == 0 ? tail.npos : tail.rfind(kEnd, at - 1)) {
    if (tail.size() - at < kEndBytes) continue;
    if (Number<std::uint16_t>(tail, at + 20) != tail.size() - at - kEndBytes) continue;
    Directory out{Number<std::uint16_t>(tail, at + 10), Number<std::uint32_t>(tail, at + 12),
                  Number<std::uint32_t>(tail, at + 16)};
    const bool wide = out.entries == 0xFFFF || out.bytes == 0xFFFFFFFF || out.offset == 0xFFFFFFFF;
    return wide ? Wide(file, file.size() - most + at) : out;
  }
  return Refused("it is no zip");
}

// What of an archive's parts the entries named so far are.
struct Parts {
  std::string_view folder;
  bool code = false, constants = false, data = false;

  Status See(std::string_view name) {
    const std::size_t slash = name.find('/');
    if (slash == 0 || slash == name.npos) return Refused("an entry lies in no folder");
    if (folder.empty()) folder = name.substr(0, slash);
    if (name.substr(0, slash) != folder) return Refused("its entries lie in two folders");
    const std::string_view rest = name.substr(slash + 1);
    code = code || rest.starts_with("code/");
    constants = constants || rest == "constants.pkl";
    data = data || rest == "data.pkl";
    return Ok();
  }
};

StatusOr<Parts> PartsOf(std::string_view directory, std::uint64_t entries) {
  Parts parts;
  for (std::uint64_t i = 0; i < entries; ++i) {
    if (directory.size() < kEntryBytes || !directory.starts_with(kEntry))
      return Refused("its directory is cut short");
    const std::size_t name = Number<std::uint16_t>(directory, 28);
    const std::size_t whole = kEntryBytes + name + Number<std::uint16_t>(directory, 30) +
                              Number<std::uint16_t>(directory, 32);
    if (directory.size() < whole) return Refused("its directory is cut short");
    MUSTER_TRY(parts.See(directory.substr(kEntryBytes, name)));
    directory.remove_prefix(whole);
  }
  return parts;
}
}  // namespace

Status CheckTorchScript(const BlobReader& file) {
  constexpr std::string_view kFirst("PK\x03\x04", 4);
  constexpr char kPickle = '\x80';
  if (file.size() < kEndBytes) return Refused("it has {} bytes", file.size());
  MUSTER_ASSIGN(const std::string start, Piece(file, 0, kFirst.size()));
  if (start[0] == kPickle)
    return Refused("it is a pickle, which runs code where it is loaded; use torch.jit.save");
  if (start != kFirst) return Refused("it is no zip");
  MUSTER_ASSIGN(const Directory found, Find(file));
  if (found.entries > kMostEntries || found.bytes > kMostDirectory)
    return Refused("its directory is too long");
  MUSTER_ASSIGN(const std::string directory, Piece(file, found.offset, found.bytes));
  MUSTER_ASSIGN(const Parts parts, PartsOf(directory, found.entries));
  if (parts.code && parts.constants && parts.data) return Ok();
  if (parts.data)
    return Refused("it is a pickle in a zip, as torch.save writes it; use torch.jit.save");
  return Refused("it lacks code/, constants.pkl or data.pkl");
}

}  // namespace muster::registry
