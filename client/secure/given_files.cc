#include "client/secure/given_files.h"

#include <array>
#include <charconv>
#include <set>
#include <vector>

#include "client/secure/ledger_file.h"

namespace muster::client {
namespace {
constexpr Timestamp kUnknown(Duration(9'999'999'999'999));  // In the year 2286.

struct GivenFile {
  std::string name;
  Digest question;
};

// Whatever else is in the folder never counted.
StatusOr<std::vector<GivenFile>> ListGiven(Files& files, const std::string& folder) {
  const std::string given = folder + "given/";
  MUSTER_ASSIGN(const std::vector<std::string> names, files.List(given));
  std::vector<GivenFile> out;
  for (const std::string& name : names)
    if (const auto digest = Digest::Parse("sha256:" + name.substr(given.size())); digest.ok())
      out.push_back({name, *digest});
  return out;
}

Timestamp AnsweredAt(std::string_view text) {
  std::int64_t ms = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (error != std::errc{} || end == text.data() || ms < 0) return kUnknown;
  return FromUnixMillis(ms);
}

// With the text of its question, if it has it.
StatusOr<std::string> LineOf(Files& files, const Hasher& hasher, const GivenFile& given) {
  MUSTER_ASSIGN(const Bytes bytes, files.Get(given.name));
  const std::string_view text = AsText(bytes);
  const std::size_t size = text.find('\n') + 1;  // 0 without one.
  const Timestamp when = AnsweredAt(text.substr(size));
  if (size > 0 && hasher.Sha256(ByteView(bytes).first(size)) == given.question)
    if (StatusOr<std::string> line = LedgerLine(hasher, text.substr(0, size - 1), when); line.ok())
      return line;
  return LedgerLine(hasher, given.question.ToString(), when);
}

// The lines of those that the ledger does not have yet.
StatusOr<std::string> LinesOf(Files& files, const Hasher& hasher,
                              const std::vector<GivenFile>& given, const LedgerLines& ledger) {
  std::set<Digest> known;
  for (const LedgerEntry& entry : ledger.entries) known.insert(entry.question);
  std::string out;
  for (const GivenFile& file : given) {
    if (known.contains(file.question)) continue;
    MUSTER_ASSIGN(const std::string line, LineOf(files, hasher, file));
    out += line;
  }
  return out;
}
}  // namespace

Status TakeOverGivenFiles(Files& files, const Hasher& hasher, const std::string& folder) {
  MUSTER_ASSIGN(const std::vector<GivenFile> given, ListGiven(files, folder));
  if (given.empty()) return Ok();
  const std::string file = LedgerFileIn(folder);
  MUSTER_ASSIGN(const Bytes bytes, ReadLedger(files, file));
  MUSTER_ASSIGN(const LedgerLines ledger, ParseLedger(hasher, bytes, file));
  MUSTER_ASSIGN(const std::string more, LinesOf(files, hasher, given, ledger));
  if (!more.empty()) {
    const std::array<ByteView, 2> parts = {ledger.whole, AsBytes(more)};
    MUSTER_TRY(files.Put(file, parts));
  }
  for (const GivenFile& old : given) MUSTER_TRY(files.Remove(old.name));
  return Ok();
}

}  // namespace muster::client
