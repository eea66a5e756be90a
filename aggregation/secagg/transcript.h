#pragma once
// Every text that is signed, hashed or fed to HKDF, in one place, so that no two mean the same
// bytes: each begins with a domain of its own and the hashes of task and roster, and its other
// fields have fixed lengths.
#include <span>
#include <vector>

#include "aggregation/secagg/members.h"
#include "aggregation/secagg/messages.h"
#include "aggregation/secagg/shamir.h"
#include "base/bytes.h"
#include "base/crypto.h"
#include "base/secret.h"

namespace muster::aggregation::secagg {

struct Context {
  Digest task;    // T_hash
  Digest roster;  // root1
};
// Which of a dealer's two secrets a share is of.
enum class SecretKind : std::uint8_t { kSelf = 0, kMaskKey = 1 };

Digest RosterHash(const Digest& task, const Roster& roster, const Hasher& hasher);
// Orders the ring of the mask graph.
Digest GraphSeed(const Context& context, const Hasher& hasher);
// To the self-mask secret b of `member`.
Digest CommitmentTo(const Context& context, Member member, const Secret& self,
                    const Hasher& hasher);
// Of one share, for the list that its dealer signs and the server holds: 16 bytes of SHA-256. It
// hides the share, which nobody can guess who could not guess the secret (t - 1 others at hand).
Fingerprint FingerprintOf(const Context& context, Member dealer, Member holder, SecretKind kind,
                          const Share& share, const Hasher& hasher);
// U2 with what its members promised. A device signs it with its vector, so that nobody can say
// later that it had seen other promises.
Digest SharedSetHash(const Context& context, const MemberSet& shared,
                     const std::vector<DealerPromise>& promises, const Hasher& hasher);

// What is signed.
Bytes AdvertiseText(const Digest& task, const AdvertiseKeys& keys);
Bytes ShareText(const Context& context, Member dealer, const DealerPromise& promise);
Bytes MaskedText(const Context& context, const MaskedHeader& header);
Bytes AgreementText(const Context& context, const Digest& shared, const MemberSet& survivors);
// `shown` has ShownHash of each share in the reply. Its hash is signed, so that one share can be
// shown to a judge without the others.
Bytes ReplyText(const Context& context, const Digest& shared, const MemberSet& survivors,
                const UnmaskReply& reply, std::span<const Digest> shown, const Hasher& hasher);
// Of a share that a holder shows, with the fingerprint that it had been told when it was dealt: by
// its signature the holder says that the two belong together.
Digest ShownHash(const Fingerprint& told, ByteView share, const Hasher& hasher);

// What goes into HKDF as info, and into AES-GCM as additional data, for the share from -> to.
Bytes SealInfo(const Context& context, Member from, Member to);
Bytes PairMaskInfo(const Context& context, const Digest& shared, Member a, Member b);
Bytes SelfMaskInfo(const Context& context, Member member);

}  // namespace muster::aggregation::secagg
