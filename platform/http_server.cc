#include "platform/http_server.h"

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include <utility>  // Asio of Boost 1.74 forgets it in C++20.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <atomic>
#include <exception>
#include <list>
#include <optional>
#include <thread>

#include "platform/http_text.h"

namespace muster::platform {
namespace {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kReadPiece = 4096;
// Connections beyond the limit that still get a 503; past these they are just closed.
constexpr std::size_t kRefusals = 64;
constexpr Duration kLinger = std::chrono::seconds(2);

class Session;

// What sessions share with the server. Outlives them: the io_context, and with it every handler
// that holds a session, is destroyed first.
struct Shared {
  HttpHandler handler;
  HttpLimits limits;
  Logger& logger;
  std::atomic<bool> stopping{false};
  std::atomic<std::size_t> admitted{0};  // Sessions that are served,
  std::atomic<std::size_t> refused{0};   // and those that wait to be told that they are not.
  absl::Mutex mu;
  std::list<Session*> sessions ABSL_GUARDED_BY(mu);  // Each removes itself in its destructor.
};

HttpReply ErrorReply(int status, std::string_view text) {
  return {.status = status, .body = std::string(text) + "\n"};
}

// One connection, on its own strand; kept alive by whichever handler waits for it.
class Session : public std::enable_shared_from_this<Session> {
 public:
  // `count` is the one of Shared's that this session adds to.
  Session(tcp::socket socket, Shared& shared, std::atomic<std::size_t>& count)
      : shared_(shared),
        count_(count),
        stream_(std::move(socket)),
        buffer_(std::max<std::size_t>(64 * 1024, 2 * shared.limits.max_header_bytes)) {
    ++count_;
    absl::MutexLock lock(&shared_.mu);
    place_ = shared_.sessions.insert(shared_.sessions.end(), this);
  }
  ~Session() {
    --count_;
    absl::MutexLock lock(&shared_.mu);
    shared_.sessions.erase(place_);
  }

  void Run() {
    asio::dispatch(stream_.get_executor(), [self = shared_from_this()] { self->ReadHeader(); });
  }
  // Closes the connection unless a request is under way, which then is its last.
  void StopWhenIdle() {
    asio::post(stream_.get_executor(), [self = shared_from_this()] {
      if (!self->busy_) self->stream_.cancel();  // Whoever waits then closes.
    });
  }

 private:
  void Next() {
    busy_ = false;
    if (shared_.stopping) return Close();
    if (buffer_.size() > 0) return ReadHeader();  // The peer pipelines.
    stream_.expires_after(shared_.limits.idle);
    stream_.async_read_some(buffer_.prepare(kReadPiece),
                            [self = shared_from_this()](error_code error, std::size_t n) {
                              if (error) return self->Close();
                              self->buffer_.commit(n);
                              self->ReadHeader();
                            });
  }

  void ReadHeader() {
    if (shared_.stopping) return Close();
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(shared_.limits.max_header_bytes));
    parser_->body_limit(shared_.limits.max_body_bytes);
    stream_.expires_after(shared_.limits.header);
    http::async_read_header(stream_, buffer_, *parser_,
                            [self = shared_from_this()](error_code error, std::size_t) {
                              if (error) return self->Refuse(error);
                              self->ReadBody();
                            });
  }

  void ReadBody() {
    busy_ = true;
    if (&count_ == &shared_.refused) return ReplyLast(ErrorReply(503, "too many connections"));
    const auto& fields = parser_->get();
    if (static_cast<std::size_t>(std::distance(fields.begin(), fields.end())) >
        shared_.limits.max_headers)
      return ReplyLast(ErrorReply(431, "too many headers"));
    stream_.expires_after(shared_.limits.body);
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](error_code error, std::size_t) {
                       if (error) return self->Refuse(error);
                       self->Answer();
                     });
  }

  // Answers what was malformed or too large; what merely broke off is closed.
  void Refuse(error_code error) {
    if (error == http::error::header_limit || error == http::error::buffer_overflow)
      return ReplyLast(ErrorReply(431, "header too large"));
    if (error == http::error::body_limit) return ReplyLast(ErrorReply(413, "body too large"));
    if (error == http::error::end_of_stream || error == http::error::partial_message ||
        error.category() != http::make_error_code(http::error::bad_version).category())
      return Close();
    ReplyLast(ErrorReply(400, "malformed request"));
  }

  void Answer() {
    const auto& message = parser_->get();
    const auto text = [](auto view) { return std::string(view.data(), view.size()); };
    auto target = ParseTarget(text(message.target()));
    if (!target.ok()) return ReplyLast(ErrorReply(400, MessageOf(target.status())));
    HttpRequest request{.method = text(message.method_string()),
                        .path = std::move(target->path),
                        .raw_path = std::move(target->raw_path),
                        .query = std::move(target->query),
                        .headers = {},
                        .body = std::move(parser_->get().body())};
    for (const auto& field : message) {
      std::string name = text(field.name_string());
      std::ranges::transform(name, name.begin(),
                             [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; });
      request.headers.emplace_back(std::move(name), text(field.value()));
    }
    Reply(Handle(request), message.keep_alive() && !shared_.stopping);
  }

  HttpReply Handle(const HttpRequest& request) {
    try {
      return shared_.handler(request);
    } catch (const std::exception& e) {
      shared_.logger.Error("http_handler_threw", {{"path", request.path}, {"what", e.what()}});
    } catch (...) {
      shared_.logger.Error("http_handler_threw", {{"path", request.path}, {"what", "unknown"}});
    }
    return ErrorReply(500, "internal error");
  }

  void ReplyLast(HttpReply reply) { Reply(std::move(reply), false); }

  void Reply(HttpReply reply, bool keep_alive) {
    busy_ = true;
    reply_.emplace();
    reply_->version(11);
    reply_->result(static_cast<unsigned>(reply.status));
    reply_->set(http::field::content_type, SafeHeaderValue(reply.content_type));
    reply_->set("X-Content-Type-Options", "nosniff");
    for (const auto& [name, value] : reply.headers) reply_->set(name, SafeHeaderValue(value));
    reply_->content_length(reply.body.size());
    reply_->keep_alive(keep_alive);
    // A reply to HEAD gives the length of a body that it does not carry.
    if (parser_->get().method() != http::verb::head) reply_->body() = std::move(reply.body);
    stream_.expires_after(shared_.limits.body);
    http::async_write(stream_, *reply_,
                      [self = shared_from_this(), keep_alive](error_code error, std::size_t) {
                        if (error) return self->Close();
                        keep_alive ? self->Next() : self->Linger();
                      });
  }

  // Closing with unread input would send a reset that can overtake the reply: read on for a while.
  void Linger() {
    busy_ = false;
    error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    if (shared_.stopping) return Close();
    stream_.expires_after(kLinger);
    Discard();
  }
  void Discard() {
    buffer_.clear();
    stream_.async_read_some(buffer_.prepare(kReadPiece),
                            [self = shared_from_this()](error_code error, std::size_t) {
                              error ? self->Close() : self->Discard();
                            });
  }

  void Close() {
    error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_both, ignored);
    stream_.close();
  }

  Shared& shared_;
  std::atomic<std::size_t>& count_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::optional<http::response<http::string_body>> reply_;
  bool busy_ = false;  // Between the end of a header and the end of its reply.
  std::list<Session*>::iterator place_;
};
}  // namespace

std::string_view HttpRequest::Header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (key == name) return value;
  return {};
}

class HttpServer::Impl {
 public:
  Impl(HttpHandler handler, const HttpLimits& limits, Logger& logger)
      : shared_{.handler = std::move(handler), .limits = limits, .logger = logger},
        acceptor_(asio::make_strand(io_)),
        retry_(acceptor_.get_executor()) {}

  Status Listen(const std::string& address, std::uint16_t port) {
    error_code error;
    const auto ip = asio::ip::make_address(address, error);
    if (error) return InvalidArgument("HTTP server: {} is not an IP address", address);
    const tcp::endpoint endpoint(ip, port);
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error)
      return FailedPrecondition("HTTP server: cannot listen on {} port {}: {}", address, port,
                                error.message());
    port_ = acceptor_.local_endpoint(error).port();
    return error ? Internal("HTTP server: {}", error.message()) : Ok();
  }

  void Run() {
    asio::post(acceptor_.get_executor(), [this] { Accept(); });
    running_ = std::max(shared_.limits.io_threads, 1);
    for (int i = running_; i > 0; --i) {
      threads_.emplace_back([this] {
        io_.run();
        absl::MutexLock lock(&shared_.mu);
        --running_;
      });
    }
  }

  std::uint16_t port() const { return port_; }

  void Stop() {
    if (threads_.empty()) return;
    shared_.stopping = true;
    asio::post(acceptor_.get_executor(), [this] {
      error_code ignored;
      acceptor_.close(ignored);
      retry_.cancel();
    });
    for (const auto& session : LiveSessions()) session->StopWhenIdle();
    {
      absl::MutexLock lock(&shared_.mu);
      shared_.mu.AwaitWithTimeout(absl::Condition(
                                      +[](int* running) { return *running == 0; }, &running_),
                                  absl::FromChrono(shared_.limits.drain));
    }
    io_.stop();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  // Without the lock in the end, as a session that goes with the result takes it.
  std::vector<std::shared_ptr<Session>> LiveSessions() {
    std::vector<std::shared_ptr<Session>> out;
    absl::MutexLock lock(&shared_.mu);
    for (Session* session : shared_.sessions)
      if (auto alive = session->weak_from_this().lock()) out.push_back(std::move(alive));
    return out;
  }

  void Accept() {
    acceptor_.async_accept(asio::make_strand(io_), [this](error_code error, tcp::socket socket) {
      if (shared_.stopping) return;
      if (error) return RetryAccept(error);
      // Accepts come one after the other, so only departures can change a count meanwhile.
      if (shared_.admitted < shared_.limits.max_connections)
        std::make_shared<Session>(std::move(socket), shared_, shared_.admitted)->Run();
      else if (shared_.refused < kRefusals)
        std::make_shared<Session>(std::move(socket), shared_, shared_.refused)->Run();
      Accept();
    });
  }

  // Out of descriptors, most likely: a moment later some may be free again.
  void RetryAccept(error_code error) {
    shared_.logger.Warn("http_accept_failed", {{"what", error.message()}});
    retry_.expires_after(std::chrono::milliseconds(100));
    retry_.async_wait([this](error_code cancelled) {
      if (!cancelled) Accept();
    });
  }

  Shared shared_;
  asio::io_context io_;
  tcp::acceptor acceptor_;
  asio::steady_timer retry_;
  std::uint16_t port_ = 0;
  int running_ = 0;  // Threads; guarded by shared_.mu once they run.
  std::vector<std::thread> threads_;
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() { Stop(); }
std::uint16_t HttpServer::port() const { return impl_->port(); }
void HttpServer::Stop() { impl_->Stop(); }

StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const std::string& address,
                                                        std::uint16_t port, HttpHandler handler,
                                                        const HttpLimits& limits, Logger& logger) {
  auto impl = std::make_unique<Impl>(std::move(handler), limits, logger);
  MUSTER_TRY(impl->Listen(address, port));
  impl->Run();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

}  // namespace muster::platform
