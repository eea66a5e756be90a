#pragma once
// The log of one coordinator as an agent remembers it, on disk: the key that it pinned, and the
// last checkpoint that it believed. A log that shrinks or changes convicts its coordinator; what
// shows it is put away as evidence that anybody can check.
#include <memory>
#include <optional>
#include <string>

#include "base/blobs.h"
#include "base/crypto.h"
#include "client/log_witness.h"
#include "registry/audit/fork_file.h"
#include "registry/audit/witness.h"

namespace muster::client {

struct LogBookConfig {
  std::string name;                               // Of the coordinator, as a file's.
  std::string folder;                             // Where `files` lies, for what people are told.
  std::string key;                                // As enrolment gave it; empty: the first shown.
  Duration look_again = std::chrono::minutes(5);  // At the latest.
};

// Used on one strand. `files` and `crypto` outlive it.
class LogBook final : public LogWitness {
 public:
  // Reads "log/<name>.json". DATA_LOSS when it is there and cannot be read: what was remembered is
  // not forgotten silently. A fork that was proven before is a verdict from the beginning.
  static StatusOr<std::shared_ptr<LogBook>> Open(LogBookConfig config, Files& files,
                                                 const Crypto& crypto);

  const Status& verdict() const override { return verdict_; }
  bool Due(Timestamp now) const override;
  void Doubt() override { looked_at_.reset(); }
  std::uint64_t remembered() const override;
  Status See(std::uint64_t since, const LogHead& head, Timestamp now) override;
  Status CheckSigned(std::string_view envelope, std::span<const Digest> files) const override;

 private:
  LogBook(LogBookConfig config, Files& files, const Crypto& crypto)
      : config_(std::move(config)), files_(files), crypto_(crypto) {}
  Status Load();
  Status LoadVerdict();
  Status Pin(std::string_view key);
  Status Save();
  // What the log's answer amounts to when it was not believed.
  Status Convict(const Status& why, const LogHead& head, Timestamp now);
  Status Sentence(const Status& why, bool evidence) const;
  std::string FileName() const { return "log/" + config_.name + ".json"; }
  std::string EvidenceName() const { return "log/" + config_.name + ".evidence.json"; }

  const LogBookConfig config_;
  Files& files_;
  const Crypto& crypto_;
  std::optional<registry::audit::NoteKey> key_;
  std::optional<registry::audit::Witness> witness_;  // Once there is a key.
  std::string saved_;                                // The note that is on disk.
  std::optional<Timestamp> looked_at_;
  Status verdict_;
};

}  // namespace muster::client
