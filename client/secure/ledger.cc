#include "client/secure/ledger.h"

#include <array>

namespace muster::client {
namespace {
std::string LineOf(const RoundKey& round, const Digest& model) {
  return fmt::format("{}/{} {}\n", round.campaign.value(), round.round.value(), model.ToString());
}
}  // namespace

ContributionLedger::ContributionLedger(Files& files, const Hasher& hasher, const DeviceName& name)
    : files_(files), hasher_(hasher), folder_(fmt::format("nodes/{}/given", name.value())) {}

// By hash, since a campaign's name comes from outside and a file's name must not.
std::string ContributionLedger::FileOf(const std::string& line) const {
  return fmt::format("{}/{}", folder_, hasher_.Sha256(AsBytes(line)).Hex());
}

Status ContributionLedger::Check(const RoundKey& round, const Digest& model) const {
  const StatusOr<Bytes> found = files_.Get(FileOf(LineOf(round, model)));
  if (absl::IsNotFound(found.status())) return Ok();
  MUSTER_TRY(found.status());
  return WithReason(FailedPrecondition("{}/{} was given this update before", round.campaign.value(),
                                       round.round.value()),
                    Reason::kSECURE_REPEATED);
}

Status ContributionLedger::Enter(const RoundKey& round, const Digest& model) const {
  MUSTER_TRY(Check(round, model));
  const std::string line = LineOf(round, model);
  const std::array<ByteView, 1> parts = {AsBytes(line)};
  return files_.Put(FileOf(line), parts);
}

}  // namespace muster::client
