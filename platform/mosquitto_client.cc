#include "platform/mosquitto_client.h"

#include <mosquitto.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "base/clock.h"
#include "platform/private_file.h"

namespace muster::platform {
namespace {
using Monotonic = std::chrono::steady_clock;
constexpr int kKeepAliveSeconds = 30;
constexpr Duration kFirstPause{100};
constexpr Duration kMostPause{30'000};
constexpr Duration kConnectLimit{15'000};
constexpr Duration kFarewell{500};
constexpr Duration kSettled{10'000};  // A connection that held so long was a good one.
constexpr int kTurnMillis = 1'000;    // The library wants to look at its keep-alive so often.
constexpr int kPackets = 64;          // Read or written before others get a look.
constexpr int kRefused = 0x80;        // MQTT 5: reason codes from here on are errors.

// Once, and for the life of the process: the library counts its users itself, but not from several
// threads.
Status InitLibrary() {
  static const int code = mosquitto_lib_init();
  if (code == MOSQ_ERR_SUCCESS) return Ok();
  return Internal("libmosquitto: {}", mosquitto_strerror(code));
}

const char* OrNull(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

Status Unreachable(std::string_view why) {
  return WithReason(Unavailable("the MQTT broker does not answer: {}", why),
                    Reason::kBROKER_UNREACHABLE);
}

Status CheckQos(int qos) {
  if (qos == 0 || qos == 1) return Ok();
  return WithReason(InvalidArgument("qos {} is neither 0 nor 1", qos), Reason::kFIELD_INVALID);
}

std::string WhyEnded(int socket) {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error == 0)
    return "it closed the connection";
  return std::strerror(error);
}

// The first line of a password file, which is all that its last newline leaves of most.
StatusOr<Secret> ReadPassword(const std::string& path) {
  MUSTER_ASSIGN(const Secret text, ReadPrivateFile(path));
  std::string_view line = AsText(text.Reveal());
  line = line.substr(0, line.find_first_of("\r\n"));
  if (line.empty() || line.find('\0') != line.npos)
    return InvalidArgument("{} holds no password on its first line", path);
  Secret out = Secret::FromText(line);
  return out;
}
}  // namespace

struct MosquittoClient::Subscription {
  std::string filter;
  int qos = 0;
  std::atomic<bool> dead = false;
  absl::Mutex calling;  // Held while the handler runs.
  Handler handler;
};

struct MosquittoClient::Token {
  MosquittoClient& client;
  std::shared_ptr<Subscription> subscription;
  ~Token() { client.Drop(subscription); }
};

void MosquittoClient::Free::operator()(mosquitto* handle) const { mosquitto_destroy(handle); }

StatusOr<std::unique_ptr<MosquittoClient>> MosquittoClient::Start(MqttOptions options,
                                                                  std::uint64_t seed, Logger& log) {
  MUSTER_TRY(InitLibrary());
  if (options.client_id.empty() || options.broker.host.empty())
    return InvalidArgument("an MQTT client needs an id and a broker");
  if (options.certificate_file.empty() != options.key_file.empty())
    return InvalidArgument("certificate_file and key_file go together");
  if (!options.password_file.empty()) {
    if (options.username.empty()) return InvalidArgument("password_file without a username");
    MUSTER_TRY(ReadPassword(options.password_file).status());
  }
  Fd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.open()) return ErrnoStatus(errno, "cannot make", "an eventfd");
  return std::unique_ptr<MosquittoClient>(
      new MosquittoClient(std::move(options), seed, log, std::move(wake)));
}

MosquittoClient::MosquittoClient(MqttOptions options, std::uint64_t seed, Logger& log, Fd wake)
    : options_(std::move(options)), log_(log), wake_(std::move(wake)), rng_(seed) {
  thread_ = std::thread([this] { Run(); });
}

MosquittoClient::~MosquittoClient() {
  stopping_ = true;
  Wake();
  thread_.join();
}

void MosquittoClient::Wake() const {
  const std::uint64_t one = 1;
  // Full means that it is awake already.
  [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof one);
}

// --- What others call ---

Status MosquittoClient::Publish(std::string_view topic, ByteView payload, int qos, Done done) {
  MUSTER_TRY(CheckMqttTopic(topic));
  MUSTER_TRY(CheckQos(qos));
  if (payload.size() > kMostMqttPayload)
    return WithReason(InvalidArgument("a payload of {} bytes; at most {} are allowed",
                                      payload.size(), kMostMqttPayload),
                      Reason::kPAYLOAD_INVALID);
  {
    absl::MutexLock lock(&mu_);
    if (!connected_) return Unreachable("not connected");
    if (unsettled_ >= kMostWaiting || unsettled_bytes_ + payload.size() > kMostWaitingBytes)
      return WithReason(ResourceExhausted("{} messages wait for the MQTT broker", unsettled_),
                        Reason::kOVERLOADED);
    ++unsettled_;
    unsettled_bytes_ += payload.size();
    waiting_.push_back(
        {std::string(topic), Bytes(payload.begin(), payload.end()), qos, std::move(done)});
  }
  Wake();
  return Ok();
}

StatusOr<std::shared_ptr<void>> MosquittoClient::Subscribe(std::string_view filter, int qos,
                                                           Handler handler) {
  MUSTER_TRY(CheckMqttFilter(filter));
  MUSTER_TRY(CheckQos(qos));
  auto subscription = std::make_shared<Subscription>();
  subscription->filter = std::string(filter);
  subscription->qos = qos;
  subscription->handler = std::move(handler);
  {
    absl::MutexLock lock(&mu_);
    subscriptions_.push_back(subscription);
    resubscribe_ = true;
  }
  Wake();
  return std::shared_ptr<void>(std::shared_ptr<Token>(new Token{*this, subscription}));
}

void MosquittoClient::Drop(const std::shared_ptr<Subscription>& subscription) {
  subscription->dead = true;
  {
    absl::MutexLock lock(&mu_);
    std::erase(subscriptions_, subscription);
    resubscribe_ = true;
  }
  Wake();
  if (std::this_thread::get_id() == thread_.get_id()) return;  // The call that is under way.
  absl::MutexLock lock(&subscription->calling);
}

// --- The thread ---

void MosquittoClient::Run() {
  // A broken pipe under TLS is an error code here, not a death.
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  while (!stopping_) {
    const Monotonic::time_point begun = Monotonic::now();
    const Status why = Converse();
    // Two clients of one id throw each other out: they must not do so ten times a second.
    if (answered_ && Monotonic::now() - begun >= kSettled) failures_ = 0;
    connected_ = false;
    EndAll(Unreachable("the connection ended"));
    if (stopping_) return;
    if (MessageOf(why) != last_why_) {
      last_why_ = std::string(MessageOf(why));
      log_.Warn("mqtt_disconnected", {{"broker", options_.broker.Text()}, {"error", last_why_}});
    }
    ++failures_;
    Pause();
  }
}

// One connection from its beginning to its end: each has a handle of its own, so that nothing of
// the last one is left in the library.
Status MosquittoClient::Converse() {
  tcp_up_ = answered_ = false;
  refusal_ = 0;
  library_said_.clear();
  subscribed_.clear();
  MUSTER_ASSIGN(const Handle handle, Open());
  const Monotonic::time_point limit = Monotonic::now() + kConnectLimit;
  while (!stopping_) {
    MUSTER_TRY(Turn(handle.get()));
    if (!answered_ && Monotonic::now() > limit) return Unreachable("no answer");
  }
  Farewell(handle.get());
  return Ok();
}

StatusOr<MosquittoClient::Handle> MosquittoClient::Open() {
  Handle handle(mosquitto_new(options_.client_id.c_str(), /*clean_session=*/true, this));
  if (!handle) return ErrnoStatus(errno, "cannot make", "an MQTT client");
  mosquitto* const h = handle.get();
  const auto set = [this](int code) { return ErrorOf(code, errno); };
  const int version = options_.version == MqttVersion::k5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311;
  MUSTER_TRY(set(mosquitto_int_option(h, MOSQ_OPT_PROTOCOL_VERSION, version)));
  MUSTER_TRY(set(mosquitto_int_option(h, MOSQ_OPT_TCP_NODELAY, 1)));
  MUSTER_TRY(set(mosquitto_int_option(h, MOSQ_OPT_SEND_MAXIMUM, kMostInFlight)));
  MUSTER_TRY(SetCredentials(h));
  mosquitto_connect_callback_set(h, OnConnect);
  mosquitto_publish_v5_callback_set(
      h, [](mosquitto* m, void* self, int mid, int code, const mosquitto_property* properties) {
        OnPublished(m, self, mid, code, properties);
      });
  mosquitto_subscribe_callback_set(h, OnSubscribed);
  mosquitto_message_callback_set(h, OnMessage);
  mosquitto_log_callback_set(h, OnLog);
  // Without waiting: a broker that swallows packets must not hold up the end.
  MUSTER_TRY(set(mosquitto_connect_async(h, options_.broker.host.c_str(), options_.broker.port,
                                         kKeepAliveSeconds)));
  return handle;
}

Status MosquittoClient::SetCredentials(mosquitto* handle) const {
  if (!options_.username.empty()) {
    std::string text;
    if (!options_.password_file.empty()) {  // Read anew, so that it may be changed while we run.
      StatusOr<Secret> read = ReadPassword(options_.password_file);
      if (!read.ok()) return read.status();
      text = std::string(AsText(read->Reveal()));
    }
    const int code = mosquitto_username_pw_set(handle, options_.username.c_str(), OrNull(text));
    explicit_bzero(text.data(), text.size());
    MUSTER_TRY(ErrorOf(code, errno));
  }
  if (!options_.tls) return Ok();
  const int code = mosquitto_tls_set(
      handle, OrNull(options_.ca_file), options_.ca_file.empty() ? "/etc/ssl/certs" : nullptr,
      OrNull(options_.certificate_file), OrNull(options_.key_file), nullptr);
  if (code == MOSQ_ERR_INVAL)
    return Unreachable("a file of ca_file, certificate_file and key_file cannot be read");
  MUSTER_TRY(ErrorOf(code, errno));
  constexpr int kVerifyPeer = 1;  // And its name: that is the library's default. TLS 1.2 at least.
  return ErrorOf(mosquitto_tls_opts_set(handle, kVerifyPeer, nullptr, nullptr), errno);
}

// Waits for the network or for work, and does what there is to do.
Status MosquittoClient::Turn(mosquitto* handle) {
  if (connected_) {
    MUSTER_TRY(SyncSubscriptions(handle));
    MUSTER_TRY(SendWaiting(handle));
  }
  const int socket = mosquitto_socket(handle);
  if (socket < 0) return Unreachable("the connection ended");
  const bool write = !tcp_up_ || mosquitto_want_write(handle);
  std::array<pollfd, 2> polled{
      pollfd{socket, static_cast<short>(POLLIN | POLLRDHUP | (write ? POLLOUT : 0)), 0},
      pollfd{wake_.get(), POLLIN, 0}};
  if (::poll(polled.data(), polled.size(), kTurnMillis) < 0 && errno != EINTR)
    return ErrnoStatus(errno, "cannot poll", "the MQTT connection");
  if (polled[1].revents != 0) {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = ::read(wake_.get(), &count, sizeof count);
  }
  const short came = polled[0].revents;
  const bool ended = (came & (POLLERR | POLLHUP | POLLRDHUP)) != 0;
  MUSTER_TRY(Deal(handle, ended || (came & POLLIN) != 0, (came & POLLOUT) != 0));
  // The library takes a connection that ended before the handshake for one that is still to come.
  if (ended && !answered_) return Unreachable(WhyEnded(socket));
  return Ok();
}

Status MosquittoClient::Deal(mosquitto* handle, bool readable, bool writable) {
  // TCP has connected: the handshake begins by a read, which nothing that comes would cause.
  const bool first = writable && !std::exchange(tcp_up_, tcp_up_ || writable);
  int code = MOSQ_ERR_SUCCESS;
  errno = 0;
  if (readable || first) code = mosquitto_loop_read(handle, kPackets);
  if (code == MOSQ_ERR_SUCCESS && writable) code = mosquitto_loop_write(handle, kPackets);
  if (code == MOSQ_ERR_SUCCESS) code = mosquitto_loop_misc(handle);
  const int error = errno;
  if (refusal_ != 0)
    return WithReason(
        Unavailable("the MQTT broker refuses: {}", options_.version == MqttVersion::k5
                                                       ? mosquitto_reason_string(refusal_)
                                                       : mosquitto_connack_string(refusal_)),
        Reason::kBROKER_UNREACHABLE);
  return ErrorOf(code, error);
}

// Brings what the broker was told in line with who listens now.
Status MosquittoClient::SyncSubscriptions(mosquitto* handle) {
  std::map<std::string, int> wanted;
  {
    absl::MutexLock lock(&mu_);
    if (!std::exchange(resubscribe_, false)) return Ok();
    for (const auto& each : subscriptions_) {
      int& qos = wanted[each->filter];
      qos = std::max(qos, each->qos);
    }
  }
  for (const auto& [filter, qos] : wanted) {
    const auto told = subscribed_.find(filter);
    if (told != subscribed_.end() && told->second >= qos) continue;
    MUSTER_TRY(ErrorOf(mosquitto_subscribe(handle, nullptr, filter.c_str(), qos), errno));
    subscribed_[filter] = qos;
  }
  for (auto it = subscribed_.begin(); it != subscribed_.end();) {
    if (wanted.contains(it->first)) {
      ++it;
      continue;
    }
    MUSTER_TRY(ErrorOf(mosquitto_unsubscribe(handle, nullptr, it->first.c_str()), errno));
    it = subscribed_.erase(it);
  }
  return Ok();
}

Status MosquittoClient::SendWaiting(mosquitto* handle) {
  while (in_flight_.size() < kMostInFlight) {
    Outgoing next;
    {
      absl::MutexLock lock(&mu_);
      if (waiting_.empty()) return Ok();
      next = std::move(waiting_.front());
      waiting_.pop_front();
    }
    int mid = 0;
    const int code =
        mosquitto_publish(handle, &mid, next.topic.c_str(), static_cast<int>(next.payload.size()),
                          next.payload.data(), next.qos, /*retain=*/false);
    const Status status = ErrorOf(code, errno);
    in_flight_[mid] = {next.payload.size(), std::move(next.done)};
    if (!status.ok() || next.qos == 0) Settle(mid, status);
    if (absl::IsUnavailable(status)) return status;
  }
  return Ok();
}

void MosquittoClient::Farewell(mosquitto* handle) {
  connected_ = false;
  if (!answered_ || mosquitto_disconnect(handle) != MOSQ_ERR_SUCCESS) return;
  const Monotonic::time_point limit = Monotonic::now() + kFarewell;
  while (mosquitto_want_write(handle) && mosquitto_socket(handle) >= 0 &&
         Monotonic::now() < limit) {
    pollfd polled{mosquitto_socket(handle), POLLOUT, 0};
    constexpr int kMoment = 50;
    if (::poll(&polled, 1, kMoment) < 0) return;
    if (mosquitto_loop_write(handle, kPackets) != MOSQ_ERR_SUCCESS) return;
  }
}

// Full jitter, as a fleet that lost its broker must not come back all at once.
void MosquittoClient::Pause() {
  constexpr int kDoublings = 9;
  const Duration most = std::min(kMostPause, kFirstPause * (1 << std::min(failures_, kDoublings)));
  const Monotonic::time_point until =
      Monotonic::now() +
      Duration(1 + static_cast<std::int64_t>(rng_.Below(static_cast<std::uint64_t>(most.count()))));
  while (!stopping_) {
    const auto left = std::chrono::ceil<Duration>(until - Monotonic::now()).count();
    if (left <= 0) return;
    pollfd polled{wake_.get(), POLLIN, 0};
    if (::poll(&polled, 1, static_cast<int>(left)) <= 0) continue;
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = ::read(wake_.get(), &count, sizeof count);
  }
}

void MosquittoClient::EndAll(const Status& why) {
  std::deque<Outgoing> waiting;
  {
    absl::MutexLock lock(&mu_);
    waiting.swap(waiting_);
    unsettled_ = unsettled_bytes_ = 0;
  }
  std::map<int, Flight> in_flight;
  in_flight.swap(in_flight_);
  if (stopping_) return;
  for (auto& [mid, flight] : in_flight)
    if (flight.done) flight.done(why);
  for (const Outgoing& each : waiting)
    if (each.done) each.done(why);
}

void MosquittoClient::Settle(int mid, Status status) {
  const auto it = in_flight_.find(mid);
  if (it == in_flight_.end()) return;
  const Flight flight = std::move(it->second);
  in_flight_.erase(it);
  {
    absl::MutexLock lock(&mu_);
    --unsettled_;
    unsettled_bytes_ -= flight.bytes;
  }
  if (flight.done) flight.done(std::move(status));
}

void MosquittoClient::Hand(const mosquitto_message& message) {
  if (message.payloadlen < 0 || static_cast<std::size_t>(message.payloadlen) > kMostMqttPayload)
    return log_.Warn("mqtt_message_too_large", {{"bytes", message.payloadlen}});
  const MqttMessage handed{message.topic,
                           {static_cast<const std::byte*>(message.payload),
                            static_cast<std::size_t>(message.payloadlen)},
                           message.retain};
  if (!CheckMqttTopic(handed.topic).ok()) return;
  std::vector<std::shared_ptr<Subscription>> all;
  {
    absl::MutexLock lock(&mu_);
    all = subscriptions_;
  }
  for (const auto& each : all) {
    if (!MqttMatches(each->filter, handed.topic)) continue;
    absl::MutexLock lock(&each->calling);
    if (!each->dead) each->handler(handed);
  }
}

// What the caller can act on. Everything that a new connection may mend is UNAVAILABLE.
Status MosquittoClient::ErrorOf(int rc, int error) const {
  switch (rc) {
    case MOSQ_ERR_CONN_PENDING:
    case MOSQ_ERR_SUCCESS: return Ok();
    case MOSQ_ERR_PAYLOAD_SIZE:
    case MOSQ_ERR_OVERSIZE_PACKET:
      return WithReason(InvalidArgument("the MQTT broker takes no message that large"),
                        Reason::kPAYLOAD_INVALID);
    case MOSQ_ERR_INVAL:
    case MOSQ_ERR_MALFORMED_UTF8:
    case MOSQ_ERR_QOS_NOT_SUPPORTED:
      return WithReason(InvalidArgument("MQTT: {}", mosquitto_strerror(rc)),
                        Reason::kPAYLOAD_INVALID);
    case MOSQ_ERR_ERRNO:
      return Unreachable(error != 0 ? std::strerror(error) : "the connection ended");
    case MOSQ_ERR_TLS:
      return Unreachable(library_said_.empty() ? mosquitto_strerror(rc) : library_said_);
    default: return Unreachable(mosquitto_strerror(rc));
  }
}

// --- What the library calls, from within the thread's own calls ---

void MosquittoClient::OnConnect(mosquitto*, void* self, int code) {
  auto& client = *static_cast<MosquittoClient*>(self);
  client.answered_ = true;
  client.refusal_ = code;
  if (code != 0) return;
  {
    absl::MutexLock lock(&client.mu_);
    client.resubscribe_ = true;
  }
  client.connected_ = true;
  client.last_why_.clear();
  client.log_.Info("mqtt_connected", {{"broker", client.options_.broker.Text()},
                                      {"tls", client.options_.tls ? "yes" : "no"}});
}

void MosquittoClient::OnPublished(mosquitto*, void* self, int mid, int code, const void*) {
  Status status;
  if (code >= kRefused)
    status = PermissionDenied("the MQTT broker refuses: {}", mosquitto_reason_string(code));
  static_cast<MosquittoClient*>(self)->Settle(mid, std::move(status));
}

void MosquittoClient::OnSubscribed(mosquitto*, void* self, int, int count, const int* granted) {
  for (int i = 0; i < count; ++i)
    if (granted[i] >= kRefused)
      static_cast<MosquittoClient*>(self)->log_.Error("mqtt_subscription_refused",
                                                      {{"code", granted[i]}});
}

void MosquittoClient::OnMessage(mosquitto*, void* self, const mosquitto_message* message) {
  auto& client = *static_cast<MosquittoClient*>(self);
  try {  // No exception may pass through the library.
    client.Hand(*message);
  } catch (const std::exception& e) {
    client.log_.Error("mqtt_handler_failed", {{"error", e.what()}});
  }
}

void MosquittoClient::OnLog(mosquitto*, void* self, int level, const char* text) {
  if (level != MOSQ_LOG_ERR) return;
  std::string& said = static_cast<MosquittoClient*>(self)->library_said_;
  said = std::string(text).substr(0, 200);
  std::ranges::replace_if(
      said, [](char c) { return c < ' ' || c > '~'; }, ' ');
}

}  // namespace muster::platform
