#include "client/app/local_call.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <charconv>
#include <system_error>

#include "base/bytes.h"
#include "base/canonical_json.h"
#include "platform/posix_file.h"
#include "platform/private_file.h"

namespace muster::client {
namespace {
constexpr std::size_t kMostReply = std::size_t{64} << 10;
constexpr time_t kSeconds = 30;  // For the disk behind it.

Status Fails(const char* what, const LocalAddress& to) {
  return Unavailable("{} {}: {}", what, to.endpoint.Text(), std::generic_category().message(errno));
}

StatusOr<platform::Fd> Connect(const LocalAddress& to) {
  const bool six = to.endpoint.host.find(':') != std::string::npos;
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  v4.sin_family = AF_INET;
  v6.sin6_family = AF_INET6;
  v4.sin_port = v6.sin6_port = htons(to.endpoint.port);
  void* const address = six ? static_cast<void*>(&v6.sin6_addr) : &v4.sin_addr;
  if (::inet_pton(six ? AF_INET6 : AF_INET, to.endpoint.host.c_str(), address) != 1)
    return Unavailable("{} is no address", to.endpoint.Text());
  platform::Fd fd(::socket(six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.open()) return Fails("cannot reach", to);
  const timeval patience{.tv_sec = kSeconds, .tv_usec = 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  const auto* const name =
      six ? reinterpret_cast<const sockaddr*>(&v6) : reinterpret_cast<const sockaddr*>(&v4);
  const socklen_t size = six ? sizeof v6 : sizeof v4;
  if (::connect(fd.get(), name, size) != 0) return Fails("cannot connect to", to);
  return fd;
}

Status SendAll(const platform::Fd& fd, std::string_view text, const LocalAddress& to) {
  while (!text.empty()) {
    const ssize_t sent = ::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return Fails("cannot send to", to);
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return Ok();
}

StatusOr<std::string> ReadAll(const platform::Fd& fd, const LocalAddress& to) {
  std::string out;
  char piece[4096];
  for (;;) {
    const ssize_t got = ::recv(fd.get(), piece, sizeof piece, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Fails("no answer of", to);
    if (got == 0) return out;
    out.append(piece, static_cast<std::size_t>(got));
    if (out.size() > kMostReply) return Unavailable("{} answers too much", to.endpoint.Text());
  }
}
}  // namespace

StatusOr<LocalAddress> ReadLocalAddress(const std::filesystem::path& state_dir) {
  const std::string path = (state_dir / kLocalApiFile).string();
  MUSTER_ASSIGN(const Secret text, platform::ReadPrivateFile(path));
  const StatusOr<Json> parsed = ParseJson(AsText(text.Reveal()), 2);
  const Json json = parsed.ok() ? *parsed : Json();
  JsonReader reader(json);
  LocalAddress out;
  out.endpoint.host = reader.Text("host");
  out.endpoint.port = static_cast<std::uint16_t>(reader.Unsigned("port"));
  out.token = reader.Text("token");
  if (!reader.status().ok())
    return Unavailable("{}: {}; was it written by an agent?", path, MessageOf(reader.status()));
  return out;
}

StatusOr<LocalReply> ParseLocalReply(std::string_view text) {
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  const std::size_t end = text.find("\r\n\r\n");
  LocalReply out;
  if (!text.starts_with(kVersion) || end == std::string_view::npos)
    return Unavailable("that is no answer in HTTP");
  const char* const digits = text.data() + kVersion.size();
  const auto [last, error] = std::from_chars(digits, text.data() + end, out.status);
  if (error != std::errc{} || last - digits != 3) return Unavailable("that is no answer in HTTP");
  out.body = text.substr(end + 4);
  return out;
}

StatusOr<LocalReply> PostLocal(const LocalAddress& to, std::string_view path,
                               std::string_view body) {
  MUSTER_ASSIGN(const platform::Fd fd, Connect(to));
  const std::string head = fmt::format(
      "POST {} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n"
      "Content-Type: application/json\r\nContent-Length: {}\r\n"
      "Connection: close\r\n\r\n",
      path, to.endpoint.Text(), to.token, body.size());
  MUSTER_TRY(SendAll(fd, head, to));
  MUSTER_TRY(SendAll(fd, body, to));
  MUSTER_ASSIGN(const std::string text, ReadAll(fd, to));
  return ParseLocalReply(text);
}

}  // namespace muster::client
