// One spelling for one identity.
#include "platform/spiffe.h"

#include <gtest/gtest.h>

namespace muster::platform {
namespace {

TEST(Spiffe, EveryKindReadsBackFromItsUri) {
  for (const auto kind : {SpiffeId::Kind::kDevice, SpiffeId::Kind::kOperator,
                          SpiffeId::Kind::kServer, SpiffeId::Kind::kAuthority}) {
    const SpiffeId id{"muster.local", kind, "Engine-017_a.b"};
    const auto parsed = ParseSpiffe(id.Uri());
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(*parsed, id);
  }
  EXPECT_EQ(ParseSpiffe("spiffe://d/device/3f")->Uri(), "spiffe://d/device/3f");
}

TEST(Spiffe, AnythingButTheOneFormIsRefused) {
  const std::string long_part(256, 'a');
  for (const std::string& uri : {
           std::string(),
           std::string("spiffe://"),
           std::string("spiffe:///device/a"),
           std::string("spiffe://d"),
           std::string("spiffe://d/"),
           std::string("spiffe://d/device"),
           std::string("spiffe://d/device/"),
           std::string("spiffe://d//a"),
           std::string("spiffe://d/device/a/"),
           std::string("spiffe://d/device/a/b"),
           std::string("spiffe://d/device//a"),
           std::string("spiffe://d/robot/a"),
           std::string("spiffe://d/Device/a"),
           std::string("SPIFFE://d/device/a"),
           std::string("https://d/device/a"),
           std::string(" spiffe://d/device/a"),
           std::string("spiffe://d/device/a "),
           std::string("spiffe://d:1/device/a"),
           std::string("spiffe://u@d/device/a"),
           std::string("spiffe://D/device/a"),
           std::string("spiffe://d/device/a?x=1"),
           std::string("spiffe://d/device/a#f"),
           std::string("spiffe://d/device/%61"),
           std::string("spiffe://d/device/."),
           std::string("spiffe://d/device/.."),
           std::string("spiffe://d/device/\xc3\xa4"),
           std::string("spiffe://d/device/a\0b", 21),
           "spiffe://d/device/" + long_part,
           "spiffe://" + long_part + "/device/a",
       }) {
    const auto parsed = ParseSpiffe(uri);
    EXPECT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument) << uri;
    EXPECT_EQ(ReasonOf(parsed.status()), Reason::kNAME_INVALID) << uri;
  }
}

TEST(Spiffe, PartsOf255CharactersAreTheLongestAllowed) {
  const std::string part(255, 'a');
  EXPECT_TRUE(ParseSpiffe("spiffe://" + part + "/device/" + part).ok());
}

}  // namespace
}  // namespace muster::platform
