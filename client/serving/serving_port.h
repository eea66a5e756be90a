#pragma once
// The port between a node's session with its coordinator and what serves there.
#include <functional>
#include <memory>
#include <optional>

#include "client/link.h"

namespace muster::client {

class ServingPort {
 public:
  virtual ~ServingPort() = default;
  // What a check-in says; nothing as long as an earlier life's state is being read. Any thread;
  // never waits.
  virtual std::optional<ServingState> State() const = 0;
  // On the session's strand: what the coordinator wants served. `done` is called once, from any
  // thread: OK when there is nothing left to try (it serves, or was refused for good and State says
  // so), an error when the offer may be asked for again.
  virtual void Offered(const std::shared_ptr<const ServingOffer>& offer,
                       const std::shared_ptr<CoordinatorLink>& link,
                       std::function<void(Status)> done) = 0;
};

}  // namespace muster::client
