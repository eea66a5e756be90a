#pragma once
// What all services of one server share at their outer edge: where handlers run, who may call,
// how many calls may wait, and where denials are told. One Border per server; it outlives it.
#include <grpcpp/server_context.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/caller.h"
#include "base/executor.h"
#include "base/log.h"
#include "base/status.h"

namespace muster::rpc {

// A call that was turned away at the border. `who` is Caller::Text() when the certificate named a
// caller, else the peer's address. `method` is the request's name without "Request".
struct Denial {
  std::string who;
  std::string method;
  Status status;
};
// Denials are facts, so this usually journals; called on the executor, and it may block.
using DenialSink = std::function<void(const Denial&)>;

using Identify = std::function<StatusOr<Caller>(const grpc::ServerContextBase&)>;
// The identity that TLS verified: CallerOf under `trust_domain`. Tests over an in-process channel,
// which has no certificates, pass something of their own.
Identify ByCertificate(std::string trust_domain);

enum class Who { kOperator, kDevice, kEither };

struct BorderOptions {
  Identify identify;
  DenialSink denied;               // Empty: denials are only logged.
  std::size_t max_waiting = 4096;  // Calls posted and not yet begun; beyond: RESOURCE_EXHAUSTED.
};

// Safe from any thread.
class Border {
 public:
  Border(Executor& executor, Logger& logger, BorderOptions options)
      : executor_(executor), logger_(logger), options_(std::move(options)) {}

  Executor& executor() { return executor_; }
  Logger& logger() { return logger_; }

  // The caller, when it is one of `who`. Otherwise the refusal, which is logged and handed to the
  // denial sink on the executor. Does not block. Methods open to anyone do not ask.
  StatusOr<Caller> Admit(const grpc::ServerContextBase& context, Who who, std::string_view method);

  // A place among the calls that wait for the executor, given back when the last copy is dropped;
  // null when all are taken.
  std::shared_ptr<void> TryEnter();

 private:
  Executor& executor_;
  Logger& logger_;
  const BorderOptions options_;
  // Shared: a place may be given back by work that is destroyed after the Border.
  const std::shared_ptr<std::atomic<std::size_t>> waiting_ =
      std::make_shared<std::atomic<std::size_t>>(0);
};

}  // namespace muster::rpc
