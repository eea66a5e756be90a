#include "client/serving/serving_core.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "base/seeded.h"
#include "base/time_text.h"
#include "client/pipeline/one_line.h"

namespace muster::client {
namespace {
using drift::Finding;
constexpr double kNull = std::numeric_limits<double>::quiet_NaN();
constexpr Duration kBatchLimit = std::chrono::seconds(5);
constexpr Duration kTestLimit = std::chrono::seconds(5);
constexpr Duration kSaveEvery = std::chrono::seconds(5);
constexpr std::size_t kHistory = 4096;     // Rows behind a reference.
constexpr std::size_t kTestWindows = 256;  // Of a self-test.
constexpr std::uint64_t kSummaryRows = 1000;
constexpr std::uint32_t kMostFailures = 3;
constexpr std::size_t kMostDetail = 500;

bool SaysNothingOfTheModel(const Status& status) {
  return absl::IsUnavailable(status) || absl::IsCancelled(status);
}

Json PositionOrNull(const std::optional<StreamPosition>& position) {
  return position ? PositionJson(*position) : Json();
}

std::string WireText(const Bytes& wire) { return ToBase64(wire); }
}  // namespace

ServingCore::ServingCore(ServingConfig config, const ServingWorld& world,
                         std::unique_ptr<RowStream> stream,
                         std::vector<std::unique_ptr<PredictionSink>> sinks)
    : config_(std::move(config)),
      world_(world),
      prefix_(fmt::format("nodes/{}/serving", config_.node.value())),
      stream_(std::move(stream)),
      sinks_(std::move(sinks)),
      sink_fails_(sinks_.size(), false),
      rows_(std::make_shared<ServedRows>(world.files, prefix_, ServedRowsLimits(), config_.labels)),
      totals_(world.clock.Now()),
      saved_(world.clock.Now()) {}

ServingState ServingCore::State() const {
  ServingState out{
      .model = config_.model, .alias = config_.alias, .version = {}, .refused = refused_};
  if (service_) {
    out.version = service_->offer.version;
    out.monitors_digest = service_->offer.monitors_digest;
  }
  return out;
}

// --- What is kept on disk ---

void ServingCore::Load() {
  static_cast<void>(rows_->Load(0).ok());  // Rows that no state counts are forgotten.
  const Status read = ReadState();
  if (!read.ok() && !absl::IsNotFound(read))
    world_.log.Error("serving_state_unreadable",
                     {{"node", config_.node}, {"error", MessageOf(read)}});
  static_cast<void>(SendTold().ok());  // What an earlier life did not get to; else with the next.
}

Status ServingCore::ReadState() {
  MUSTER_ASSIGN(const Bytes file, world_.files.Get(prefix_ + "/state"));
  MUSTER_ASSIGN(const Json json, ParseJson(AsText(file)));
  if (!json.is_object()) return DataLoss("no object");
  JsonReader reader(json);
  const std::string model = reader.Text("model"), alias = reader.Text("alias");
  const std::string good = reader.Text("good");
  const std::uint64_t refused = reader.Unsigned("refused"), last = reader.Unsigned("rows");
  const Json& position = reader.At("position");
  const Json& totals = reader.At("totals");
  const Json& service = reader.At("service");
  MUSTER_TRY(reader.status());
  if (reader.Has("told") && world_.telemetry != nullptr) {
    const Status told = told_.Restore(reader.At("told"), *world_.telemetry);
    if (!told.ok())
      world_.log.Error("told_unreadable", {{"node", config_.node}, {"error", MessageOf(told)}});
  }
  std::optional<StreamPosition> place;
  if (!position.is_null()) {
    MUSTER_ASSIGN(place, ReadPosition(position));
  }
  MUSTER_ASSIGN(const std::size_t lost, rows_->Load(last));
  if (lost > 0) world_.log.Warn("served_rows_lost", {{"node", config_.node}, {"files", lost}});
  position_ = std::move(place);
  if (model != config_.model.value() || alias != config_.alias) return Ok();
  refused_ = VersionNumber(refused);
  MUSTER_ASSIGN(good_, FromBase64(good));
  if (service.is_null()) return Ok();
  MUSTER_ASSIGN(totals_, ServiceTotals::Restore(totals, world_.clock.Now()));
  return TakeService(service);
}

// What was in service goes on where it was, without the network.
Status ServingCore::TakeService(const Json& json) {
  JsonReader reader(json);
  const std::string wire = reader.Text("wire");
  const Json& windows = reader.At("windows");
  const Json& monitors = reader.At("monitors");
  MUSTER_TRY(reader.status());
  MUSTER_ASSIGN(const Bytes bytes, FromBase64(wire));
  MUSTER_ASSIGN(ServingOffer offer, config_.decode(bytes));
  MUSTER_ASSIGN(ServingSchema schema, ServingSchema::Make(offer));
  std::error_code error;
  for (const auto& path : {FilesOf(offer).module, FilesOf(offer).params})
    if (!std::filesystem::exists(path, error))
      return NotFound("version {}: {} is gone", offer.version.value(), path.string());
  RowWindows restored(schema);
  MUSTER_TRY(restored.Restore(windows));
  NodeMonitors set = MonitorsFor(offer, schema, LoadReference(offer.version));
  if (const Status taken = set.Restore(monitors); !taken.ok()) {
    world_.log.Warn("monitors_begin_anew", {{"node", config_.node}, {"error", MessageOf(taken)}});
    totals_.ForgetJudged();
  }
  BeginRows(offer, schema);
  service_.emplace(
      Service{std::move(offer), std::move(schema), std::move(restored), std::move(set)});
  return Ok();
}

void ServingCore::BeginRows(const ServingOffer& offer, const ServingSchema& schema) {
  std::vector<std::string> names;
  for (const drift::MonitoredField& field : schema.fields()) names.push_back(field.name);
  rows_->Begin({.model = offer.model,
                .fields = std::move(names),
                .label = offer.label.field,
                .cap = offer.label.cap});
}

Status ServingCore::Save() {
  const Status done = [this]() -> Status {
    MUSTER_TRY(rows_->Flush());  // First: the state says how many of them count.
    MUSTER_TRY(WriteState());    // And what is to be told, before it is.
    return SendTold();
  }();
  if (done.ok()) {
    saved_ = world_.clock.Now();
    changed_ = false;
  } else if (unsaved_ != MessageOf(done)) {
    world_.log.Error("serving_not_saved", {{"node", config_.node}, {"error", MessageOf(done)}});
  }
  unsaved_ = std::string(MessageOf(done));
  return done;
}

Status ServingCore::WriteState() {
  Json service;
  if (service_)
    service = {{"monitors", service_->monitors.Save()},
               {"windows", service_->windows.Save()},
               {"wire", WireText(service_->offer.wire)}};
  MUSTER_ASSIGN(const std::string text, CanonicalJson({{"alias", config_.alias},
                                                       {"good", WireText(good_)},
                                                       {"model", config_.model.value()},
                                                       {"position", PositionOrNull(position_)},
                                                       {"refused", refused_.value()},
                                                       {"rows", rows_->last()},
                                                       {"service", std::move(service)},
                                                       {"told", ToldJson()},
                                                       {"totals", totals_.Save()}}));
  const std::array<ByteView, 1> parts = {AsBytes(text)};
  return world_.files.Put(prefix_ + "/state", parts);
}

// A reference is of one version; another's is none.
std::optional<drift::TrainingReference> ServingCore::LoadReference(VersionNumber version) const {
  const StatusOr<Bytes> file =
      world_.files.Get(fmt::format("{}/reference-{}", prefix_, version.value()));
  if (!file.ok()) return std::nullopt;
  StatusOr<drift::TrainingReference> reference = drift::TrainingReference::Parse(AsText(*file));
  if (reference.ok()) return *std::move(reference);
  world_.log.Warn("reference_unreadable",
                  {{"node", config_.node}, {"error", MessageOf(reference.status())}});
  return std::nullopt;
}

void ServingCore::SaveReference(VersionNumber version, const drift::TrainingReference& reference) {
  const std::string stem = prefix_ + "/reference-";
  const std::string name = fmt::format("{}{}", stem, version.value());
  const std::string text = reference.Encode();
  const std::array<ByteView, 1> parts = {AsBytes(text)};
  if (const Status put = world_.files.Put(name, parts); !put.ok())
    world_.log.Warn("reference_not_kept", {{"node", config_.node}, {"error", MessageOf(put)}});
  const auto names = world_.files.List(stem);
  if (!names.ok()) return;
  for (const std::string& other : *names)
    if (other != name) static_cast<void>(world_.files.Remove(other).ok());
}

// --- Versions ---

ModelFiles ServingCore::FilesOf(const ServingOffer& offer) const {
  ModelFiles out;
  if (offer.module) out.module = config_.blob_path(offer.module->digest);
  out.params = config_.blob_path(offer.params.digest);
  return out;
}

std::vector<drift::MonitorSpec> ServingCore::RulesOf(const ServingOffer& offer) const {
  std::vector<drift::MonitorSpec> out = config_.own_rules;
  if (offer.monitors.empty()) return out;
  const StatusOr<Json> json = ParseJson(offer.monitors, 16);
  const StatusOr<std::vector<drift::MonitorSpec>> rules =
      json.ok() ? drift::ReadMonitors(*json)
                : StatusOr<std::vector<drift::MonitorSpec>>(json.status());
  if (!rules.ok()) {
    world_.log.Error("rules_unreadable",
                     {{"node", config_.node}, {"error", MessageOf(rules.status())}});
    return out;
  }
  for (const drift::MonitorSpec& rule : *rules)
    if (std::ranges::count(out, rule.name, &drift::MonitorSpec::name) == 0) out.push_back(rule);
  return out;
}

NodeMonitors ServingCore::MonitorsFor(const ServingOffer& offer, const ServingSchema& schema,
                                      std::optional<drift::TrainingReference> reference) const {
  return NodeMonitors::Make({.series = config_.node.value(),
                             .fields = {schema.fields().begin(), schema.fields().end()},
                             .specs = RulesOf(offer),
                             .reference = std::move(reference)},
                            world_.log);
}

StatusOr<ServingCore::History> ServingCore::ReadHistory(const ServingSchema& schema) {
  History out;
  const std::uint64_t until = position_ ? position_->offset : 0;
  if (position_ && until == 0) return out;
  const Timestamp now = world_.clock.Now();
  for (;;) {
    MUSTER_ASSIGN(const std::size_t rows,
                  stream_->Read(schema.columns(), kHistory, until, out.end, [&](const Row& row) {
                    out.rows.push_back(schema.Judge(row, now, config_.labels));
                  }));
    if (rows == 0) break;
    if (out.rows.size() > 2 * kHistory)
      out.rows.erase(out.rows.begin(), out.rows.end() - static_cast<std::ptrdiff_t>(kHistory));
  }
  if (out.rows.size() > kHistory)
    out.rows.erase(out.rows.begin(), out.rows.end() - static_cast<std::ptrdiff_t>(kHistory));
  return out;
}

// Whether the model gives finite numbers on what this node sees, in time. Then what it gives on all
// of the history, as far as the time allows: a reference for later predictions.
StatusOr<ServingCore::Tested> ServingCore::Test(const ServingOffer& offer,
                                                const ServingSchema& schema,
                                                const History& history) {
  RowWindows windows(schema);
  std::vector<float> x;
  std::vector<std::size_t> asked;
  for (std::size_t r = 0; r < history.rows.size(); ++r)
    if (windows.Take(history.rows[r], x)) asked.push_back(r);
  const std::size_t width = windows.inputs();
  if (asked.empty()) x.assign(width, 0);  // The middle of each declared range.
  Tested out{std::vector<double>(history.rows.size(), kNull)};
  const auto begun = world_.stopwatch();
  std::size_t end = x.size() / width;
  while (end > 0) {  // From the newest backwards.
    const auto left = kTestLimit - std::chrono::duration_cast<Duration>(world_.stopwatch() - begun);
    const bool first = end == x.size() / width;
    if (!first && left <= kTestLimit / 2) break;
    const std::size_t from = end > kTestWindows ? end - kTestWindows : 0;
    MUSTER_ASSIGN(const std::vector<float> y,
                  world_.predictor.Predict(FilesOf(offer),
                                           std::span(x).subspan(from * width, (end - from) * width),
                                           width, std::max(left, Duration(1))));
    if (first && !std::ranges::all_of(y, [](float v) { return std::isfinite(v); }))
      return WithReason(FailedPrecondition("it gives a number that is not finite"),
                        Reason::kSELF_TEST_FAILED);
    for (std::size_t i = from; i < end && !asked.empty(); ++i)
      if (std::isfinite(y[i - from])) out.predictions[asked[i]] = schema.InUnit(y[i - from]);
    end = from;
  }
  return out;
}

std::optional<drift::TrainingReference> ServingCore::ReferenceOf(const ServingSchema& schema,
                                                                 const History& history,
                                                                 const Tested& tested) const {
  std::vector<drift::MonitoredField> fields(schema.fields().begin(), schema.fields().end());
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const char* name : {"$error", "$prediction"})
    fields.push_back({name, -kInfinity, kInfinity});
  std::vector<double> cells;
  for (std::size_t r = 0; r < history.rows.size(); ++r) {
    const ServingSchema::ServedRow& row = history.rows[r];
    if (!row.good) continue;
    cells.insert(cells.end(), row.values.begin(), row.values.end());
    cells.push_back(schema.ErrorOf(tested.predictions[r], row.label));
    cells.push_back(tested.predictions[r]);
  }
  SeededRng rng(SeedOf({"reference", config_.node.value()}));
  auto reference = drift::TrainingReference::Make(fields, cells, rng);
  if (reference.ok()) return *std::move(reference);
  world_.log.Info("no_reference", {{"node", config_.node}, {"why", MessageOf(reference.status())}});
  return std::nullopt;
}

Status ServingCore::Enter(const ServingOffer& offer) {
  MUSTER_ASSIGN(ServingSchema schema, ServingSchema::Make(offer));
  if (!offer.module)
    return WithReason(FailedPrecondition("it has no module to serve with"), Reason::kTASK_FAILED);
  MUSTER_ASSIGN(History history, ReadHistory(schema));
  MUSTER_ASSIGN(const Tested tested, Test(offer, schema, history));
  std::optional<drift::TrainingReference> reference = ReferenceOf(schema, history, tested);
  if (reference) SaveReference(offer.version, *reference);
  NodeMonitors monitors = MonitorsFor(offer, schema, std::move(reference));

  Leave();
  RowWindows windows(schema);
  if (position_ || !config_.from_beginning) {
    std::vector<float> unused;
    for (const ServingSchema::ServedRow& row : history.rows) windows.Take(row, unused);
  }
  if (!position_) position_ = config_.from_beginning ? StreamPosition{} : history.end;
  BeginRows(offer, schema);
  service_.emplace(Service{offer, std::move(schema), std::move(windows), std::move(monitors)});
  failures_ = 0;
  world_.log.Info("version_serves", {{"node", config_.node},
                                     {"model", offer.model},
                                     {"version", offer.version},
                                     {"rules", service_->monitors.rules()}});
  return Ok();
}

// What was in service tells what it has to tell.
void ServingCore::Leave() {
  if (!service_) return;
  std::vector<Finding> findings;
  service_->monitors.Close(findings);
  TellFindings(std::move(findings));
  if (totals_.rows() > 0) TellSummary();
  totals_ = ServiceTotals(world_.clock.Now());
}

void ServingCore::ChangeRules(const ServingOffer& offer) {
  std::vector<Finding> findings;
  service_->monitors.Close(findings);
  TellFindings(std::move(findings));
  totals_.ForgetJudged();
  service_->monitors = MonitorsFor(offer, service_->schema, LoadReference(offer.version));
  service_->offer = offer;
  world_.log.Info("rules_changed", {{"node", config_.node}, {"rules", service_->monitors.rules()}});
}

Status ServingCore::Install(const ServingOffer& offer) {
  if (offer.model != config_.model || offer.alias != config_.alias)
    return InvalidArgument("an offer of {} by {}, and {} by {} is served here", offer.model.value(),
                           offer.alias, config_.model.value(), config_.alias);
  if (service_ && service_->offer.version == offer.version) {
    if (service_->offer.monitors_digest == offer.monitors_digest) return Ok();
    ChangeRules(offer);
    return Save();
  }
  const Bytes before = service_ ? service_->offer.wire : good_;
  const Status entered = Enter(offer);
  if (!entered.ok() && SaysNothingOfTheModel(entered)) return entered;
  if (!entered.ok()) {
    const bool of_data = ReasonOf(entered) == Reason::kDATA_UNREADABLE ||
                         ReasonOf(entered) == Reason::kDATA_COLUMN_MISSING;
    if (of_data) return entered;  // The stream's fault, and it may be mended.
    return Refuse(offer, ReasonOf(entered) == Reason::kTASK_FAILED
                             ? WithReason(FailedPrecondition("{}", MessageOf(entered)),
                                          Reason::kSELF_TEST_FAILED)
                             : entered);
  }
  good_ = before;
  TellLoaded(offer.version, {});
  return Save();
}

Status ServingCore::Refuse(const ServingOffer& offer, const Status& why) {
  const Reason reason = ReasonOf(why).value_or(Reason::kSELF_TEST_FAILED);
  world_.log.Error("version_refused", {{"node", config_.node},
                                       {"model", offer.model},
                                       {"version", offer.version},
                                       {"reason", NameOf(reason)},
                                       {"error", MessageOf(why)}});
  refused_ = offer.version;
  TellLoaded(offer.version,
             {Loaded::State::kRefused, reason, OneLine(MessageOf(why), kMostDetail)});
  return Save();
}

void ServingCore::FallBack(const Status& why) {
  const ServingOffer failed = service_->offer;
  world_.log.Error("version_fails", {{"node", config_.node},
                                     {"version", failed.version},
                                     {"batches", failures_},
                                     {"error", MessageOf(why)}});
  const StatusOr<ServingOffer> before =
      good_.empty() ? StatusOr<ServingOffer>(NotFound("no version served before"))
                    : config_.decode(good_);
  const Status entered = before.ok() ? Enter(*before) : before.status();
  if (SaysNothingOfTheModel(entered)) {  // With the next batch, then.
    --failures_;
    return;
  }
  failures_ = 0;
  good_.clear();
  refused_ = failed.version;
  TellLoaded(failed.version,
             {Loaded::State::kFallenBack, ReasonOf(why).value_or(Reason::kTASK_FAILED),
              OneLine(MessageOf(why), kMostDetail)});
  if (entered.ok()) return TellLoaded(before->version, {});
  Leave();
  service_.reset();
  world_.log.Error("nothing_serves", {{"node", config_.node}, {"error", MessageOf(entered)}});
}

// --- Rows ---

StatusOr<std::size_t> ServingCore::Step() {
  if (!service_ || !position_) return std::size_t{0};
  const Timestamp now = world_.clock.Now();
  StreamPosition next = *position_;
  Batch batch;
  MUSTER_ASSIGN(const std::size_t count,
                stream_->Read(service_->schema.columns(), kBatch, 0, next, [&](const Row& row) {
                  batch.rows.push_back(service_->schema.Judge(row, now, config_.labels));
                }));
  RowWindows windows = service_->windows;
  std::vector<float> x;
  std::vector<std::size_t> asked;
  for (std::size_t r = 0; r < batch.rows.size(); ++r)
    if (windows.Take(batch.rows[r], x)) asked.push_back(r);
  batch.predictions.assign(batch.rows.size(), kNull);
  Status predicted = Ok();
  if (!asked.empty()) predicted = Predict(windows, x, asked, batch);
  if (!predicted.ok() && SaysNothingOfTheModel(predicted)) return predicted;

  // From here on these rows are served.
  if (next != *position_) changed_ = true;
  position_ = std::move(next);
  service_->windows = std::move(windows);
  Act(batch);
  Watch(batch);
  if (!asked.empty()) failures_ = predicted.ok() ? 0 : failures_ + 1;
  if (failures_ >= kMostFailures) FallBack(predicted);
  const bool summary = totals_.rows() >= kSummaryRows ||
                       (totals_.rows() > 0 && now - totals_.since() >= config_.summary_every);
  if (service_ && summary) TellSummary();
  if (!told_.empty() || (changed_ && now - saved_ >= kSaveEvery))
    static_cast<void>(Save().ok());  // It says why; the next one tries again.
  return count;
}

Status ServingCore::Predict(const RowWindows& windows, std::span<const float> x,
                            const std::vector<std::size_t>& asked, Batch& batch) {
  batch.asked = asked.size();
  const auto begun = world_.stopwatch();
  const StatusOr<std::vector<float>> y =
      world_.predictor.Predict(FilesOf(service_->offer), x, windows.inputs(), kBatchLimit);
  const auto ended = world_.stopwatch();
  const double seconds = std::chrono::duration<double>(ended - begun).count();
  const double passed = std::chrono::duration<double>(ended - last_batch_).count();
  last_batch_ = ended;
  batch.latency_ms = seconds * 1000;
  const double busy = passed > 0 ? std::min(1.0, seconds / passed) : 1.0;
  batch.watts = config_.device_watts > 0 ? config_.device_watts * busy : kNull;
  if (!y.ok() && SaysNothingOfTheModel(y.status())) return y.status();
  totals_.CountEnergy(config_.device_watts * seconds);
  MUSTER_TRY(y.status());
  std::size_t finite = 0;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (!std::isfinite((*y)[i])) continue;
    batch.predictions[asked[i]] = service_->schema.InUnit((*y)[i]);
    totals_.CountPrediction(batch.latency_ms);
    ++finite;
  }
  if (finite > 0) return Ok();
  return WithReason(FailedPrecondition("none of {} predictions is finite", asked.size()),
                    Reason::kSELF_TEST_FAILED);
}

// The predictions, as lines, to every sink.
void ServingCore::Act(const Batch& batch) {
  const std::uint64_t before = rows_->last();
  for (std::size_t r = 0; r < batch.rows.size(); ++r) {
    if (std::isnan(batch.predictions[r])) continue;
    const ServingSchema::ServedRow& row = batch.rows[r];
    const Json line = {{"time", row.time ? Json(FormatTime(*row.time)) : Json()},
                       {"model", service_->offer.model.value()},
                       {"version", service_->offer.version.value()},
                       {"prediction", batch.predictions[r]},
                       {"label", std::isnan(row.label) ? Json() : Json(row.label)},
                       {"row", before + r + 1}};
    Hand(line.dump());
  }
}

void ServingCore::Hand(std::string_view line) {
  for (std::size_t s = 0; s < sinks_.size(); ++s) {
    const Status given = sinks_[s]->Give(line);
    if (given.ok() == !sink_fails_[s]) continue;
    sink_fails_[s] = !given.ok();
    if (given.ok())
      world_.log.Info("sink_works_again", {{"node", config_.node}, {"sink", sinks_[s]->name()}});
    else
      world_.log.Warn(
          "sink_fails",
          {{"node", config_.node}, {"sink", sinks_[s]->name()}, {"error", MessageOf(given)}});
  }
}

// Monitors, the kept rows and the totals see every row, good or not.
void ServingCore::Watch(const Batch& batch) {
  std::vector<Finding> findings;
  std::size_t missed = batch.asked;
  for (const double prediction : batch.predictions) missed -= !std::isnan(prediction);
  for (std::size_t r = 0; r < batch.rows.size(); ++r) {
    const ServingSchema::ServedRow& row = batch.rows[r];
    const double prediction = batch.predictions[r];
    const bool has = !std::isnan(prediction);
    service_->monitors.Feed(row.time, row.values,
                            {.error = service_->schema.ErrorOf(prediction, row.label),
                             .prediction = prediction,
                             .latency_ms = has ? batch.latency_ms : kNull,
                             .watts = has ? batch.watts : kNull},
                            findings);
    rows_->Append({.version = service_->offer.version,
                   .time = row.time,
                   .cells = row.values,
                   .prediction = prediction,
                   .label = row.label});
    const bool failed = row.good && !has && missed > 0;
    missed -= failed;
    totals_.CountRow(row.time, has, !std::isnan(row.label), failed);
  }
  service_->monitors.Tick(world_.clock.Now(), findings);
  TellFindings(std::move(findings));
}

// --- Telling ---

void ServingCore::TellFindings(std::vector<Finding> findings) {
  for (Finding& finding : findings) {
    world_.log.Warn("drift_finding", {{"node", config_.node},
                                      {"rule", finding.monitor},
                                      {"field", finding.field},
                                      {"phase", drift::NameOf(finding.phase)},
                                      {"text", finding.text}});
    const Timestamp at = finding.to.time.value_or(world_.clock.Now());
    Tell({at, service_->offer.model, service_->offer.version, std::move(finding)});
  }
}

void ServingCore::TellSummary() {
  Tell({world_.clock.Now(), service_->offer.model, service_->offer.version,
        totals_.Take(service_->monitors.NotJudged(), world_.clock.Now())});
}

void ServingCore::TellLoaded(VersionNumber version, Loaded loaded) {
  Tell({world_.clock.Now(), config_.model, version, std::move(loaded)});
}

void ServingCore::Tell(TelemetryEvent event) {
  changed_ = true;
  if (world_.telemetry == nullptr) return;
  told_.Add(std::move(event));
}

// What telemetry will not take is left out: rows are not held up for it.
Status ServingCore::SendTold() {
  if (world_.telemetry == nullptr) return Ok();
  const auto refused = [this](const Status& why) {
    world_.log.Warn("not_told", {{"node", config_.node}, {"error", MessageOf(why)}});
  };
  return told_.Send(*world_.telemetry, refused, [this] { return WriteState(); });
}

Json ServingCore::ToldJson() const {
  return world_.telemetry == nullptr ? Json::array() : told_.Save(*world_.telemetry);
}

}  // namespace muster::client
