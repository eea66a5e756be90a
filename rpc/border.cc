#include "rpc/border.h"

#include <utility>

#include "rpc/caller.h"

namespace muster::rpc {
namespace {

Status Require(Who who, const Caller& caller) {
  switch (who) {
    case Who::kOperator: return RequireOperator(caller);
    case Who::kDevice: return RequireDevice(caller);
    case Who::kEither: break;
  }
  return Ok();
}

}  // namespace

Identify ByCertificate(std::string trust_domain) {
  return [domain = std::move(trust_domain)](const grpc::ServerContextBase& context) {
    return CallerOf(context, domain);
  };
}

StatusOr<Caller> Border::Admit(const grpc::ServerContextBase& context, Who who,
                               std::string_view method) {
  StatusOr<Caller> caller = options_.identify(context);
  const Status refusal = caller.ok() ? Require(who, *caller) : caller.status();
  if (refusal.ok()) return caller;
  Denial denial{caller.ok() ? caller->Text() : context.peer(), std::string(method), refusal};
  logger_.Warn("call_denied",
               {{"who", denial.who}, {"method", denial.method}, {"why", MessageOf(refusal)}});
  if (options_.denied) {
    executor_.Post([sink = options_.denied, denial = std::move(denial)] { sink(denial); });
  }
  return refusal;
}

std::shared_ptr<void> Border::TryEnter() {
  if (waiting_->fetch_add(1, std::memory_order_relaxed) >= options_.max_waiting) {
    waiting_->fetch_sub(1, std::memory_order_relaxed);
    return nullptr;
  }
  return std::shared_ptr<void>(
      this, [waiting = waiting_](void*) { waiting->fetch_sub(1, std::memory_order_relaxed); });
}

}  // namespace muster::rpc
