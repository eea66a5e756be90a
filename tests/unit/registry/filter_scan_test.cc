#include "registry/filter_scan.h"

#include <gmock/gmock.h>

#include <set>

#include "base/seeded.h"
#include "base/time_text.h"
#include "tests/unit/registry/gates_fixture.h"

namespace muster::registry {
namespace {

std::size_t Below(SeededRng& rng, std::size_t bound) {
  return static_cast<std::size_t>(rng.Below(bound));
}
template <typename T>
const T& OneOf(SeededRng& rng, const std::vector<T>& all) {
  return all[Below(rng, all.size())];
}

// Versions of every kind, some measured, tagged, approved or certified afterwards.
class Grown {
 public:
  Grown(std::uint64_t seed, std::size_t versions, std::size_t names) : rng_(seed), names_(names) {
    for (std::size_t i = 0; i < versions; ++i) {
      Create();
      while (Below(rng_, 3) == 0) Note();
    }
  }
  GatedModel model;

 private:
  void Create() {
    CreateModelVersion event;
    event.params = Digest({std::byte(Below(rng_, 4)), std::byte(Below(rng_, 256))});
    if (Below(rng_, 2) == 0) event.module = Digest({std::byte(Below(rng_, 3))});
    event.parameters = Below(rng_, 5) * 100;
    event.by = OneOf<std::string>(rng_, {"operator/ann", "operator/bob", "system"});
    const std::size_t known = model.state.versions.size();
    if (known > 0 && Below(rng_, 3) > 0) {
      event.parent = VersionNumber(1 + Below(rng_, known));
      event.origin =
          CampaignRound{CampaignName(fmt::format("c{}", Below(rng_, 40))), RoundNumber(known)};
      if (Below(rng_, 3) > 0) event.lineage.emplace().applied_by = "operator/cy";
    }
    event.measured = Some();
    model.now += Duration(Below(rng_, 2));
    EXPECT_TRUE(model.Do(event).ok());
  }
  Measurements Some() {
    Measurements out;
    while (Below(rng_, 3) > 0)
      out.metrics[fmt::format("m{}", Below(rng_, names_))] = static_cast<double>(Below(rng_, 4));
    return out;
  }
  void Note() {
    const VersionNumber version(1 + Below(rng_, model.state.versions.size()));
    const std::string key = fmt::format("t{}", Below(rng_, names_));
    switch (Below(rng_, 7)) {
      case 0: (void)model.Do(MeasureVersion{version, Some(), "operator/ann"}); break;
      case 1: (void)model.Do(TagVersion{version, {}, {key}, "operator/ann"}); break;
      case 2: (void)model.Do(ApproveVersion{version, "", {}, "operator/pat"}); break;
      case 3: (void)model.Do(CertifyVersion{version, "x86-64", {}, "operator/pat"}); break;
      case 4:
        (void)model.Do(
            MoveAlias{OneOf<std::string>(rng_, {"champion", "blue"}), version, "operator/ann"});
        break;
      default:
        (void)model.Do(
            TagVersion{version, {{key, fmt::format("v{}", Below(rng_, 3))}}, {}, "operator/ann"});
    }
  }
  SeededRng rng_;
  const std::size_t names_;
};

std::string Comparison(SeededRng& rng, std::size_t names) {
  const std::string op = OneOf<std::string>(rng, {"=", "!=", "<", "<=", ">", ">="});
  const auto text = [&](const char* name, const std::vector<std::string>& values) {
    return fmt::format("{} {} '{}'", name, op, OneOf(rng, values));
  };
  const auto number = [&](const std::string& name, std::size_t bound) {
    return fmt::format("{} {} {}", name, op, Below(rng, bound));
  };
  const Digest digest({std::byte(Below(rng, 4)), std::byte(Below(rng, 256))});
  switch (Below(rng, 19)) {
    case 0: return text("model", {"turbofan", "other"});
    case 1: return text("campaign", {"c0", "c1", "c17", "c9", ""});
    case 2: return text("contract", {"engine", "other"});
    case 3: return text("created_by", {"operator/ann", "operator/bob", "x"});
    case 4: return text("applied_by", {"operator/cy", "operator/d"});
    case 5: return text("params", {digest.ToString(), "sha256:0", "SHA256"});
    case 6: return text("module", {digest.ToString(), Digest().ToString()});
    case 7: return text("alias", {"champion", "blue", "none"});
    case 8: return text("approved_by", {"operator/pat", "operator/q"});
    case 9: return text("hardware", {"x86-64", "jetson"});
    case 10: return number("version", 700);
    case 11: return number("parent", 700);
    case 12: return number("round", 700);
    case 13: return number("contract_version", 3);
    case 14: return number("parameters", 500);
    case 15:
      return fmt::format("created {} '{}'", op, FormatTime(Noon() + Duration(Below(rng, 700))));
    case 16: return number(fmt::format("metrics.m{}", Below(rng, names + 1)), 5);
    case 17: return number(fmt::format("metrics.m{}", Below(rng, names + 1)), 5);
    default:
      return text(fmt::format("tags.t{}", Below(rng, names + 1)).c_str(), {"v0", "v1", "v2", "w"});
  }
}

std::string Expression(SeededRng& rng, std::size_t names, int depth) {
  switch (depth == 0 ? 0 : Below(rng, 5)) {
    case 1: return "not " + Expression(rng, names, depth - 1);
    case 2:
    case 3:
      return fmt::format("({} {} {})", Expression(rng, names, depth - 1),
                         Below(rng, 2) == 0 ? "and" : "or", Expression(rng, names, depth - 1));
    default: return Comparison(rng, names);
  }
}

std::vector<std::size_t> Plainly(const Filter& filter, const ModelState& state) {
  std::vector<std::size_t> out;
  for (std::size_t i = state.versions.size(); i > 0; --i)
    if (filter.Matches(state, i - 1)) out.push_back(i);
  return out;
}
std::vector<std::size_t> ByColumns(const Filter& filter, const ModelState& state) {
  std::vector<std::size_t> out;
  FilterScan scan(filter, state);
  for (std::size_t i = state.versions.size(); i > 0; --i)
    if (scan.Matches(i - 1)) out.push_back(i);
  return out;
}

// Whatever happened to the versions and whatever is asked, columns find what the versions say.
TEST(FilterScan, FindsWhatTheFilterItselfFinds) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    // Many names: not all of them get a column.
    const std::size_t names = seed % 3 == 0 ? 300 : 5;
    const Grown grown(seed, seed % 4 == 0 ? 1 : 600, names);
    SeededRng rng(seed + 1000);
    std::set<std::size_t> sizes;
    for (int i = 0; i < 200; ++i) {
      const std::string text = Expression(rng, names, 3);
      SCOPED_TRACE(::testing::Message() << "seed=" << seed << " filter=" << text);
      const auto filter = Filter::Parse(text);
      ASSERT_TRUE(filter.ok()) << filter.status();
      const auto found = ByColumns(*filter, grown.model.state);
      ASSERT_EQ(found, Plainly(*filter, grown.model.state));
      sizes.insert(found.size());
    }
    EXPECT_GT(sizes.size(), seed % 4 == 0 ? 1u : 20u) << "the filters tell versions apart";
  }
}

TEST(FilterScan, MayBeAskedInAnyOrder) {
  const Grown grown(77, 600, 5);
  const auto filter = Filter::Parse("metrics.m1 < 3 and campaign != 'c1' or tags.t1 = 'v1'");
  FilterScan scan(*filter, grown.model.state);
  SeededRng rng(1);
  for (int i = 0; i < 2000; ++i) {
    const std::size_t at = Below(rng, 600);
    EXPECT_EQ(scan.Matches(at), filter->Matches(grown.model.state, at)) << at;
  }
}

TEST(FilterScan, ACopyFindsWhatItFoundWhateverComesAfter) {
  Grown grown(5, 300, 3);
  const ModelState before = grown.model.state;
  const auto filter = Filter::Parse("tags.t0 = 'new' or metrics.fresh = 1");
  EXPECT_THAT(ByColumns(*filter, before), ::testing::IsEmpty());
  const std::string by = "operator/a";
  ASSERT_TRUE(grown.model.Do(TagVersion{VersionNumber(3), {{"t0", "new"}}, {}, by}).ok());
  Measurements fresh;
  fresh.metrics["fresh"] = 1;
  ASSERT_TRUE(grown.model.Do(MeasureVersion{VersionNumber(300), fresh, by}).ok());
  EXPECT_THAT(ByColumns(*filter, before), ::testing::IsEmpty());
  EXPECT_THAT(ByColumns(*filter, grown.model.state), ::testing::ElementsAre(300, 3));
}

// A tag that changes for ever leaves nothing behind.
TEST(TextColumn, ForgetsTextsThatNoRowHas) {
  TextColumn column;
  column.Set(0, "kept");
  for (int i = 0; i < 5000; ++i) column.Set(1, fmt::format("{}", i));
  EXPECT_LE(column.distinct().size(), 512u);
  EXPECT_EQ(column.distinct()[column.At(0)], "kept");
  EXPECT_EQ(column.distinct()[column.At(1)], "4999");
  column.Clear(1);
  EXPECT_EQ(column.At(1), TextColumn::kNone);
  EXPECT_EQ(column.At(99), TextColumn::kNone);
}

TEST(VersionColumns, GiveNoMoreThanSoManyNamesOfABlockAColumn) {
  VersionColumns columns;
  for (int i = 0; i < 200; ++i) {
    ModelVersion version;
    version.measured.metrics[fmt::format("m{}", i)] = i;
    columns.Add(version);
    columns.SetTags(static_cast<std::size_t>(i), {{fmt::format("t{}", i), "x"}});
  }
  const auto& block = columns.block(0);
  EXPECT_EQ(block.metrics.columns.size(), VersionColumns::kMostNamed);
  EXPECT_EQ(block.tags.columns.size(), VersionColumns::kMostNamed);
  EXPECT_TRUE(block.metrics.partial);
  EXPECT_TRUE(block.tags.partial);
}

}  // namespace
}  // namespace muster::registry
