#include "registry/http/errors.h"

#include <array>

#include "base/canonical_json.h"

namespace muster::registry {
namespace {
constexpr std::size_t kLongestMessage = 16 * 1024;

struct Row {
  Reason reason;
  int code;
};
constexpr std::array<Row, 22> kCodes = {{
    {Reason::kSUBJECT_NOT_FOUND, 40401},
    {Reason::kSUBJECT_VERSION_NOT_FOUND, 40402},
    {Reason::kSCHEMA_NOT_FOUND, 40403},
    {Reason::kSUBJECT_DELETED, 40404},
    {Reason::kSUBJECT_NOT_DELETED, 40405},
    {Reason::kSUBJECT_VERSION_DELETED, 40406},
    {Reason::kSUBJECT_VERSION_NOT_DELETED, 40407},
    {Reason::kSUBJECT_NOT_CONFIGURED, 40408},
    {Reason::kSUBJECT_MODE_NOT_SET, 40409},
    {Reason::kSCHEMA_INCOMPATIBLE, 40901},
    {Reason::kSCHEMA_INVALID, 42201},
    {Reason::kSCHEMA_TOO_COMPLEX, 42201},
    {Reason::kSUBJECT_VERSION_INVALID, 42202},
    {Reason::kCOMPATIBILITY_INVALID, 42203},
    {Reason::kMODE_INVALID, 42204},
    {Reason::kMODE_FORBIDS, 42205},
    {Reason::kSUBJECT_REFERENCED, 42206},
    {Reason::kSCHEMA_ID_TAKEN, 42207},
    {Reason::kSUBJECT_INVALID, 42208},
    {Reason::kSCHEMA_TOO_LARGE, 42209},
    {Reason::kFIELD_INVALID, 422},
    {Reason::kSTALE_WRITE, 50002},
}};

int StatusOfCode(int code) { return code >= 1000 ? code / 100 : code; }

bool IsInside(const Status& status) {
  using absl::StatusCode;
  return status.code() == StatusCode::kInternal || status.code() == StatusCode::kUnknown ||
         status.code() == StatusCode::kDataLoss;
}
}  // namespace

ApiError ErrorOf(const Status& status) {
  using absl::StatusCode;
  const auto reason = ReasonOf(status);
  for (const Row& row : kCodes)
    if (reason == row.reason) return {StatusOfCode(row.code), row.code};
  switch (status.code()) {
    case StatusCode::kInvalidArgument: return {400, 400};
    case StatusCode::kUnauthenticated: return {401, 401};
    case StatusCode::kPermissionDenied: return {403, 403};
    case StatusCode::kNotFound: return {404, 404};
    case StatusCode::kAborted:
    case StatusCode::kDeadlineExceeded: return {500, 50002};
    case StatusCode::kUnavailable: return {500, 50004};
    default: return {500, 50001};
  }
}

std::string ErrorBody(int code, std::string_view message) {
  const Json body{{"error_code", code}, {"message", message.substr(0, kLongestMessage)}};
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string ErrorBody(const Status& status, Logger& log) {
  const ApiError error = ErrorOf(status);
  if (error.status >= 500)
    log.Error("schemas_failed", {{"code", error.code}, {"what", MessageOf(status)}});
  return ErrorBody(error.code,
                   IsInside(status) ? "internal error; the log has the rest" : MessageOf(status));
}

}  // namespace muster::registry
