#include "client/serving/served_rows.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/canonical_json.h"

namespace muster::client {
namespace {
constexpr double kNull = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kMostGiven = 1000;      // Monitors that are remembered.
constexpr std::size_t kColumns = 4;           // Of a row's numbers, before its cells.
constexpr std::size_t kMostHeader = 1 << 20;  // Of a segment's first line.

Status NotRead(std::string_view what) { return DataLoss("served rows: {}", what); }

StatusOr<std::size_t> PlaceOf(const std::vector<std::string>& fields, const std::string& name) {
  const auto it = std::ranges::find(fields, name);
  if (it != fields.end()) return static_cast<std::size_t>(it - fields.begin());
  return WithReason(FailedPrecondition("the rows that are served have no number '{}'", name),
                    Reason::kCONTRACT_MISMATCH);
}
}  // namespace

std::string ServedRows::NameOf(std::uint64_t first) const {
  return fmt::format("{}/rows-{:016}", prefix_, first);
}

// A line of JSON, then rows of binary64: version, time, prediction, label, cells.
Status ServedRows::WriteSegment(const Segment& segment) {
  MUSTER_ASSIGN(std::string header,
                CanonicalJson({{"cap", kind_.cap ? Json(DecimalText(*kind_.cap)) : Json()},
                               {"fields", kind_.fields},
                               {"first", segment.first},
                               {"label", kind_.label},
                               {"model", kind_.model.value()},
                               {"rows", segment.rows.size()}}));
  header += '\n';
  std::vector<double> numbers;
  numbers.reserve(segment.rows.size() * (kind_.fields.size() + kColumns));
  for (const Kept& row : segment.rows) {
    numbers.push_back(static_cast<double>(row.version.value()));
    numbers.push_back(row.time ? static_cast<double>(UnixMillis(*row.time)) : kNull);
    numbers.push_back(row.prediction);
    numbers.push_back(row.label);
    numbers.insert(numbers.end(), row.cells.begin(), row.cells.end());
  }
  const std::array parts = {AsBytes(header), std::as_bytes(std::span(numbers))};
  return files_.Put(NameOf(segment.first), parts);
}

StatusOr<ServedRows::Segment> ServedRows::ReadSegment(std::uint64_t first, std::uint64_t last) {
  MUSTER_ASSIGN(const Bytes file, files_.Get(NameOf(first)));
  const std::string_view text = AsText(file);
  const std::size_t line = text.substr(0, kMostHeader).find('\n');
  if (line == std::string_view::npos) return NotRead("no header");
  MUSTER_ASSIGN(const Json json, ParseJson(text.substr(0, line), 4));
  JsonReader reader(json);
  Kind kind{.model = ModelName(reader.Text("model")),
            .fields = reader.Texts("fields"),
            .label = reader.Text("label"),
            .cap = {}};
  const std::uint64_t rows = reader.Unsigned("rows");
  if (!reader.At("cap").is_null()) kind.cap = reader.Decimal("cap");
  MUSTER_TRY(reader.status());
  const std::size_t width = kind.fields.size() + kColumns;
  const std::string_view body = text.substr(line + 1);
  if (rows == 0 || body.size() != rows * width * sizeof(double)) return NotRead("another length");
  if (segments_.empty())
    kind_ = std::move(kind);
  else if (kind != kind_)
    return NotRead("of another model");
  std::vector<double> numbers(rows * width);
  std::memcpy(numbers.data(), body.data(), body.size());
  Segment out{first, {}, true};
  for (std::uint64_t r = 0; r < rows && first + r <= last; ++r) {
    const std::span<const double> row = std::span(numbers).subspan(r * width, width);
    if (!(row[0] >= 0 && row[0] <= 0x1p53)) return NotRead("a version is none");
    Kept& kept = out.rows.emplace_back();
    kept.version = VersionNumber(static_cast<std::uint64_t>(row[0]));
    if (row[1] >= 0 && row[1] <= 0x1p53)
      kept.time = FromUnixMillis(static_cast<std::int64_t>(row[1]));
    kept.prediction = row[2];
    kept.label = row[3];
    kept.cells.assign(row.begin() + kColumns, row.end());
  }
  out.written = out.rows.size() == rows;
  return out;
}

StatusOr<std::size_t> ServedRows::Load(std::uint64_t last) {
  absl::MutexLock lock(&mu_);
  segments_.clear();
  dropped_.clear();
  last_ = last;
  std::size_t lost = 0;
  const std::string stem = prefix_ + "/rows-";
  MUSTER_ASSIGN(std::vector<std::string> names, files_.List(stem));
  std::ranges::sort(names);
  for (const std::string& name : names) {
    std::uint64_t first = 0;
    const std::string_view digits = std::string_view(name).substr(stem.size());
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), first);
    if (error != std::errc{} || end != digits.data() + digits.size()) continue;
    if (first > last) {
      dropped_.push_back(first);
      continue;
    }
    StatusOr<Segment> segment = ReadSegment(first, last);
    const std::uint64_t expected =
        segments_.empty() ? first : segments_.back().first + segments_.back().rows.size();
    if (segment.ok() && first == expected) {
      segments_.push_back(*std::move(segment));
      continue;
    }
    // Rows are numbered without a gap: what is before one is older, and goes with it.
    ++lost;
    for (const Segment& each : segments_) dropped_.push_back(each.first);
    segments_.clear();
    if (segment.ok())
      segments_.push_back(*std::move(segment));
    else
      dropped_.push_back(first);
  }
  if (!segments_.empty() && segments_.back().first + segments_.back().rows.size() != last + 1) {
    for (const Segment& each : segments_) dropped_.push_back(each.first);
    segments_.clear();
    ++lost;
  }
  given_.clear();
  const StatusOr<Bytes> saved = files_.Get(prefix_ + "/given");
  const StatusOr<Json> json =
      saved.ok() ? ParseJson(AsText(*saved), 2) : StatusOr<Json>(saved.status());
  if (json.ok() && json->is_object())
    for (const auto& [monitor, number] : json->items())
      if (number.is_number_unsigned()) given_[monitor] = number.get<std::uint64_t>();
  return lost;
}

void ServedRows::Begin(Kind kind) {
  absl::MutexLock lock(&mu_);
  if (kind == kind_) return;
  for (const Segment& segment : segments_) dropped_.push_back(segment.first);
  segments_.clear();
  kind_ = std::move(kind);
}

double ServedRows::LabelNow(const Kept& row) const {
  if (!std::isnan(row.label) || !labels_ || !row.time) return row.label;
  const std::optional<double> said = labels_(kind_.label, *row.time);
  return said ? std::min(kind_.cap.value_or(*said), *said) : kNull;
}

void ServedRows::Drop() {
  std::size_t rows = 0;
  for (const Segment& segment : segments_) rows += segment.rows.size();
  while (!segments_.empty() && rows - segments_.front().rows.size() >= limits_.most) {
    rows -= segments_.front().rows.size();
    dropped_.push_back(segments_.front().first);
    segments_.pop_front();
  }
}

void ServedRows::Append(Kept row) {
  absl::MutexLock lock(&mu_);
  if (segments_.empty() || segments_.back().rows.size() >= limits_.segment)
    segments_.push_back({last_ + 1, {}, false});
  segments_.back().rows.push_back(std::move(row));
  segments_.back().written = false;
  ++last_;
  Drop();
}

std::uint64_t ServedRows::last() const {
  absl::MutexLock lock(&mu_);
  return last_;
}

Status ServedRows::Flush() {
  absl::MutexLock lock(&mu_);
  for (Segment& segment : segments_) {
    if (segment.written) continue;
    MUSTER_TRY(WriteSegment(segment));
    segment.written = true;
    std::erase(dropped_, segment.first);  // It was forgotten, and is there again.
  }
  while (!dropped_.empty()) {
    MUSTER_TRY(files_.Remove(NameOf(dropped_.back())));
    dropped_.pop_back();
  }
  return Ok();
}

StatusOr<ServedWindow> ServedRows::Newest(const ModelName& model, VersionNumber version,
                                          std::string_view monitor,
                                          std::span<const std::string> fields,
                                          std::size_t most) const {
  absl::MutexLock lock(&mu_);
  ServedWindow out;
  out.fields.assign(fields.begin(), fields.end());
  if (model != kind_.model) return out;
  std::vector<std::size_t> places;
  for (const std::string& field : fields) {
    MUSTER_ASSIGN(places.emplace_back(), PlaceOf(kind_.fields, field));
  }
  const auto given = given_.find(monitor);
  const std::uint64_t after = given == given_.end() ? 0 : given->second;
  std::vector<const Kept*> newest;
  for (auto segment = segments_.rbegin(); segment != segments_.rend(); ++segment)
    for (std::size_t r = segment->rows.size(); r-- > 0;) {
      const std::uint64_t number = segment->first + r;
      if (number <= after || newest.size() == most) break;
      if (segment->rows[r].version != version) continue;
      if (newest.empty()) out.last = number;
      newest.push_back(&segment->rows[r]);
    }
  for (auto row = newest.rbegin(); row != newest.rend(); ++row) {
    for (const std::size_t place : places) {
      const double value = (*row)->cells[place];
      out.cells.push_back(std::isfinite(value) ? value : kNull);
    }
    out.predictions.push_back((*row)->prediction);
    out.labels.push_back(LabelNow(**row));
  }
  return out;
}

Status ServedRows::Given(std::string_view monitor, std::uint64_t last) {
  absl::MutexLock lock(&mu_);
  auto given = given_;
  std::uint64_t& mark = given[std::string(monitor)];
  mark = std::max(mark, last);
  while (given.size() > kMostGiven)  // A mark that is lost with its rows long gone costs nothing.
    given.erase(std::ranges::min_element(given, {}, [](const auto& item) { return item.second; }));
  MUSTER_ASSIGN(const std::string text, CanonicalJson(Json(given)));
  const std::array<ByteView, 1> parts = {AsBytes(text)};
  MUSTER_TRY(files_.Put(prefix_ + "/given", parts));
  given_ = std::move(given);
  return Ok();
}

}  // namespace muster::client
