#include "client/session/local_worker.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "aggregation/statistics/local.h"
#include "base/canonical_json.h"
#include "base/safetensors.h"
#include "client/exec/task_dir.h"
#include "client/pipeline/file_bytes.h"
#include "client/pipeline/labelled_source.h"
#include "client/session/window_count.h"

namespace muster::client {
namespace fs = std::filesystem;
namespace statistics = aggregation::statistics;
namespace {

PipelineConfig PipelineOf(const Assignment& assignment, EvaluateWindows evaluate) {
  return {assignment.features, assignment.window, assignment.label, evaluate,
          assignment.newest_rows};
}

// Everything that examples depend on, as one text.
std::string KeyOf(const Assignment& a, const std::string& stamp) {
  std::string key = fmt::format("{}\n{}\n{}\n{} {}\n{} {} {}\n{}\n", stamp, a.contract.name,
                                a.contract.version, a.window.rows, a.window.stride, a.label.field,
                                a.label.cap ? DecimalText(*a.label.cap) : "-",
                                DecimalText(a.label.scale), a.newest_rows);
  for (const std::string& feature : a.features) key += feature + '\n';
  return key;
}

// The base model's layout, without copying its values.
StatusOr<Layout> LayoutOf(ByteView file) {
  MUSTER_ASSIGN(const SafetensorsView view, ParseSafetensors(file));
  std::vector<TensorSpec> specs;
  for (const TensorView& tensor : view.tensors) specs.push_back(tensor.spec);
  return Layout::Make(std::move(specs));
}

Status Mismatch(std::string_view what) {
  return WithReason(FailedPrecondition("statistics: {}", what), Reason::kCONTRACT_MISMATCH);
}

// Ranges other than the declared ones would make of a histogram a question of its own.
template <typename Query>
Status CheckContract(const Query& query, const ContractView& contract) {
  if (query.contract != contract.name || query.version != contract.version)
    return Mismatch(fmt::format("of contract {} version {}, the assignment has {} version {}",
                                query.contract, query.version, contract.name, contract.version));
  for (const statistics::FieldRange& range : query.fields) {
    if (range.name == statistics::kPredictionField) continue;
    const ContractField* const field = contract.Find(range.name);
    if (field == nullptr) return Mismatch(fmt::format("no field '{}'", range.name));
    if (field->lo != range.lo || field->hi != range.hi)
      return Mismatch(fmt::format("field '{}' is declared as {} to {}, not {} to {}", range.name,
                                  field->lo, field->hi, range.lo, range.hi));
  }
  return Ok();
}

// Statistics say what the rows are like, nulls and odd values too: a row is left out only when a
// field of it cannot be read as what it is declared to be.
ContractView ForCounting(ContractView contract) {
  for (ContractField& field : contract.fields) field.nullable = true;
  contract.rows.out_of_range = OutOfRange::kKeep;
  contract.time_field.clear();
  return contract;
}

// Those of the query that rows have.
std::vector<std::string> FieldsOfRows(const statistics::WindowQuery& query) {
  std::vector<std::string> out;
  for (const statistics::FieldRange& range : query.fields)
    if (range.name != statistics::kPredictionField) out.push_back(range.name);
  return out;
}

std::vector<std::vector<double>> ColumnsOf(const Table& table) {
  std::vector<std::vector<double>> out(table.columns.size());
  for (std::vector<double>& column : out) column.reserve(table.rows());
  for (std::size_t r = 0; r < table.rows(); ++r)
    for (std::size_t c = 0; c < out.size(); ++c) out[c].push_back(table.row(r)[c]);
  return out;
}
}  // namespace

LocalWorker::LocalWorker(LocalWorkerConfig config, Blobs& blobs, const Hasher& hasher,
                         const Clock& clock, Quarantine& quarantine, std::unique_ptr<Source> source,
                         std::shared_ptr<Trainer> trainer, Logger& log)
    : config_(std::move(config)),
      blobs_(blobs),
      hasher_(hasher),
      clock_(clock),
      quarantine_(quarantine),
      source_(std::move(source)),
      trainer_(std::move(trainer)),
      log_(log) {}

StatusOr<TrainResult> LocalWorker::Run(const Assignment& assignment, std::uint64_t seed) {
  std::error_code error;
  fs::create_directories(config_.scratch, error);  // A failure shows at the first file.
  TaskDir dir{.path = config_.scratch, .task = {}, .layout = {}, .examples = 0};
  Task& task = dir.task;
  task.kind = assignment.kind;
  task.campaign = assignment.round.campaign.value();
  task.round = assignment.round.round.value();
  task.device = config_.name.value();
  task.seed = seed;
  task.data = assignment.kind == TaskKind::kTrain ? "data.safetensors" : "evaluation.safetensors";
  task.loss = assignment.loss;
  task.optimizer = assignment.optimizer;
  task.batch = assignment.batch;
  task.epochs = assignment.epochs;
  task.metrics = assignment.metrics;
  task.label_scale = assignment.label.scale;
  MUSTER_ASSIGN(const Prepared* const data, PrepareData(assignment, task.data));
  dir.examples = data->examples;
  MUSTER_ASSIGN(dir.layout, PrepareModel(assignment));
  MUSTER_ASSIGN(task.module, ModulePath(assignment));
  MUSTER_TRY(WriteTask(dir));
  StatusOr<TrainResult> result = trainer_->Run(dir, config_.time_limit);
  if (result.ok()) result->quality = data->quality;
  return result;
}

// As training reads them; the newest of them.
StatusOr<ServedWindow> LocalWorker::ReferenceRows(const statistics::WindowQuery& query,
                                                  const ContractView& contract) {
  ServedWindow out;
  out.fields = FieldsOfRows(query);
  std::vector<std::string> columns = out.fields;
  if (!contract.time_field.empty() &&
      std::ranges::find(columns, contract.time_field) == columns.end())
    columns.push_back(contract.time_field);
  RowFindings findings;
  MUSTER_ASSIGN(const Table table,
                ReadGoodRows(*source_, contract, columns, clock_.Now(), findings));
  const std::size_t rows = std::min<std::size_t>(table.rows(), query.rows);
  for (std::size_t r = table.rows() - rows; r < table.rows(); ++r) {
    const auto row = table.row(r).first(out.fields.size());
    out.cells.insert(out.cells.end(), row.begin(), row.end());
  }
  out.predictions.assign(rows, std::nan(""));
  out.labels.assign(rows, std::nan(""));
  return out;
}

// None from a node that did not serve this version.
StatusOr<ServedWindow> LocalWorker::ServedRows(const statistics::WindowQuery& query) {
  const std::vector<std::string> fields = FieldsOfRows(query);
  ServedWindow window;
  if (config_.served) {
    MUSTER_ASSIGN(window,
                  config_.served->Newest(ModelName(query.model), VersionNumber(query.model_version),
                                         query.monitor, fields, query.rows));
  }
  window.fields = fields;
  return window;
}

StatusOr<CountedRows> LocalWorker::CountWindowOf(const Assignment& assignment) {
  const std::string text(AsText(assignment.statistics));
  if (window_.query == text) return window_.rows;
  MUSTER_ASSIGN(const statistics::WindowQuery query, statistics::ParseWindowQuery(text));
  MUSTER_TRY(CheckContract(query, assignment.contract));
  MUSTER_ASSIGN(const ServedWindow window,
                query.reference ? ReferenceRows(query, assignment.contract) : ServedRows(query));
  MUSTER_ASSIGN(aggregation::secagg::SumValues values, CountWindow(query, window));
  // Before anything of it leaves: whatever becomes of the round, no other window has these rows.
  if (config_.served && window.last > 0)
    MUSTER_TRY(config_.served->Given(query.monitor, window.last));
  window_ = {text, {std::move(values), hasher_.Sha256(std::as_bytes(std::span(window.cells)))}};
  return window_.rows;
}

StatusOr<CountedRows> LocalWorker::Count(const Assignment& assignment) {
  if (statistics::IsWindowQuery(AsText(assignment.statistics))) return CountWindowOf(assignment);
  MUSTER_ASSIGN(const statistics::Query query,
                statistics::ParseQuery(AsText(assignment.statistics)));
  MUSTER_TRY(CheckContract(query, assignment.contract));
  std::vector<std::string> fields;
  for (const statistics::FieldRange& range : query.fields) fields.push_back(range.name);
  RowFindings findings;
  MUSTER_ASSIGN(Table table, ReadGoodRows(*source_, ForCounting(assignment.contract), fields,
                                          clock_.Now(), findings));
  // Those that count, so that rows after them do not make it another question.
  if (table.rows() > statistics::kMostRows)
    table.cells.resize(statistics::kMostRows * fields.size());
  const std::vector<std::vector<double>> columns = ColumnsOf(table);
  const std::vector<std::span<const double>> views(columns.begin(), columns.end());
  MUSTER_ASSIGN(aggregation::secagg::SumValues values, statistics::CountRows(query, views));
  return CountedRows{std::move(values), hasher_.Sha256(std::as_bytes(std::span(table.cells)))};
}

StatusOr<const LocalWorker::Prepared*> LocalWorker::PrepareData(const Assignment& assignment,
                                                                const std::string& file) {
  const bool train = assignment.kind == TaskKind::kTrain;
  const ContractView& contract = assignment.contract;
  const Timestamp now = clock_.Now();
  Prepared& prepared = train ? training_ : evaluation_;
  // Taken before reading: rows that change meanwhile give another stamp next time.
  std::string key = KeyOf(assignment, DataStamp());
  if (prepared.key == key) {
    MUSTER_TRY(CheckFresh(contract, source_->name(), prepared.newest, now));
    return &prepared;
  }
  prepared = {};
  RowFindings findings;
  const StatusOr<Dataset> data = Examples(assignment, now, findings);
  PutAside(contract, findings);
  MUSTER_TRY(data.status());
  MUSTER_TRY(WriteDataset(*data, config_.scratch / file));
  prepared = {std::move(key), data->examples, QualityOf(findings), findings.newest};
  return &prepared;
}

StatusOr<Dataset> LocalWorker::Examples(const Assignment& assignment, Timestamp now,
                                        RowFindings& findings) {
  MUSTER_ASSIGN(const Pipeline pipeline,
                Pipeline::Make(PipelineOf(assignment, config_.evaluate), assignment.contract));
  const auto read = [&](Source& source) {
    return assignment.kind == TaskKind::kTrain ? pipeline.TrainingSet(source, now, findings)
                                               : pipeline.EvaluationSet(source, now, findings);
  };
  if (!config_.labels) return read(*source_);
  LabelledSource labelled(*source_, *config_.labels, assignment.label.field,
                          assignment.contract.time_field);
  return read(labelled);
}

std::string LocalWorker::DataStamp() {
  const std::string rows = config_.stamp();
  return config_.labels ? fmt::format("{} {}", rows, config_.labels->stamp()) : rows;
}

// A quarantine that cannot be written costs its rows, not the training on the others.
void LocalWorker::PutAside(const ContractView& contract, const RowFindings& findings) {
  for (const auto& [field, count] : findings.out_of_range)
    log_.Warn("values_out_of_range", {{"node", config_.name}, {"field", field}, {"rows", count}});
  for (const auto& [field, count] : findings.null_feature)
    log_.Info("rows_without_value", {{"node", config_.name}, {"field", field}, {"rows", count}});
  if (findings.null_label > 0)
    log_.Info("rows_without_label", {{"node", config_.name}, {"rows", findings.null_label}});
  if (findings.bad == 0) return;
  for (const auto& [field, rules] : findings.by_field)
    log_.Warn("bad_cells", {{"node", config_.name}, {"field", field}, {"rules", RuleText(rules)}});
  const StatusOr<std::size_t> added = quarantine_.Add({contract.name, contract.version},
                                                      config_.name, source_->name(), findings.kept);
  if (!added.ok())
    log_.Error("quarantine_not_written",
               {{"node", config_.name}, {"error", MessageOf(added.status())}});
  log_.Warn("bad_rows", {{"node", config_.name},
                         {"contract", contract.name},
                         {"version", contract.version},
                         {"rows", findings.rows},
                         {"bad", findings.bad},
                         {"rules", RuleText(findings.by_rule)},
                         {"new", added.value_or(0)}});
}

StatusOr<Layout> LocalWorker::PrepareModel(const Assignment& assignment) {
  MUSTER_ASSIGN(const Bytes file, blobs_.Get(assignment.params.digest));
  const std::array<ByteView, 1> parts = {file};
  // A copy: what a trainer does to its task directory must not reach the cache.
  MUSTER_TRY(WriteFileBytes(config_.scratch / Task().model, parts));
  return LayoutOf(file);
}

StatusOr<std::string> LocalWorker::ModulePath(const Assignment& assignment) const {
  if (!config_.needs_module) return std::string();
  if (!assignment.module)
    return WithReason(FailedPrecondition("model '{}' has no module; this node's trainer needs one",
                                         assignment.model.value()),
                      Reason::kTASK_FAILED);
  return config_.blob_path(assignment.module->digest).string();
}

std::string FileStamp(const fs::path& path) {
  std::error_code error;
  const auto changed = fs::last_write_time(path, error);
  const auto size = error ? 0 : fs::file_size(path, error);
  if (error) return "absent";
  return fmt::format("{} {}", changed.time_since_epoch().count(), size);
}

}  // namespace muster::client
