#pragma once
// The port to a coordinator, in the agent's own words. client/rpc speaks it over gRPC; the
// simulator over a network of its own. Nothing here knows about time, disks or threads.
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/status.h"
#include "client/pipeline/contract_view.h"
#include "client/pipeline/pipeline.h"
#include "client/trainer.h"

namespace muster::client {

// A blob at the coordinator.
struct Artefact {
  Digest digest;
  std::uint64_t bytes = 0;
  friend bool operator==(const Artefact&, const Artefact&) = default;
};

// What the coordinator asks a device to do in one round.
struct Assignment {
  RoundKey round;
  TaskKind kind = TaskKind::kTrain;
  Artefact params;
  std::optional<Artefact> module;  // TorchScript; none when the trainer brings its own.
  ContractView contract;
  ModelName model;
  std::vector<std::string> features;  // The model's input, in order.
  WindowSpec window;
  LabelSpec label;
  Loss loss = Loss::kMse;
  OptimizerSpec optimizer;  // Its learning rate is this round's.
  std::uint32_t batch = 32;
  std::uint32_t epochs = 1;
  std::uint64_t campaign_seed = 0;
  std::vector<std::string> metrics;
  std::uint32_t cohort = 0;
  std::uint64_t example_cap = 0;  // 0: uniform weights.
  double bound = 16;              // On |coordinate| of the update; positive.
  double max_norm = 0;            // On its L2 norm; 0: none.
  Bytes secure_task;              // Of secure aggregation (secagg::EncodeTask); empty: plain.
  Bytes statistics = {};  // What is counted (EncodeQuery, EncodeWindowQuery); with no model.
  std::uint64_t newest_rows = 0;  // Only the newest so many good rows; 0: all.
  // Of a model with a hardware gate: the classes that its base is certified on.
  std::optional<std::vector<std::string>> certified = {};
  std::string signed_artefacts = {};  // A DSSE envelope that names `params` and `module`.
};
inline constexpr std::size_t kMostSecureTaskBytes = std::size_t{16} << 10;
inline constexpr std::size_t kMostSignedBytes = std::size_t{16} << 10;
inline constexpr std::size_t kMostStatisticsBytes = std::size_t{64} << 10;

// What became of the update that a device holds.
enum class HeldState { kNothingHeld, kWait, kCounted, kResend, kClosed, kRefused };

// Why a node cannot take part at present.
struct Unfit {
  Reason reason = Reason::kTASK_FAILED;
  std::string detail;  // File, line, column; one line of at most 512 characters.
};

// What a node's rows are made under.
struct Produced {
  std::string contract;
  std::uint64_t version = 0;
  friend bool operator==(const Produced&, const Produced&) = default;
};
// A campaign that wants this device and may not ask it.
struct Refusal {
  std::string campaign;
  Reason reason = Reason::kCONTRACT_INCOMPATIBLE;
  std::string detail;  // One line of at most 512 characters.
  friend auto operator<=>(const Refusal&, const Refusal&) = default;
};

// What a node serves by an alias, and has of it.
struct ServingState {
  ModelName model;
  std::string alias;
  VersionNumber version;             // In service; 0: none.
  VersionNumber refused;             // It failed here and is not to be offered again; 0: none.
  std::string monitors_digest = {};  // Of the rules that it runs, as the offer named it.
  friend bool operator==(const ServingState&, const ServingState&) = default;
};
// What the coordinator wants it to serve.
struct ServingOffer {
  ModelName model;
  std::string alias;
  VersionNumber version;
  Artefact params;
  std::optional<Artefact> module;
  ContractView contract;
  std::vector<std::string> features;  // The model's input, in order.
  WindowSpec window;
  LabelSpec label;
  std::optional<std::vector<std::string>> certified = {};  // As of an assignment.
  std::string signed_artefacts = {};
  std::string monitors = {};         // The rules, as ReadMonitors reads them; empty: none.
  std::string monitors_digest = {};  // Empty: none.
  Bytes wire = {};                   // All of it as it came: what is kept on disk.
};
inline constexpr std::size_t kMostMonitorBytes = std::size_t{256} << 10;

struct CheckInRequest {
  Duration hold{};     // How long it is willing to wait for an answer.
  bool ready = false;  // False: no work wanted.
  std::optional<RoundKey> held;
  std::optional<Unfit> unfit;
  std::optional<Produced> produces = {};  // Unset: whatever a task says.
  std::string hardware = {};              // This machine's class.
  std::optional<ServingState> serving = {};
};
struct CheckInReply {
  HeldState held = HeldState::kNothingHeld;
  std::shared_ptr<const Assignment> assignment;    // Null: nothing to do.
  Duration next{};                                 // With no assignment: when to come back.
  std::vector<Refusal> refusals = {};              // At most kMostRefusals.
  std::shared_ptr<const ServingOffer> serve = {};  // Null: it serves what it is to serve.
};
inline constexpr std::size_t kMostRefusals = 16;

// An update on its way up. `file` stays as it is until the callback has come or the link is gone.
struct UpdateUpload {
  RoundKey round;
  std::uint64_t examples = 0;
  double loss = 0;
  std::shared_ptr<const Bytes> file;
  std::uint64_t offset = 0;          // Where to go on; at most the file's size.
  Bytes header = {};                 // Of a masked vector: its secagg::MaskedHeader; empty: plain.
  TaskKind kind = TaskKind::kTrain;  // Of a masked vector: which session of the round it is for.
  std::optional<RowQuality> quality = {};  // Of the rows behind a plain update.
};

// One step of a secure round: the device's message goes up, the server's next one comes down.
struct SecureAsk {
  RoundKey round;
  TaskKind kind = TaskKind::kTrain;  // Which session of the round.
  Bytes message;                     // Empty: only waiting.
  std::optional<Digest> seen;        // Of the server's last message that was handled.
  Duration hold{};                   // How long it is willing to wait for an answer.
};
struct SecureAnswer {
  Bytes message;      // Empty: none yet.
  bool over = false;  // The session is done with this device.
  std::string why;    // A reason code when it was abandoned.
};

// What a coordinator shows of its log.
struct LogHead {
  std::string checkpoint;           // A signed note; empty: nothing is recorded yet.
  std::string key;                  // The log's verifier, as it says itself.
  std::optional<Digest> past_root;  // At the size that was asked about,
  std::vector<Digest> proof;        // and that the checkpoint's tree begins with it.
};
inline constexpr std::size_t kMostCheckpointBytes = std::size_t{16} << 10;

// One device's way to its coordinator. Every call gives its callback exactly one answer in the end
// (a link that loses contact says UNAVAILABLE), from any thread, perhaps before the call returns.
// A link that is destroyed gives none any more.
class CoordinatorLink {
 public:
  template <typename T>
  using Callback = std::function<void(StatusOr<T>)>;
  using Done = std::function<void(Status)>;
  // Takes the next bytes of a download, in order, and never after its Done. An error ends the
  // download, which then fails with it.
  using Sink = std::function<Status(ByteView)>;

  virtual ~CoordinatorLink() = default;
  // False when the next call has to connect first, so that another may answer it than the last.
  virtual bool IsConnected() const { return true; }
  virtual void CheckIn(const CheckInRequest& request, Callback<CheckInReply> done) = 0;
  // The blob's bytes from `offset`. NOT_FOUND (BLOB_NOT_FOUND).
  virtual void Download(const Digest& digest, std::uint64_t offset, Sink sink, Done done) = 0;
  // Where an upload of `total` bytes would go on; 0 when the coordinator has nothing of it.
  virtual void UploadOffset(const RoundKey& round, std::uint64_t total,
                            Callback<std::uint64_t> done) = 0;
  // OK means received, not counted: keep the update.
  virtual void Upload(const UpdateUpload& upload, Done done) = 0;
  // OK means that the message, if there was one, was taken. The same message again is harmless.
  virtual void Secure(const SecureAsk& ask, Callback<SecureAnswer> done) = 0;
  // Sums over `examples` in millionths, so that their order does not matter.
  virtual void ReportEvaluation(const RoundKey& round, std::uint64_t examples,
                                const std::map<std::string, std::int64_t>& sums_micro,
                                Done done) = 0;
  virtual void ReportFailure(const RoundKey& round, Reason reason, const std::string& detail,
                             Done done) = 0;
  // What has become of a log that had `since` leaves.
  virtual void GetLogHead(std::uint64_t since, Callback<LogHead> done) = 0;
};

}  // namespace muster::client
