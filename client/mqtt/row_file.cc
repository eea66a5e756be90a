#include "client/mqtt/row_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace muster::client {
namespace fs = std::filesystem;
namespace {

Status FileError(const fs::path& path, int error) {
  const std::string text = fmt::format("{}: {}", path.string(), std::strerror(error));
  if (error == ENOSPC || error == EDQUOT)
    return WithReason(ResourceExhausted("{}", text), Reason::kDISK_FULL);
  if (error == EROFS || error == EACCES)
    return WithReason(FailedPrecondition("{}", text), Reason::kREAD_ONLY);
  return Unavailable("{}", text);
}

// RFC 4180: quoted where it has to be.
void AppendCell(std::string& line, std::string_view cell) {
  if (cell.find_first_of(",\"") == cell.npos) {
    line += cell;
    return;
  }
  line += '"';
  for (const char c : cell) {
    if (c == '"') line += '"';
    line += c;
  }
  line += '"';
}
}  // namespace

StatusOr<std::unique_ptr<RowFile>> RowFile::Open(fs::path path, std::vector<std::string> columns,
                                                 std::uint64_t keep) {
  std::unique_ptr<RowFile> out(new RowFile(std::move(path), std::move(columns), keep));
  MUSTER_TRY(out->Prepare());
  return out;
}

std::string RowFile::Header() const { return fmt::format("{}", fmt::join(columns_, ",")); }

// Puts aside what has other columns, cuts off what a crash left half-written, and counts.
Status RowFile::Prepare() {
  std::error_code error;
  if (fs::exists(path_, error)) {
    MUSTER_TRY(Recall());
  }
  MUSTER_TRY(Reopen());
  return rows_ > keep_ + keep_ / 4 ? Rotate() : Ok();
}

Status RowFile::Recall() {
  std::ifstream in(path_, std::ios::binary);
  if (!in) return FileError(path_, errno);
  std::string line;
  const bool ours = std::getline(in, line) && !in.eof() && line == Header();
  if (!ours) {
    in.close();
    fs::path aside = path_;
    aside += ".old";
    if (std::rename(path_.c_str(), aside.c_str()) != 0) return FileError(path_, errno);
    return Ok();
  }
  auto whole = static_cast<std::uintmax_t>(in.tellg());
  while (std::getline(in, line)) {
    if (in.eof()) break;  // No line break: it was cut short.
    whole += line.size() + 1;
    ++rows_;
    last_ = line;
  }
  in.close();
  std::error_code error;
  if (fs::file_size(path_, error) > whole && !error) fs::resize_file(path_, whole, error);
  if (error) return FileError(path_, error.value());
  return Ok();
}

Status RowFile::Reopen() {
  file_.reset(std::fopen(path_.c_str(), "abe"));
  if (!file_) return FileError(path_, errno);
  // A row is one write, so that a reader sees all of it or nothing.
  std::setvbuf(file_.get(), nullptr, _IONBF, 0);
  std::error_code error;
  const bool empty = fs::file_size(path_, error) == 0;
  if (error) return FileError(path_, error.value());
  const std::string header = Header() + '\n';
  if (empty && std::fwrite(header.data(), 1, header.size(), file_.get()) != header.size())
    return FileError(path_, errno);
  return Ok();
}

StatusOr<bool> RowFile::Append(std::span<const std::string> cells) {
  std::string line;
  for (const std::string& cell : cells) {
    if (&cell != cells.data()) line += ',';
    AppendCell(line, cell);
  }
  if (rows_ > 0 && line == last_) return false;
  if (!file_) MUSTER_TRY(Reopen());
  std::error_code error;
  const std::uintmax_t before = fs::file_size(path_, error);
  line += '\n';
  if (error || std::fwrite(line.data(), 1, line.size(), file_.get()) != line.size()) {
    const Status failed = FileError(path_, error ? error.value() : errno);
    file_.reset();
    if (!error) fs::resize_file(path_, before, error);
    return failed;
  }
  ++rows_;
  line.pop_back();
  last_ = std::move(line);
  if (rows_ > keep_ + std::max<std::uint64_t>(keep_ / 4, 1)) MUSTER_TRY(Rotate());
  return true;
}

// Writes the newest rows beside and renames: a reader has the old file or the new one.
Status RowFile::Rotate() {
  std::ifstream in(path_, std::ios::binary);
  if (!in) return FileError(path_, errno);
  fs::path beside = path_;
  beside += ".tmp";
  std::unique_ptr<std::FILE, Close> out(std::fopen(beside.c_str(), "wbe"));
  if (!out) return FileError(beside, errno);
  const auto write = [&](std::string line) {
    line += '\n';
    return std::fwrite(line.data(), 1, line.size(), out.get()) == line.size();
  };
  std::string line;
  std::getline(in, line);
  bool good = write(line);
  const std::uint64_t skip = rows_ - keep_;
  for (std::uint64_t i = 0; good && std::getline(in, line); ++i)
    if (i >= skip) good = write(line);
  if (!good || std::fclose(out.release()) != 0 || std::rename(beside.c_str(), path_.c_str()) != 0) {
    const Status failed = FileError(beside, errno);
    std::error_code ignored;
    fs::remove(beside, ignored);
    return failed;
  }
  rows_ = keep_;
  return Reopen();
}

}  // namespace muster::client
