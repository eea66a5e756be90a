#include "coordinator/app/fsck.h"

#include <filesystem>
#include <map>
#include <set>
#include <vector>

#include "base/canonical_json.h"
#include "coordinator/app/log_key.h"
#include "platform/dir_files.h"
#include "platform/dir_lock.h"
#include "platform/file_blobs.h"
#include "platform/secure_rng.h"
#include "platform/sha256.h"
#include "platform/sql_journal.h"
#include "registry/audit/merkle_log.h"

namespace muster::coordinator {
namespace {
namespace fs = std::filesystem;
constexpr std::size_t kPiece = 1 << 20;

class Check {
 public:
  Check(std::string path, std::function<void(const Finding&)> tell)
      : path_(std::move(path)), tell_(std::move(tell)) {}

  StatusOr<bool> Run(const std::string& trust_domain) {
    std::error_code error;
    if (!fs::is_regular_file(path_ + "/journal.db", error))
      return NotFound("{}: no data directory of a coordinator (journal.db is missing)", path_);
    MUSTER_ASSIGN(const auto lock, platform::DirLock::Acquire(path_));
    auto journal = platform::SqlJournal::OpenSqlite(path_ + "/journal.db");
    if (!journal.ok()) {
      Bad("journal", MessageOf(journal.status()));
      return false;
    }
    CheckJournal(**journal);
    CheckLog(**journal, trust_domain);
    MUSTER_ASSIGN(const auto blobs, platform::FileBlobs::Open(path_ + "/blobs"));
    CheckBlobs(*blobs);
    return ok_;
  }

 private:
  void Good(std::string subject, std::string detail) {
    tell_({true, std::move(subject), std::move(detail)});
  }
  void Bad(std::string subject, std::string_view detail) {
    ok_ = false;
    tell_({false, std::move(subject), std::string(detail)});
  }

  void CheckJournal(Journal& journal) {
    std::uint64_t leaf = 0;
    std::map<std::string, std::uint64_t> next;
    const Status read = journal.Replay("", false, [&](const JournalRow& row) -> Status {
      const std::string name = fmt::format("{}#{} (leaf {})", row.stream, row.seq, row.leaf);
      if (row.leaf != leaf) Bad("journal", fmt::format("leaf {} is missing before {}", leaf, name));
      leaf = row.leaf + 1;
      std::uint64_t& expected = next[row.stream];
      if (row.seq != expected)
        Bad("journal", fmt::format("fact {} of its stream is missing before {}", expected, name));
      expected = row.seq + 1;
      Judge(row, name);
      return Ok();
    });
    if (!read.ok()) return Bad("journal", MessageOf(read));
    if (ok_) Good("journal", fmt::format("{} facts in {} streams, no gap", leaf, next.size()));
  }
  // A fact that is what facts are; remembers the artefacts that versions name.
  void Judge(const JournalRow& row, const std::string& name) {
    const auto json = ParseJson(row.fact);
    const auto again = json.ok() ? CanonicalJson(*json) : json.status();
    if (!again.ok() || *again != row.fact)
      return Bad("journal", fmt::format("{} is not canonical JSON", name));
    if (!row.stream.starts_with("model/") || json->value("type", "") != "ModelVersionCreated")
      return;
    for (const char* member : {"params", "module"})
      if (json->contains(member))
        if (const auto digest = Digest::Parse(json->value(member, "")); digest.ok())
          named_.emplace(*digest, fmt::format("{} version {}", row.stream,
                                              json->value("version", std::uint64_t{0})));
  }

  void CheckLog(Journal& journal, const std::string& trust_domain) {
    std::error_code error;
    if (!fs::exists(path_ + "/log/key.pem", error)) return Good("log", "none was kept yet");
    platform::OpenSslRng rng;
    const auto key = OpenOrCreateLogKey(path_ + "/log", trust_domain, rng);
    if (!key.ok()) return Bad("log", MessageOf(key.status()));
    const auto files = platform::DirFiles::Open(path_ + "/files");
    if (!files.ok()) return Bad("log", MessageOf(files.status()));
    const platform::OpenSslHasher hasher;
    const auto log =
        registry::audit::MerkleLog::Open({journal, **files, hasher, *key->signer, key->origin});
    if (!log.ok()) return Bad("log", MessageOf(log.status()));
    if (const Status history = (*log)->CheckHistory(); !history.ok())
      return Bad("log", MessageOf(history));
    const auto head = (*log)->head();
    Good("log", fmt::format("{} facts under root {}, as recorded", head.size, head.root.Hex()));
  }

  void CheckBlobs(Blobs& blobs) {
    const std::vector<Digest> there = BlobsThere();
    std::uint64_t bytes = 0;
    const bool before = ok_;
    for (const Digest& digest : there) {
      const Status same = CheckBlob(blobs, digest, bytes);
      if (!same.ok()) Bad("blobs", MessageOf(same));
    }
    const std::set<Digest> known(there.begin(), there.end());
    for (const auto& [digest, who] : named_)
      if (!known.contains(digest))
        Bad("blobs", fmt::format("{} is missing, and {} is made of it: restore it from a backup",
                                 digest.ToString(), who));
    if (ok_ || !before)
      Good("blobs", fmt::format("{} blobs of {} bytes were read, {} of them named by versions",
                                there.size(), bytes, named_.size()));
  }
  std::vector<Digest> BlobsThere() const {
    std::vector<Digest> out;
    std::error_code error;
    for (fs::recursive_directory_iterator it(path_ + "/blobs", error), end; !error && it != end;
         it.increment(error)) {
      if (!it->is_regular_file(error)) continue;
      const std::string hex =
          it->path().parent_path().filename().string() + it->path().filename().string();
      if (const auto digest = Digest::Parse("sha256:" + hex); digest.ok()) out.push_back(*digest);
    }
    return out;
  }
  Status CheckBlob(Blobs& blobs, const Digest& digest, std::uint64_t& bytes) const {
    MUSTER_ASSIGN(const auto reader, blobs.Open(digest));
    platform::Sha256Stream hash;
    Bytes piece;
    for (std::uint64_t at = 0; at < reader->size(); at += piece.size()) {
      piece.resize(std::min<std::uint64_t>(kPiece, reader->size() - at));
      MUSTER_TRY(reader->Read(at, piece));
      hash.Update(piece);
    }
    bytes += reader->size();
    if (hash.Finish() == digest) return Ok();
    const auto named = named_.find(digest);
    return DataLoss(
        "{} has other content than its name says{}: restore it from a backup", digest.ToString(),
        named == named_.end() ? "" : fmt::format(", and {} is made of it", named->second));
  }

  const std::string path_;
  const std::function<void(const Finding&)> tell_;
  bool ok_ = true;
  std::map<Digest, std::string> named_;  // By which version.
};
}  // namespace

StatusOr<bool> CheckDataDir(const std::string& path, const std::string& trust_domain,
                            const std::function<void(const Finding&)>& tell) {
  return Check(path, tell).Run(trust_domain);
}

}  // namespace muster::coordinator
