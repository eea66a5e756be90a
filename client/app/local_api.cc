#include "client/app/local_api.h"

#include "base/bytes.h"
#include "base/canonical_json.h"
#include "client/app/local_call.h"
#include "platform/private_file.h"

namespace muster::client {
namespace {
constexpr std::size_t kTokenBytes = 32;
constexpr char kFeedbackPath[] = "/v1/feedback";
constexpr std::string_view kBearer = "Bearer ";

// Few programs speak here, and little.
constexpr platform::HttpLimits kLimits{
    .max_body_bytes = kMostFeedbackBytes, .max_connections = 16, .io_threads = 1};

platform::HttpReply Reply(int status, const Json& json) {
  const StatusOr<std::string> text = CanonicalJson(json);
  return {.status = text.ok() ? status : 500,
          .body = text.value_or("{}") + "\n",
          .content_type = "application/json",
          .headers = {}};
}

int HttpCodeOf(const Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument: return 400;
    case absl::StatusCode::kUnauthenticated: return 401;
    case absl::StatusCode::kNotFound: return 404;
    case absl::StatusCode::kResourceExhausted: return 507;
    default: return 500;
  }
}

platform::HttpReply Refusal(const Status& status) {
  const auto reason = ReasonOf(status);
  return Reply(HttpCodeOf(status),
               {{"message", std::string(MessageOf(status))},
                {"reason", reason ? std::string(NameOf(*reason)) : std::string()}});
}

bool Shows(std::string_view header, const std::string& token) {
  return header.starts_with(kBearer) &&
         EqualInConstantTime(Secret::FromText(token), AsBytes(header.substr(kBearer.size())));
}

StatusOr<FeedbackDesk::Answer> Take(std::string_view body, FeedbackDesk& desk) {
  MUSTER_ASSIGN(FeedbackRequest asked, ParseFeedback(body));
  return desk.Submit(asked.node, std::move(asked.feedback));
}
}  // namespace

platform::HttpReply AnswerLocal(const platform::HttpRequest& request, const std::string& token,
                                FeedbackDesk& desk) {
  if (!Shows(request.Header("authorization"), token))
    return Refusal(WithReason(Unauthenticated("show the token of local-api.json as "
                                              "`Authorization: Bearer TOKEN`"),
                              Reason::kCALLER_NOT_ALLOWED));
  if (request.path != kFeedbackPath)
    return Refusal(
        WithReason(NotFound("there is POST {}", kFeedbackPath), Reason::kRESOURCE_NOT_FOUND));
  if (request.method != "POST") return Reply(405, {{"message", "POST, please"}, {"reason", ""}});
  const StatusOr<FeedbackDesk::Answer> answer = Take(request.body, desk);
  if (!answer.ok()) return Refusal(answer.status());
  return Reply(200, {{"id", answer->id}, {"taken", answer->taken}});
}

StatusOr<std::unique_ptr<LocalApi>> LocalApi::Start(const Endpoint& address,
                                                    const std::filesystem::path& state_dir,
                                                    FeedbackDesk& desk, SecureRng& rng,
                                                    Logger& log) {
  Bytes bytes(kTokenBytes);
  rng.Fill(bytes);
  const std::string token = ToHex(bytes);
  const std::string host = address.host == "localhost" ? "127.0.0.1" : address.host;
  MUSTER_ASSIGN(auto server, platform::HttpServer::Start(
                                 host, address.port,
                                 [token, &desk](const platform::HttpRequest& request) {
                                   return AnswerLocal(request, token, desk);
                                 },
                                 kLimits, log));
  MUSTER_ASSIGN(const std::string text,
                CanonicalJson({{"host", host}, {"port", server->port()}, {"token", token}}));
  MUSTER_TRY(platform::WritePrivateFile((state_dir / kLocalApiFile).string(),
                                        Secret::FromText(text + "\n")));
  return std::unique_ptr<LocalApi>(new LocalApi(std::move(server)));
}

StatusOr<FeedbackDesk::Answer> CallLocal(const std::filesystem::path& state_dir,
                                         const FeedbackRequest& request) {
  MUSTER_ASSIGN(const LocalAddress address, ReadLocalAddress(state_dir));
  MUSTER_ASSIGN(const std::string body, FeedbackText(request));
  MUSTER_ASSIGN(const LocalReply reply, PostLocal(address, kFeedbackPath, body));
  const StatusOr<Json> parsed = ParseJson(reply.body, 2);
  const Json json = parsed.ok() ? *parsed : Json();
  JsonReader reader(json);
  if (reply.status == 200) {
    FeedbackDesk::Answer out{reader.Text("id"), reader.Bool("taken")};
    MUSTER_TRY(reader.status());
    return out;
  }
  const std::string message = reader.Text("message");
  const auto reason = ParseReason(reader.Text("reason"));
  Status status = reply.status == 400   ? InvalidArgument("{}", message)
                  : reply.status == 404 ? NotFound("{}", message)
                  : reply.status == 507
                      ? ResourceExhausted("{}", message)
                      : Unavailable("the agent answered {}: {}", reply.status, message);
  return reason ? WithReason(std::move(status), *reason) : status;
}

}  // namespace muster::client
