#include "bench/round/bare_service.h"

#include <absl/synchronization/mutex.h>
#include <grpcpp/support/server_callback.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <vector>

#include "base/crc32c.h"
#include "bench/require.h"
#include "muster/v1/edge.grpc.pb.h"
#include "platform/private_file.h"
#include "rpc/chunk_codec.h"
#include "rpc/chunk_server_stream.h"
#include "rpc/raw_message.h"
#include "rpc/server.h"

namespace muster::bench {
namespace {
constexpr std::uint64_t kMostBytes = 64ull << 20;
constexpr std::size_t kMaxPem = 64 * 1024;

// Buffers that uploads write into, one each, used again and again.
class BufferPool {
 public:
  Bytes Take(std::size_t size) {
    Bytes buffer;
    {
      absl::MutexLock lock(&mu_);
      if (!free_.empty()) {
        buffer = std::move(free_.back());
        free_.pop_back();
      }
    }
    if (buffer.size() < size) buffer.resize(size);
    return buffer;
  }
  void Give(Bytes buffer) {
    absl::MutexLock lock(&mu_);
    free_.push_back(std::move(buffer));
  }

 private:
  absl::Mutex mu_;
  std::vector<Bytes> free_ ABSL_GUARDED_BY(mu_);
};

grpc::Status Refusal(const char* why) { return {grpc::StatusCode::INVALID_ARGUMENT, why}; }

class BareUpload final : public grpc::ServerReadReactor<grpc::ByteBuffer> {
 public:
  BareUpload(BufferPool& pool, grpc::ByteBuffer* reply, const StatusOr<std::uint64_t>& total)
      : pool_(pool), reply_(reply) {
    Begin(total);
  }

 private:
  void Begin(const StatusOr<std::uint64_t>& total) {
    if (!total.ok() || *total > kMostBytes) return Finish(Refusal("muster-bytes is unusable"));
    buffer_ = pool_.Take(*total);
    end_ = *total;
    StartRead(&message_);
  }
  void OnReadDone(bool ok) override {
    if (!ok) {
      *reply_ = rpc::RawBuffer(v1::UploadReply().SerializeAsString());
      return Finish(offset_ == end_ ? grpc::Status::OK : Refusal("stopped short"));
    }
    const StatusOr<rpc::Chunk> chunk = rpc::DecodeVerifiedChunk(message_);
    if (!chunk.ok() || chunk->offset != offset_ || chunk->data.size() > end_ - offset_)
      return Finish(Refusal("bad chunk"));
    for (const ByteView part : chunk->data.parts()) {
      std::memcpy(buffer_.data() + offset_, part.data(), part.size());
      offset_ += part.size();
    }
    StartRead(&message_);
  }
  void OnDone() override {
    pool_.Give(std::move(buffer_));
    delete this;
  }

  BufferPool& pool_;
  grpc::ByteBuffer* const reply_;
  grpc::ByteBuffer message_;
  Bytes buffer_;
  std::uint64_t offset_ = 0;
  std::uint64_t end_ = 0;
};

class BareDownload final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  BareDownload(ByteView memory, const grpc::ByteBuffer& request) { Begin(memory, request); }

 private:
  void Begin(ByteView memory, const grpc::ByteBuffer& request) {
    const auto asked = rpc::ParseRaw<v1::DownloadRequest>(request);
    if (!asked.ok()) return Finish(Refusal("no request"));
    const std::string& digits = asked->digest();
    std::uint64_t size = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), size);
    if (size > memory.size()) return Finish(Refusal("more than there is"));
    left_ = memory.first(size);
    Next();
  }
  void OnWriteDone(bool ok) override {
    if (!ok) return Finish(Refusal("the reader is gone"));
    Next();
  }
  void Next() {
    if (left_.empty()) return Finish(grpc::Status::OK);
    const ByteView piece = left_.first(std::min(left_.size(), rpc::kMaxChunkBytes));
    message_ = rpc::EncodeChunk(offset_, Crc32c(piece),
                                grpc::Slice(piece.data(), piece.size(), grpc::Slice::STATIC_SLICE));
    offset_ += piece.size();
    left_ = left_.subspan(piece.size());
    StartWrite(&message_);
  }
  void OnDone() override { delete this; }

  ByteView left_;
  std::uint64_t offset_ = 0;
  grpc::ByteBuffer message_;
};

class BareService final
    : public v1::EdgeService::WithRawCallbackMethod_Download<
          v1::EdgeService::WithRawCallbackMethod_Upload<v1::EdgeService::Service>> {
 public:
  BareService() : memory_(kMostBytes, std::byte{0x5a}) {}

  grpc::ServerReadReactor<grpc::ByteBuffer>* Upload(grpc::CallbackServerContext* context,
                                                    grpc::ByteBuffer* reply) override {
    return new BareUpload(pool_, reply, rpc::MetadataNumber(*context, rpc::kBytesKey));
  }
  grpc::ServerWriteReactor<grpc::ByteBuffer>* Download(grpc::CallbackServerContext*,
                                                       const grpc::ByteBuffer* request) override {
    return new BareDownload(memory_, *request);
  }

 private:
  const Bytes memory_;
  BufferPool pool_;
};

}  // namespace

void ServeBare(const std::string& directory) {
  const rpc::ServerTls tls{
      .certificate_pem = Require(platform::ReadTextFile(directory + "/certificate.pem", kMaxPem)),
      .key_pem = Require(platform::ReadPrivateFile(directory + "/key.pem")),
      .client_ca_pem = Require(platform::ReadTextFile(directory + "/ca.pem", kMaxPem))};
  BareService service;
  const std::array<grpc::Service*, 1> services{&service};
  const auto server = Require(rpc::Server::Start({"127.0.0.1", 0}, tls, services));
  fmt::print("ready {}\n", server->address().Text());
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
}

}  // namespace muster::bench
