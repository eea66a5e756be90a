#pragma once
// The agent's HTTP for programs of its own machine: POST /v1/feedback (docs/TELEMETRY.md). It
// listens on loopback alone, and answers only who shows the token in STATE_DIR/local-api.json,
// which its owner alone may read.
#include <filesystem>
#include <memory>
#include <string>

#include "base/endpoint.h"
#include "base/log.h"
#include "base/rng.h"
#include "base/secret.h"
#include "client/telemetry/feedback_desk.h"
#include "client/telemetry/feedback_json.h"
#include "platform/http_server.h"

namespace muster::client {

class LocalApi {
 public:
  // Listens and writes the file; what is borrowed outlives it.
  static StatusOr<std::unique_ptr<LocalApi>> Start(const Endpoint& address,
                                                   const std::filesystem::path& state_dir,
                                                   FeedbackDesk& desk, SecureRng& rng, Logger& log);
  ~LocalApi() { Stop(); }
  void Stop() { server_->Stop(); }

 private:
  explicit LocalApi(std::unique_ptr<platform::HttpServer> server) : server_(std::move(server)) {}
  const std::unique_ptr<platform::HttpServer> server_;
};

// What a request is answered with; `token` is what it has to show.
platform::HttpReply AnswerLocal(const platform::HttpRequest& request, const std::string& token,
                                FeedbackDesk& desk);

// Hands a feedback to the agent that runs on `state_dir`.
//   errors  NOT_FOUND when none has said where it listens; UNAVAILABLE when it does not answer;
//           otherwise the agent's.
StatusOr<FeedbackDesk::Answer> CallLocal(const std::filesystem::path& state_dir,
                                         const FeedbackRequest& request);

}  // namespace muster::client
