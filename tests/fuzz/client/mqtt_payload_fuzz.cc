// Foreign payloads and foreign mappings: what becomes a row has a cell for each column, each of
// them one short line that CSV gives back as it was, and a time that can be read again; what does
// not has one PAYLOAD_INVALID.
#include <cmath>
#include <cstdlib>
#include <sstream>

#include "base/bytes.h"
#include "client/mqtt/payload_map.h"
#include "client/pipeline/csv_source.h"
#include "client/pipeline/row_time.h"

namespace {
using namespace muster;
using namespace muster::client;

void Require(bool holds) {
  if (!holds) std::abort();
}

void CheckRow(const PayloadMap& map, const MappedRow& row) {
  Require(row.cells.size() == map.columns().size());
  Require(TimeOf(ParseCell(row.cells[0])).has_value());
  for (const std::string& cell : row.cells) {
    Require(cell.size() <= PayloadMap::kMostText);
    Require(cell.find_first_of("\r\n") == std::string::npos);
    const Cell read = ParseCell(cell);
    Require(read.kind != CellKind::kNotFinite);
    Require(read.kind != CellKind::kNumber || std::isfinite(read.number));
  }
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view all = AsText(std::as_bytes(std::span(data, size)));
  const std::size_t cut = all.find('\n');
  const std::string_view pointer = all.substr(0, cut);
  const std::string_view payload =
      cut == std::string_view::npos ? std::string_view() : all.substr(cut + 1);
  for (const char* preset : {"", "chirpstack", "ttn", "ekuiper"}) {
    const auto map = PayloadMap::Make({.fields = {{"a", std::string(pointer)}, {"b", "t"}},
                                       .preset = preset,
                                       .time = "",
                                       .device = "/id",
                                       .only = size % 2 == 0 ? "" : "7"});
    if (!map.ok()) {
      Require(ReasonOf(map.status()) == Reason::kFIELD_INVALID);
      continue;
    }
    const MappedPayload mapped = map->Map(payload, FromUnixMillis(1'780'000'000'000));
    Require(mapped.rows.size() + mapped.faults.size() <= PayloadMap::kMostRows);
    for (const MappedRow& row : mapped.rows) CheckRow(*map, row);
    for (const Status& fault : mapped.faults) {
      Require(ReasonOf(fault) == Reason::kPAYLOAD_INVALID);
      Require(MessageOf(fault).size() < 200);
    }
  }
  return 0;
}
