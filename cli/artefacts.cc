#include "cli/artefacts.h"

#include <muster/v1/transfer.pb.h>

#include <filesystem>
#include <fstream>

#include "cli/progress.h"
#include "rpc/chunk_client_stream.h"

namespace muster::cli {
namespace {
namespace fs = std::filesystem;
constexpr int kAttempts = 5;
constexpr Duration kInspectTimeout = std::chrono::minutes(5);

// A directory in between, gone with this.
struct TempDir {
  std::string path;
  ~TempDir() {
    std::error_code ignored;
    if (!path.empty()) fs::remove_all(path, ignored);
  }
};

Status Drained(Subprocess& child) {
  while (true) {
    const auto line = child.ReadLine(kInspectTimeout, 1 << 16);
    if (line.ok()) continue;
    return line.status().code() == absl::StatusCode::kUnavailable ? Ok() : line.status();
  }
}

// Fetches from where `bytes` ends to the end of the artefact.
Status Fetch(Shell& shell, const Link& link, const std::string& label, const std::string& digest,
             Bytes& bytes) {
  v1::DownloadRequest request;
  request.set_digest(digest);
  request.set_offset(bytes.size());
  grpc::ClientContext context;
  Progress progress(shell.world, label, 0);
  return rpc::Download(link.channel, rpc::kGetArtefact, request, context,
                       [&](std::uint64_t, const rpc::ChunkData& data) -> Status {
                         if (bytes.size() + data.size() > kMaxArtefactBytes)
                           return ResourceExhausted("{} is larger than 16 GiB", label);
                         for (const ByteView part : data.parts())
                           bytes.insert(bytes.end(), part.begin(), part.end());
                         progress.At(bytes.size());
                         return Ok();
                       })
      .status();
}

}  // namespace

StatusOr<Bytes> ReadBytes(const std::string& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (error) return NotFound("{}: {}", path, error.message());
  if (size > kMaxArtefactBytes) return ResourceExhausted("{}: larger than 16 GiB", path);
  Bytes bytes(size);
  std::ifstream in(path, std::ios::binary);
  in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!in || static_cast<std::uint64_t>(in.gcount()) != size)
    return NotFound("{}: cannot be read", path);
  return bytes;
}

Status WriteBytes(const std::string& path, ByteView bytes) {
  const std::string part = path + ".part";
  std::ofstream out(part, std::ios::binary | std::ios::trunc);
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out) return ResourceExhausted("{}: cannot be written (is the disk full?)", part);
  std::error_code error;
  fs::rename(part, path, error);
  if (error) return FailedPrecondition("{}: {}", path, error.message());
  return Ok();
}

StatusOr<Digest> PutArtefact(Shell& shell, const std::string& label, ByteView bytes) {
  MUSTER_ASSIGN(Link* const link, shell.Coordinator());
  const rpc::MemoryBlob blob(bytes);
  Progress progress(shell.world, "uploading " + label, bytes.size());
  grpc::ClientContext context;
  const auto reply = rpc::UploadFor<v1::PutArtefactReply>(link->channel, rpc::kPutArtefact,
                                                          ProgressBlob(blob, progress), 0, context);
  if (!reply.ok()) return Explained(reply.status(), *link);
  const Digest digest = shell.world.hasher.Sha256(bytes);
  if (reply->digest() != digest.ToString())
    return WithReason(DataLoss("{}: the coordinator stored {}, not {}", label, reply->digest(),
                               digest.ToString()),
                      Reason::kDIGEST_MISMATCH);
  return digest;
}

StatusOr<Bytes> GetArtefact(Shell& shell, const std::string& label, const std::string& digest) {
  MUSTER_ASSIGN(const Digest wanted, Digest::Parse(digest));
  MUSTER_ASSIGN(Link* const link, shell.Coordinator());
  Bytes bytes;
  for (int attempt = 1;; ++attempt) {
    const Status status = Fetch(shell, *link, "downloading " + label, digest, bytes);
    if (status.ok()) break;
    if (status.code() != absl::StatusCode::kUnavailable || attempt == kAttempts)
      return Explained(status, *link);
    shell.world.sleep(std::chrono::milliseconds(500 * attempt));
  }
  if (shell.world.hasher.Sha256(bytes) != wanted)
    return WithReason(DataLoss("{}: what came is not {}", label, digest), Reason::kDIGEST_MISMATCH);
  return bytes;
}

StatusOr<Bytes> ParamsOfModule(World& world, const std::string& module_path) {
  TempDir dir;
  MUSTER_ASSIGN(dir.path, world.disk.MakeTempDir());
  const std::string params = dir.path + "/params.safetensors";
  SubprocessSpec spec;
  spec.argv = {world.program_dir + "/muster-torch", "inspect", module_path, "--params", params};
  auto child = world.launcher.Start(spec);
  if (child.status().code() == absl::StatusCode::kNotFound) {
    spec.argv[0] = "muster-torch";
    child = world.launcher.Start(spec);
  }
  if (!child.ok())
    return Prefixed(child.status(), "muster-torch, which reads modules, cannot be started");
  MUSTER_TRY(Drained(**child));
  MUSTER_ASSIGN(const ExitStatus ended, (*child)->Wait(kInspectTimeout));
  if (!ended.ok())
    return WithReason(
        InvalidArgument("{}: muster-torch cannot read it ({})", module_path, ended.Text()),
        Reason::kARTEFACT_INVALID);
  return ReadBytes(params);
}

}  // namespace muster::cli
