#pragma once
// The server's half of a bench: the shipped session, its facts encoded as for the journal, sealed
// shares and vectors spooled to a file, the sum folded and unmasked. No network.
#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

#include "aggregation/secagg/server_session.h"
#include "bench/secagg/heap.h"
#include "bench/secagg/meter.h"
#include "bench/secagg/setting.h"
#include "bench/secagg/spool.h"
#include "coordinator/secure/secure_sum.h"
#include "coordinator/secure/share_spool.h"

namespace muster::bench {

class Coordinator {
 public:
  Coordinator(const Setting& setting, aggregation::secagg::Task task, Crypto& crypto,
              const aggregation::secagg::StatementCheck& check, std::filesystem::path spool);
  ~Coordinator();  // Removes the spool.

  void Advertise(ByteView message);
  Bytes Roster();
  void Deal(ByteView message);
  Bytes SharesFor(aggregation::secagg::Member member);
  void Vector(ByteView header, ByteView wire);
  void CloseCollecting();  // By its deadline.
  Bytes AgreementRequest();
  void Agree(ByteView message);
  Bytes UnmaskRequest();
  // Takes one reply; true when every secret can be opened.
  bool Reply(ByteView message);
  // Opens the secrets and takes the masks off on `threads` threads; then element i of the sum is
  // sums()[i].
  void Unmask(unsigned threads);

  const aggregation::secagg::Cohort& cohort() const { return *session_->cohort(); }
  template <typename S>
  const S* In() const {
    return std::get_if<S>(&session_->state());
  }
  const std::vector<std::int32_t>& sums() const { return sums_; }
  double cpu_seconds() const { return meter_.seconds(); }  // Without Unmask's helpers.
  double helper_seconds() const { return helper_seconds_; }
  std::size_t masks_removed() const { return masks_removed_; }

 private:
  // What the server does: its time and its memory are counted.
  template <typename Job>
  decltype(auto) Work(Job&& job) {
    const HeapScope counted;
    return meter_.Run(std::forward<Job>(job));
  }
  void Tell(const aggregation::secagg::ServerEvent& event);
  void Fold();
  std::vector<aggregation::secagg::MaskSeed> SeedsOf(
      const aggregation::secagg::OpenedSecrets& opened, unsigned threads);
  void RemoveMasks(std::vector<aggregation::secagg::MaskSeed> seeds, unsigned threads);
  // work(thread) on each of the threads.
  void InParallel(unsigned threads, const std::function<void(unsigned)>& work);
  aggregation::secagg::SpooledShares ReadShares();

  Crypto& crypto_;
  const std::filesystem::path path_;
  UnsyncedSpool spool_;
  coordinator::ShareSpool shares_;
  Timestamp now_ = kStart;
  std::optional<aggregation::secagg::ServerSession> session_;
  std::optional<aggregation::secagg::Unmasking> unmasking_;
  std::optional<coordinator::SecureSum> sum_;
  std::vector<std::int32_t> sums_;
  Meter meter_;
  double helper_seconds_ = 0;
  std::size_t masks_removed_ = 0;
};  // Used from one thread.

}  // namespace muster::bench
