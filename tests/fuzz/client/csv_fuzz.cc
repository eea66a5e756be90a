// Rows of foreign text, as far as training: what is kept is whole rows of finite numbers that hold
// to their contract, each bad row is counted once and kept as it can be written, no window spans
// one, and what is refused has a reason of its own and one printable line that says where.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <sstream>

#include "base/bytes.h"
#include "client/pipeline/csv_source.h"
#include "client/pipeline/pipeline.h"

namespace {
using namespace muster;
using namespace muster::client;

void Require(bool holds) {
  if (!holds) std::abort();
}

// The rows as ReadGoodRows and a Pipeline read them.
class TextSource final : public Source {
 public:
  explicit TextSource(std::string text) : text_(std::move(text)) {}
  std::string_view name() const override { return "f.csv"; }
  Status Read(std::span<const std::string> columns, const Take& take) override {
    std::istringstream in(text_);
    return ParseCsv(in, name(), columns, take,
                    {.max_line_bytes = 200, .max_columns = 8, .max_cells = 64});
  }

 private:
  const std::string text_;
};

void CheckRefusal(const Status& status) {
  const auto reason = ReasonOf(status);
  Require(reason == Reason::kDATA_EMPTY || reason == Reason::kDATA_COLUMN_MISSING ||
          reason == Reason::kDATA_UNREADABLE || reason == Reason::kDATA_BAD_ROWS ||
          reason == Reason::kDATA_NO_WINDOW || reason == Reason::kDATA_STALE);
  const std::string_view message = MessageOf(status);
  Require(message.size() < 800);
  Require(std::all_of(message.begin(), message.end(), [](char c) { return c >= ' ' && c < 0x7f; }));
}

void CheckFindings(const RowFindings& findings) {
  Require(findings.bad <= findings.rows && findings.kept.size() <= findings.bad);
  std::uint64_t most = 0, sum = 0;
  for (const auto& [rule, rows] : findings.by_rule) {
    most = std::max(most, rows);
    sum += rows;
  }
  Require(most <= findings.bad && findings.bad <= sum);
  for (const BadRow& row : findings.kept)
    Require(!row.faults.empty() && row.text.size() <= BadRow::kMostText && row.line > 1);
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ContractView contract{
      .name = "k",
      .version = 1,
      .fields = {{"a", 0, 10, ""},
                 {.name = "b c", .lo = -1, .hi = 1, .type = FieldType::kInteger, .nullable = true},
                 {.name = "at", .type = FieldType::kTimestamp}},
      .rows = {.max_bad_share = 0.9},
      .time_field = "at",
      .freshness = std::chrono::hours(1)};
  const Timestamp now = FromUnixMillis(1'700'000'000'000);
  TextSource source{std::string(AsText(std::as_bytes(std::span(data, size))))};
  const std::vector<std::string> columns = {"a", "b c", "at"};
  RowFindings findings;
  const auto table = ReadGoodRows(source, contract, columns, now, findings);
  CheckFindings(findings);
  if (!table.ok()) {
    CheckRefusal(table.status());
  } else {
    Require(table->rows() == findings.rows - findings.bad && table->rows() >= 1);
    Require(std::is_sorted(table->cuts.begin(), table->cuts.end()));
    for (std::size_t r = 0; r < table->rows(); ++r) {
      const auto row = table->row(r);
      Require(row[0] >= 0 && row[0] <= 10);
      Require(std::isnan(row[1]) || row[1] == -1 || row[1] == 0 || row[1] == 1);
    }
  }
  const auto pipeline = Pipeline::Make(
      {.features = {"b c"}, .window = {2, 1}, .label = {.field = "a", .cap = {}, .scale = 1}},
      contract);
  RowFindings again;
  const auto dataset = pipeline->TrainingSet(source, now, again);
  Require(again.bad == findings.bad && again.rows == findings.rows);
  if (!dataset.ok()) return CheckRefusal(dataset.status()), 0;
  const auto finite = [](float v) { return std::isfinite(v); };
  Require(std::all_of(dataset->x.begin(), dataset->x.end(), finite));
  Require(std::all_of(dataset->y.begin(), dataset->y.end(), finite));
  Require(dataset->examples + 1 <= findings.rows);
  return 0;
}
