#pragma once
// Evidence as the commands show it, once it holds.
#include <muster/v1/evidence.pb.h>

#include <optional>
#include <string>
#include <string_view>

#include "cli/world.h"
#include "registry/evidence/card.h"
#include "registry/evidence/verify.h"

namespace muster::cli {

// What a bundle's text comes to.
struct OpenedEvidence {
  registry::evidence::Bundle bundle;
  registry::evidence::Verified verified;
  registry::evidence::Card card;
};

// The errors of ParseBundle, Verify and CardOf.
StatusOr<OpenedEvidence> OpenEvidence(const World& world, std::string_view text,
                                      const std::optional<std::string>& key);

v1::VerifiedEvidence VerifiedView(const OpenedEvidence& opened, bool key_given);
// "device D ran M version V at T, leaf N", with its line's end; empty when none is asked about.
std::string RunText(const OpenedEvidence& opened);
std::string VerifiedText(const v1::VerifiedEvidence& v);

}  // namespace muster::cli
