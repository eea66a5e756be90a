#include "cli/evidence_view.h"

#include "base/time_text.h"
#include "cli/text.h"

namespace muster::cli {
namespace evidence = registry::evidence;
namespace {
v1::VerifiedEvidence::DeviceRun ToProto(const evidence::DeviceRun& run) {
  v1::VerifiedEvidence::DeviceRun out;
  out.set_device(run.question.device);
  out.set_at_unix_ms(UnixMillis(run.question.at));
  out.set_asked_unix_ms(UnixMillis(run.asked_at));
  out.set_leaf(run.leaf);
  out.set_kind(run.kind);
  out.set_campaign(run.campaign);
  out.set_round(run.round);
  out.set_attempt(static_cast<std::uint32_t>(run.attempt));
  out.set_params_digest(run.params);
  out.set_version(run.version);
  out.set_base_version(run.base_version);
  out.set_outcome(run.outcome);
  return out;
}
}  // namespace

StatusOr<OpenedEvidence> OpenEvidence(const World& world, std::string_view text,
                                      const std::optional<std::string>& key) {
  OpenedEvidence out;
  MUSTER_ASSIGN(out.bundle, evidence::ParseBundle(text));
  MUSTER_ASSIGN(out.verified, evidence::Verify(out.bundle, key, world.crypto));
  MUSTER_ASSIGN(out.card, evidence::CardOf(out.bundle.model, out.bundle.version, out.verified.facts,
                                           out.verified.run));
  return out;
}

v1::VerifiedEvidence VerifiedView(const OpenedEvidence& opened, bool key_given) {
  v1::VerifiedEvidence out;
  out.set_model(opened.card.model);
  out.set_version(opened.card.version);
  out.set_origin(opened.verified.checkpoint.origin);
  out.set_tree_size(opened.verified.checkpoint.tree.size);
  out.set_root(opened.verified.checkpoint.tree.root.Hex());
  out.set_key(opened.bundle.key);
  out.set_key_given(key_given);
  out.set_leaves(opened.verified.facts.size());
  out.set_streams(opened.verified.streams);
  out.set_params_digest(opened.card.params);
  out.set_module_digest(opened.card.module);
  for (const auto& [name, value] : opened.card.metrics) (*out.mutable_metrics())[name] = value;
  if (opened.verified.run) *out.mutable_run() = ToProto(*opened.verified.run);
  return out;
}

std::string RunText(const OpenedEvidence& opened) {
  if (!opened.verified.run) return "";
  const evidence::DeviceRun& run = *opened.verified.run;
  return fmt::format("device {} ran {} at {}, leaf {}\n", Clean(run.question.device),
                     Clean(ModelText(run)), FormatTime(run.question.at), run.leaf);
}

std::string VerifiedText(const v1::VerifiedEvidence& v) {
  std::string out = fmt::format("{} version {}\n", Clean(v.model()), v.version());
  out += fmt::format("  ok  checkpoint  {}, {} facts, root {}\n", Clean(v.origin()),
                     Thousands(v.tree_size()), v.root());
  out += fmt::format("  ok  facts       {} of {} are in that log\n", Thousands(v.leaves()),
                     Thousands(v.leaves()));
  out += fmt::format("  ok  streams     {}, none with a gap\n", Thousands(v.streams()));
  out += fmt::format("  ok  statement   parameters {}{}\n", Clean(v.params_digest()),
                     v.module_digest().empty() ? "" : ", module " + Clean(v.module_digest()));
  if (v.has_run())
    out += fmt::format("  ok  device      {} round {}, {}: {}; parameters {}\n",
                       Clean(v.run().campaign()), v.run().round(), Clean(v.run().kind()),
                       Clean(v.run().outcome()), Clean(v.run().params_digest()));
  if (v.key_given()) return out + fmt::format("  ok  key         {}\n", Clean(v.key()));
  return out + fmt::format(
                   "  --  key         {}\n      came out of the bundle itself: compare it with one "
                   "from somebody you trust, or pass --key\n",
                   Clean(v.key()));
}

}  // namespace muster::cli
