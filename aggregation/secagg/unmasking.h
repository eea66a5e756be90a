#pragma once
// The server's work with shares: it gathers replies, opens each survivor's self mask or each
// vanished device's mask key, never both of one, and names who lied. It lives in memory alone:
// after a restart the devices send the same replies again.
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "aggregation/secagg/cohort.h"
#include "aggregation/secagg/mask_seeds.h"
#include "aggregation/secagg/violation.h"

namespace muster::aggregation::secagg {

// U2 with what its members promised, as the server relayed it; public.
struct SharedSet {
  std::shared_ptr<const Cohort> cohort;
  MemberSet members;                    // U2
  std::vector<DealerPromise> promises;  // By member of U2.
  Digest hash;                          // SharedSetHash
};

// Fills `out` from `offset` of the encoded ShareKeys that `dealer` sent; an error when it has
// fewer.
using SpooledShares =
    std::function<Status(Member dealer, std::size_t offset, std::span<std::byte> out)>;
// What `dealer` dealt the holders from `holder` on: kDealtBytes each, as many as fill `out`.
Status ReadDealt(const SpooledShares& spooled, Member dealer, Member holder,
                 std::span<std::byte> out);

// Somebody lied, and how that can be shown. The evidence holds no share that was really dealt.
struct Named {
  Member member;
  Violation violation;
  Bytes evidence;
};

struct OpenedSecrets {
  struct Of {
    Member member;
    Secret secret;
  };
  std::vector<Of> selves;     // b of each survivor.
  std::vector<Of> mask_keys;  // Of each who vanished and whom a survivor masked with.
};

class Unmasking {
 public:
  // Up to so many devices each share is checked when it comes. Beyond, only what was opened is
  // checked; where that fails, each share of that secret.
  static constexpr std::uint32_t kProveAtOnce = 256;

  // Reads the fingerprints of the shares that survivors may show: DATA_LOSS when the spool lacks
  // some. `crypto` outlives this; `spooled` is not kept. Cost: n^2 reads, 16 n^2 bytes of memory.
  static StatusOr<Unmasking> Begin(SharedSet shared, MemberSet survivors,
                                   const SpooledShares& spooled, const Crypto& crypto,
                                   Defences defences = {});

  // Takes one reply; the same holder's again is OK and ignored. SIGNATURE_INVALID, SET_INVALID or
  // OUTSIDER refuses it; MALFORMED and SHARE_WRONG also name its sender. Cost: one signature, n
  // hashes of 56 bytes; as many of 150 when each share is checked.
  Status Add(const UnmaskReply& reply);
  // Every secret has t shares.
  bool Ready() const;
  // Survivors whose reply is wanted still.
  MemberSet Awaited() const;

  // Reconstructs and checks every secret. FAILED_PRECONDITION (TOO_FEW_MEMBERS) when not Ready;
  // UNAVAILABLE when shares turned out wrong, their senders are named, and others are needed in
  // their place (Awaited has them); INVALID_ARGUMENT (DEALING_INCONSISTENT) when a dealer is to
  // blame, which ends the session. Cost: O(t^2 + n t) multiplications, a hash or X25519 for each
  // secret.
  StatusOr<OpenedSecrets> Open();

  // Whom to blame when no more replies will come: dealers of whom t holders answered, but t shares
  // did not.
  std::vector<Named> Undealt() const;
  const std::vector<Named>& named() const { return named_; }

 private:
  struct Needed {
    Member dealer;
    SecretKind kind;
    std::size_t rank;                // In U2.
    std::vector<Fingerprint> dealt;  // By holder; of survivors.
    std::size_t shares = 0;          // In answers_.
  };
  struct Answer {
    MemberSet about;
    std::vector<std::optional<Share>> row;  // By place in needed_.
    Signature signature;
  };

  Unmasking(SharedSet shared, MemberSet survivors, const Crypto& crypto, Defences defences);
  Status CheckReply(const UnmaskReply& reply) const;
  std::vector<Digest> ShownBy(const UnmaskReply& reply) const;
  Status CheckShare(Member holder, const Needed& needed, const Share& share) const;
  StatusOr<Answer> Read(const UnmaskReply& reply);
  StatusOr<Secret> OpenOne(std::size_t index);
  StatusOr<Secret> Interpolate(std::size_t index);
  Status CheckSecret(const Needed& needed, const Secret& secret) const;
  bool DropLiars(std::size_t index);
  static UnmaskReply ReplyOf(Member holder, const Answer& answer);
  void NameLiar(const UnmaskReply& reply, std::size_t index);

  SharedSet shared_;
  MemberSet survivors_;
  const Crypto* crypto_;
  Defences defences_;
  std::vector<Needed> needed_;  // Ascending by dealer.
  MemberSet asked_;             // Their dealers.
  std::map<Member, Answer> answers_;
  MemberSet liars_;
  std::vector<Named> named_;
  // Most secrets are opened by the same holders: their weights are computed once.
  std::vector<std::uint32_t> interpolated_;
  std::optional<Interpolator> interpolator_;
};  // Used from one thread at a time.

// What takes the masks off the sum: each seed is to be added with its sign. There are so many; any
// range of them can be had by itself, so that threads share the work. Cost: O(n) for the number;
// one HKDF for each of the first opened.selves.size() seeds, an X25519 more for the others.
std::size_t CountSeedsToRemove(const SharedSet& shared, const MemberSet& survivors,
                               const OpenedSecrets& opened);
struct SeedRange {
  std::size_t begin;
  std::size_t end;
};
StatusOr<std::vector<MaskSeed>> SeedsToRemove(const SharedSet& shared, const MemberSet& survivors,
                                              const OpenedSecrets& opened, SeedRange range,
                                              const Crypto& crypto);

}  // namespace muster::aggregation::secagg
