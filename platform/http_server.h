#pragma once
// A small HTTP/1.1 server for metrics, health and the console. Everything a peer can make it hold
// is bounded: header bytes and count, body, time and connections. No TLS of its own: it listens on
// loopback unless told otherwise.
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/status.h"

namespace muster::platform {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method;    // "GET"; methods are case-sensitive.
  std::string path;      // Percent-decoded, begins with '/'.
  std::string raw_path;  // As it came: "%2F" is no separator, where `path` cannot tell.
  std::string query;     // After '?', as it came.
  HttpHeaders headers;   // Names in lower case, in the order they came.
  std::string body;

  // The first header of that (lower-case) name, or "".
  std::string_view Header(std::string_view name) const;
};

struct HttpReply {
  int status = 200;
  std::string body;
  std::string content_type = "text/plain; charset=utf-8";
  HttpHeaders headers;  // More of them; control characters in values become spaces.
};

// Runs on an I/O thread, so it must not block for long; called from several at once. An exception
// is answered with 500 and logged.
using HttpHandler = std::function<HttpReply(const HttpRequest&)>;

struct HttpLimits {
  std::size_t max_header_bytes = 16 * 1024;  // 431 beyond.
  std::size_t max_headers = 100;             // 431 beyond.
  std::size_t max_body_bytes = 1024 * 1024;  // 413 beyond, however it is framed.
  std::size_t max_connections = 256;         // 503 beyond.
  int io_threads = 2;
  Duration header = std::chrono::seconds(10);  // From the first byte to the end of the header.
  Duration body = std::chrono::seconds(30);    // For the body; and for the reply to go out.
  Duration idle = std::chrono::seconds(30);    // Between the requests of one connection.
  Duration drain = std::chrono::seconds(5);    // What Stop grants requests under way.
};

class HttpServer {
 public:
  // Listens on `address` (an IP address) and `port`; port 0 picks a free one. INVALID_ARGUMENT for
  // what is no address, FAILED_PRECONDITION when it cannot be listened on (in use, no right).
  // `logger` outlives the server.
  static StatusOr<std::unique_ptr<HttpServer>> Start(const std::string& address, std::uint16_t port,
                                                     HttpHandler handler, const HttpLimits& limits,
                                                     Logger& logger);
  ~HttpServer();  // Stops.
  std::uint16_t port() const;
  // Takes no more connections, closes the idle ones, lets requests under way finish for at most
  // `limits.drain`, and joins the threads. Not from a handler. Idempotent.
  void Stop();

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

}  // namespace muster::platform
