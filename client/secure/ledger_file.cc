#include "client/secure/ledger_file.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace muster::client {
namespace {
constexpr std::size_t kMostQuestion = 512;
constexpr std::size_t kSum = 64;  // Hex digits.

std::string SumOf(const Hasher& hasher, std::string_view rest) {
  return hasher.Sha256(AsBytes(rest)).Hex();
}

Digest DigestOf(const Hasher& hasher, std::string_view question) {
  if (const StatusOr<Digest> kept = Digest::Parse(question); kept.ok()) return *kept;
  return hasher.Sha256(AsBytes(fmt::format("{}\n", question)));
}

std::optional<LedgerEntry> EntryOf(const Hasher& hasher, std::string_view line) {
  if (line.size() <= kSum || line[kSum] != ' ') return std::nullopt;
  const std::string_view rest = line.substr(kSum + 1);
  if (SumOf(hasher, rest) != line.substr(0, kSum)) return std::nullopt;
  const std::size_t space = rest.find(' ');
  if (space == rest.npos) return std::nullopt;
  std::int64_t ms = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + space, ms);
  if (error != std::errc{} || end != rest.data() + space) return std::nullopt;
  const std::string_view question = rest.substr(space + 1, rest.size() - space - 2);
  return LedgerEntry{DigestOf(hasher, question), FromUnixMillis(ms), AsBytes(line)};
}

// Whether this is a whole line whose '\n' became something else: no crash cuts it short like that.
bool LostItsEnd(const Hasher& hasher, std::string_view rest) {
  if (rest.empty()) return false;
  std::string line(rest);
  line.back() = '\n';
  return EntryOf(hasher, line).has_value();
}

Status Damaged(std::string_view file, std::size_t line) {
  return WithReason(
      DataLoss("line {} of {} is damaged, and may be any question that was answered: put a copy of "
               "the file back; or remove the line, and what it named may be answered again",
               line, file),
      Reason::kSECURE_UNREADY);
}
}  // namespace

StatusOr<std::string> LedgerLine(const Hasher& hasher, std::string_view question, Timestamp when) {
  const auto printable = [](char c) { return c >= ' ' && c <= '~'; };
  if (question.empty() || question.size() > kMostQuestion ||
      !std::ranges::all_of(question, printable))
    return WithReason(
        InvalidArgument("a question is not 1 to {} printable ASCII characters", kMostQuestion),
        Reason::kSECURE_VIOLATION);
  const std::string rest = fmt::format("{} {}\n", UnixMillis(when), question);
  return fmt::format("{} {}", SumOf(hasher, rest), rest);
}

StatusOr<LedgerLines> ParseLedger(const Hasher& hasher, ByteView bytes, std::string_view file) {
  const std::string_view text = AsText(bytes);
  const std::size_t size = text.rfind('\n') + 1;  // 0 without one.
  LedgerLines out{.entries = {}, .whole = bytes.first(size), .torn = size < text.size()};
  for (std::size_t begin = 0; begin < size;) {
    const std::size_t next = text.find('\n', begin) + 1;
    const std::optional<LedgerEntry> entry = EntryOf(hasher, text.substr(begin, next - begin));
    if (!entry) return Damaged(file, out.entries.size() + 1);
    out.entries.push_back(*entry);
    begin = next;
  }
  if (LostItsEnd(hasher, text.substr(size))) return Damaged(file, out.entries.size() + 1);
  return out;
}

StatusOr<Bytes> ReadLedger(Files& files, const std::string& file) {
  StatusOr<Bytes> bytes = files.Get(file);
  if (absl::IsNotFound(bytes.status())) return Bytes();
  return bytes;
}

}  // namespace muster::client
