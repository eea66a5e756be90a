// However a node's life is cut: each row is kept once, in order, and judged once.
#include "base/seeded.h"
#include "tests/unit/client_serving/serving_harness.h"

namespace muster::testing {
namespace {

// Dies at a random operation of its disk, before or after it was done, again and again. Whatever
// was told to sinks may be told again; the kept rows are each row of the file once, and so are
// those that telemetry was told of.
TEST(ServingProperty, EachRowIsKeptAndCountedOnceWhereverItDies) {
  for (std::uint64_t seed = 1; seed <= 24; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    SeededRng rng(seed);
    ServingHarness h;
    std::uint64_t left = 0;  // Operations until it dies.
    bool dead = false;
    h.fault = [&](std::string_view) {
      if (!dead && left > 0 && --left == 0) dead = true;
      return dead ? Unavailable("the machine is off") : Ok();
    };
    h.window = static_cast<std::uint32_t>(1 + rng.Below(3));
    h.monitors =
        R"({"monitors":[{"fields":["t"],"kind":"range","max":"1000","name":"m.r","window":30}]})";
    h.Boot();
    while (h.core->State().version.value() == 0)
      static_cast<void>(h.core->Install(h.Offer(1)).ok());
    std::vector<double> expected;
    double next = 0;
    for (int life = 0; life < 12; ++life) {
      left = rng.Below(2) == 0 ? 0 : 1 + rng.Below(12);
      for (int turn = 0; turn < 6 && !dead; ++turn) {
        for (std::uint64_t i = rng.Below(40); i > 0; --i) {
          h.Append(fmt::format("{},\n", next / 100));
          expected.push_back(next++ / 100);
        }
        static_cast<void>(h.core->Step().ok());
        if (rng.Below(3) == 0) h.clock.Advance(std::chrono::seconds(10));
        if (rng.Below(3) == 0) static_cast<void>(h.core->Save().ok());
      }
      dead = false;
      left = 0;
      h.Boot();
      ASSERT_EQ(h.Version(), 1u);
    }
    h.Step();
    ASSERT_EQ(h.Kept(), expected);
    // The monitors' own count of rows is in the state beside the place.
    ASSERT_THAT(h.core->Save(), IsOk());
    const Json state = Json::parse(AsText(*h.files->Get("nodes/engine-1/serving/state")));
    const Json set = Json::parse(state.at("service").at("monitors").at("set").get<std::string>());
    EXPECT_EQ(set.at("rows"), expected.size());
    std::uint64_t told = state.at("totals").at("rows").get<std::uint64_t>();
    for (const client::Served& served : h.telemetry.Of<client::Served>()) told += served.rows;
    EXPECT_EQ(told, expected.size());
  }
}

}  // namespace
}  // namespace muster::testing
