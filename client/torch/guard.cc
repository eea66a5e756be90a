#include "client/torch/guard.h"

#include <c10/util/Exception.h>

#include <optional>
#include <string>

#include "client/pipeline/one_line.h"

namespace muster::client {
namespace {
constexpr std::size_t kMaxLogged = 4000;

// The text of what `body` threw; `done` is its status otherwise.
std::optional<std::string> TextThrown(const std::function<Status()>& body, Status& done) {
  try {
    done = body();
    return std::nullopt;
  } catch (const c10::Error& e) {
    return e.what_without_backtrace();
  } catch (const std::bad_alloc&) {
    return "out of memory";
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "an exception of unknown type";
  }
}
}  // namespace

Status Guarded(std::string_view what, Reason reason, const std::function<Status()>& body) {
  Status done;
  const auto thrown = TextThrown(body, done);
  return thrown ? WithReason(InvalidArgument("{}: {}", what, OneLine(*thrown)), reason) : done;
}

Status GuardedRun(std::string_view what, const std::function<Status()>& body) {
  Status done;
  const auto thrown = TextThrown(body, done);
  if (!thrown) return done;
  fmt::print(stderr, "muster-torch: {}: {}\n", what, OneLine(*thrown, kMaxLogged));
  return WithReason(
      InvalidArgument("{}: the module raised an error; the log of muster-torch has its text", what),
      Reason::kTASK_FAILED);
}

}  // namespace muster::client
