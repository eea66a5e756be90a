#include "client/session/held_update.h"

#include <array>

#include "base/canonical_json.h"
#include "base/crc32c.h"

namespace muster::client {
namespace {
// The file: one line of canonical JSON, '\n', the update.
StatusOr<std::string> HeaderLine(const HeldUpdate& held) {
  MUSTER_ASSIGN(std::string line, CanonicalJson(Json{{"attempt", held.round.attempt},
                                                     {"campaign", held.round.campaign.value()},
                                                     {"crc32c", Crc32c(held.file)},
                                                     {"examples", held.examples},
                                                     {"loss", DecimalText(held.loss)},
                                                     {"round", held.round.round.value()}}));
  return line + '\n';
}

StatusOr<HeldUpdate> Parse(ByteView bytes) {
  const std::size_t end = AsText(bytes).find('\n');
  if (end == std::string_view::npos) return DataLoss("no header");
  MUSTER_ASSIGN(const Json json, ParseJson(AsText(bytes.first(end))));
  if (!json.is_object()) return DataLoss("the header is no object");
  JsonReader reader(json);
  HeldUpdate held;
  held.round = {CampaignName(reader.Text("campaign")), RoundNumber(reader.Unsigned("round")),
                static_cast<std::uint32_t>(reader.Unsigned("attempt"))};
  held.examples = reader.Unsigned("examples");
  held.loss = reader.Decimal("loss");
  const std::uint64_t crc = reader.Unsigned("crc32c");
  MUSTER_TRY(reader.status());
  const ByteView file = bytes.subspan(end + 1);
  if (Crc32c(file) != crc) return DataLoss("the checksum does not hold");
  held.file.assign(file.begin(), file.end());
  return held;
}
}  // namespace

Status HeldStore::Save(const HeldUpdate& held) {
  MUSTER_ASSIGN(const std::string header, HeaderLine(held));
  const std::array<ByteView, 2> parts = {AsBytes(header), held.file};
  return files_.Put(name_, parts);
}

StatusOr<std::optional<HeldUpdate>> HeldStore::Load() {
  const StatusOr<Bytes> bytes = files_.Get(name_);
  if (absl::IsNotFound(bytes.status())) return std::optional<HeldUpdate>();
  MUSTER_TRY(bytes.status());
  StatusOr<HeldUpdate> held = Parse(*bytes);
  if (!held.ok()) return DataLoss("held update {}: {}", name_, MessageOf(held.status()));
  return std::optional<HeldUpdate>(*std::move(held));
}

Status HeldStore::Remove() { return files_.Remove(name_); }

}  // namespace muster::client
