#pragma once
// A socket that says exactly what a test wants, malformed or half, and reads what comes back.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <string_view>

namespace muster::platform {

class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{30, 0};  // A server that never answers fails the test in the end.
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawClient() { ::close(fd_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const { return connected_; }
  // False when the server has closed.
  bool Send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t n = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  // One reply: its header, and as much body as Content-Length says (none for HEAD).
  std::string ReadReply(bool head = false) {
    while (pending_.find("\r\n\r\n") == pending_.npos)
      if (!ReadMore()) return TakeAll();
    const std::size_t header = pending_.find("\r\n\r\n") + 4;
    const std::size_t at = pending_.find("Content-Length: ");
    const std::size_t body = head || at == pending_.npos ? 0 : std::stoul(pending_.substr(at + 16));
    while (pending_.size() < header + body)
      if (!ReadMore()) return TakeAll();
    std::string reply = pending_.substr(0, header + body);
    pending_.erase(0, header + body);
    return reply;
  }
  // Everything until the server closes.
  std::string ReadToEnd() {
    while (ReadMore()) continue;
    return TakeAll();
  }
  std::string Ask(std::string_view request) {
    Send(request);
    return ReadReply();
  }

 private:
  bool ReadMore() {
    std::array<char, 4096> piece;
    const ssize_t n = ::recv(fd_, piece.data(), piece.size(), 0);
    EXPECT_FALSE(n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) << "the server is silent";
    if (n > 0) pending_.append(piece.data(), static_cast<std::size_t>(n));
    return n > 0;
  }
  std::string TakeAll() { return std::exchange(pending_, {}); }

  int fd_;
  bool connected_ = false;
  std::string pending_;
};

}  // namespace muster::platform
