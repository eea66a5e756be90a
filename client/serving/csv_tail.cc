#include "client/serving/csv_tail.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <vector>

namespace muster::client {
namespace {
namespace fs = std::filesystem;
constexpr std::size_t kMostChunk = std::size_t{1} << 20;
constexpr std::size_t kMostHeader = std::size_t{64} << 10;
constexpr std::size_t kAnchor = 256;
constexpr std::size_t kAbsent = static_cast<std::size_t>(-1);

Status Unreadable(std::string_view name, std::string_view why) {
  return WithReason(InvalidArgument("{}: {}", name, why), Reason::kDATA_UNREADABLE);
}

// At most `most` bytes from `offset`; fewer at the end.
std::string ReadAt(std::ifstream& in, std::uint64_t offset, std::size_t most) {
  std::string out(most, '\0');
  in.clear();
  in.seekg(static_cast<std::streamoff>(offset));
  in.read(out.data(), static_cast<std::streamsize>(most));
  out.resize(static_cast<std::size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  return out;
}

// Where the last `anchor` ends in the file, or 0.
std::uint64_t EndOfLast(std::ifstream& in, std::uint64_t size, std::string_view anchor) {
  std::uint64_t end = size;
  while (end > 0) {
    const std::uint64_t begin = end > kMostChunk ? end - kMostChunk : 0;
    const std::string text = ReadAt(in, begin, static_cast<std::size_t>(end - begin));
    const std::size_t at = text.rfind(anchor);
    if (at != std::string::npos) return begin + at + anchor.size();
    if (begin == 0) return 0;
    end = begin + anchor.size();  // It may lie across the border.
  }
  return 0;
}

// Whether what was read last still stands before the place.
bool Stands(std::ifstream& in, std::uint64_t size, const StreamPosition& at) {
  if (at.offset == 0) return true;
  if (at.offset > size || at.anchor.size() > at.offset) return false;
  return ReadAt(in, at.offset - at.anchor.size(), at.anchor.size()) == at.anchor;
}

// How many bytes the first `most` lines take; all whole lines when there are fewer.
std::size_t CutLines(std::string_view text, std::size_t most, std::size_t& lines) {
  std::size_t end = 0;
  for (lines = 0; lines < most; ++lines) {
    const std::size_t next = text.find('\n', end);
    if (next == std::string_view::npos) break;
    end = next + 1;
  }
  return end;
}
}  // namespace

Json PositionJson(const StreamPosition& position) {
  return {{"anchor", ToHex(AsBytes(position.anchor))},
          {"line", position.line},
          {"offset", position.offset}};
}

StatusOr<StreamPosition> ReadPosition(const Json& json) {
  JsonReader reader(json);
  StreamPosition out;
  out.offset = reader.Unsigned("offset");
  out.line = reader.Unsigned("line");
  const std::string anchor = reader.Text("anchor");
  MUSTER_TRY(reader.status());
  MUSTER_ASSIGN(const Bytes bytes, FromHex(anchor));
  out.anchor = std::string(AsText(bytes));
  if (out.anchor.size() > kAnchor) return DataLoss("position: the anchor is too long");
  return out;
}

StatusOr<CsvTail::Header> CsvTail::ReadHeader(std::string_view begin,
                                              std::span<const StreamColumn> columns) const {
  const std::size_t end = begin.find('\n');
  if (end == std::string_view::npos && begin.size() >= kMostHeader)
    return Unreadable(name_, "the header has no end");
  Header out;
  if (end == std::string_view::npos) return out;  // Not written yet.
  out.line = std::string(begin.substr(0, end));
  out.bytes = end + 1;
  for (const StreamColumn& column : columns) {
    const auto own = columns_.find(column.name);
    const std::string& name = own == columns_.end() ? column.name : own->second;
    std::istringstream in(out.line + "\n");
    const std::string one[] = {name};
    // It has no row, so what is said of it is about the column.
    const Status found = ParseCsv(in, name_, one, [](const Row&) { return Ok(); });
    const bool absent = ReasonOf(found) == Reason::kDATA_COLUMN_MISSING && !column.required;
    if (!absent && ReasonOf(found) != Reason::kDATA_EMPTY) return found;
    out.picks.push_back(absent ? kAbsent : out.present.size());
    if (!absent) out.present.push_back(name);
  }
  return out;
}

Status CsvTail::Parse(const Header& header, std::string_view lines, std::uint64_t line,
                      const Take& take) const {
  std::istringstream in(fmt::format("{}\n{}", header.line, lines));
  std::vector<Cell> cells(header.picks.size());
  const Status parsed = ParseCsv(in, name_, header.present, [&](const Row& row) {
    for (std::size_t c = 0; c < cells.size(); ++c)
      cells[c] =
          row.broken.empty() && header.picks[c] != kAbsent ? row.cells[header.picks[c]] : Cell{};
    Row out = row;
    out.line = line + row.line - 1;
    out.cells = row.broken.empty() ? std::span<const Cell>(cells) : std::span<const Cell>();
    take(out);
    return Ok();
  });
  return ReasonOf(parsed) == Reason::kDATA_EMPTY ? Ok() : parsed;  // Blank lines alone.
}

StatusOr<std::size_t> CsvTail::Read(std::span<const StreamColumn> columns, std::size_t most,
                                    std::uint64_t until, StreamPosition& at, const Take& take) {
  std::error_code error;
  const fs::file_status status = fs::status(path_, error);
  if (status.type() == fs::file_type::not_found) return std::size_t{0};
  if (!fs::is_regular_file(status)) return Unreadable(name_, "is no file");
  std::ifstream in(path_, std::ios::binary);
  if (!in) return Unreadable(name_, std::strerror(errno));
  const std::uint64_t size = fs::file_size(path_, error);
  if (error) return Unreadable(name_, error.message());
  if (at.offset == size && Stands(in, size, at)) return std::size_t{0};
  MUSTER_ASSIGN(const Header header, ReadHeader(ReadAt(in, 0, kMostHeader), columns));
  if (header.bytes == 0) return std::size_t{0};

  StreamPosition next = at;
  if (!Stands(in, size, at)) {
    next = {};
    if (at.anchor.size() == kAnchor || at.anchor.find('\n') < at.anchor.size() - 1)
      next.offset = EndOfLast(in, size, at.anchor);
    if (next.offset > 0) next.line = at.line;
  }
  if (next.offset < header.bytes) next = {header.bytes, 1, {}};
  const std::uint64_t end = until == 0 ? size : std::min(size, until);
  if (next.offset >= end) return std::size_t{0};
  const std::string chunk =
      ReadAt(in, next.offset,
             static_cast<std::size_t>(std::min<std::uint64_t>(kMostChunk, end - next.offset)));
  std::size_t lines = 0;
  std::size_t bytes = CutLines(chunk, most, lines);
  // A line that does not end within a chunk is no row: its pieces are counted as broken ones.
  if (bytes == 0 && chunk.size() == kMostChunk) bytes = chunk.size();
  if (bytes == 0) return std::size_t{0};
  std::size_t rows = 0;
  MUSTER_TRY(Parse(header, std::string_view(chunk).substr(0, bytes), next.line, [&](const Row& r) {
    ++rows;
    take(r);
  }));
  next.offset += bytes;
  next.line += lines;
  const std::size_t tail = static_cast<std::size_t>(std::min<std::uint64_t>(kAnchor, next.offset));
  next.anchor = ReadAt(in, next.offset - tail, tail);
  at = std::move(next);
  return rows;
}

}  // namespace muster::client
