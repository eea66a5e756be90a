#include "registry/audit/proofs.h"

#include "base/seeded.h"
#include "tests/unit/registry_audit/testing.h"

namespace muster::registry::audit {
namespace {
using muster::testing::Fails;
using muster::testing::IsOk;
using enum absl::StatusCode;

auto IsNoProof() { return Fails(kInvalidArgument, Reason::kPROOF_INVALID); }
std::string Text(const Digest& hash) { return ToBase64(hash.bytes()); }

TEST(Proofs, AreCanonicalJsonWithTheirSizes) {
  const Digest a = NumberedLeaf(1), b = NumberedLeaf(2);
  EXPECT_EQ(
      *EncodeProof(InclusionProof{3, 4, {a, b}}),
      fmt::format(R"({{"hashes":["{}","{}"],"leaf_index":3,"tree_size":4}})", Text(a), Text(b)));
  EXPECT_EQ(*EncodeProof(ConsistencyProof{3, 4, {a}}),
            fmt::format(R"({{"hashes":["{}"],"new_size":4,"old_size":3}})", Text(a)));
  EXPECT_EQ(*EncodeProof(InclusionProof{0, 1, {}}),
            R"({"hashes":[],"leaf_index":0,"tree_size":1})");
}

TEST(Proofs, ComeBackFromTheirText) {
  for (std::size_t hashes = 0; hashes <= kMostProofHashes; ++hashes) {
    Hashes path;
    for (std::size_t i = 0; i < hashes; ++i) path.push_back(NumberedLeaf(i));
    const InclusionProof inclusion{hashes, (std::uint64_t{1} << 53) - 1, path};
    EXPECT_EQ(*ParseInclusionProof(*EncodeProof(inclusion)), inclusion);
    const ConsistencyProof growth{hashes, hashes + 1, path};
    EXPECT_EQ(*ParseConsistencyProof(*EncodeProof(growth)), growth);
  }
}

TEST(Proofs, AnyOtherTextIsRefused) {
  const std::string hash = Text(NumberedLeaf(1));
  const std::string good = R"({"hashes":[")" + hash + R"("],"leaf_index":1,"tree_size":2})";
  ASSERT_THAT(ParseInclusionProof(good), IsOk());
  EXPECT_THAT(ParseConsistencyProof(good), IsNoProof());
  std::string too_many = R"({"hashes":[)";
  for (std::size_t i = 0; i <= kMostProofHashes; ++i)
    too_many += (i == 0 ? "\"" : ",\"") + hash + "\"";
  for (const std::string& bad :
       {std::string(),
        std::string("null"),
        std::string("[]"),
        std::string("{}"),
        good + " ",
        " " + good,
        good + good,
        good.substr(0, good.size() - 1),
        R"({"hashes":[],"leaf_index":1})" + std::string(),
        std::string(R"({"hashes":{},"leaf_index":1,"tree_size":2})"),
        std::string(R"({"hashes":[1],"leaf_index":1,"tree_size":2})"),
        std::string(R"({"hashes":[""],"leaf_index":1,"tree_size":2})"),
        std::string(R"({"hashes":[[]],"leaf_index":1,"tree_size":2})"),
        std::string(R"({"hashes":[[[]]],"leaf_index":1,"tree_size":2})"),
        std::string(R"({"hashes":["AAAA"],"leaf_index":1,"tree_size":2})"),
        std::string(R"({"hashes":[],"leaf_index":-1,"tree_size":2})"),
        std::string(R"({"hashes":[],"leaf_index":1.0,"tree_size":2})"),
        std::string(R"({"hashes":[],"leaf_index":1e0,"tree_size":2})"),
        std::string(R"({"hashes":[],"leaf_index":"1","tree_size":2})"),
        std::string(R"({"hashes":[],"leaf_index":1,"tree_size":9007199254740992})"),
        std::string(R"({"hashes":[],"leaf_index":1,"tree_size":18446744073709551616})"),
        std::string(R"({"hashes":[],"leaf_index":1,"leaf_index":1,"tree_size":2})"),
        std::string(R"({"hashes":[],"leaf_index":1,"tree_size":2,"x":0})"),
        std::string(R"({"leaf_index":1,"hashes":[],"tree_size":2})"),
        std::string(R"({"hashes": [],"leaf_index":1,"tree_size":2})"),
        too_many + R"(],"leaf_index":1,"tree_size":2})",
        std::string(10'000, '['),
        std::string(kMostProofBytes + 1, ' ') + good})
    EXPECT_THAT(ParseInclusionProof(bad), IsNoProof()) << bad.substr(0, 100);
  EXPECT_THAT(EncodeProof(InclusionProof{0, std::uint64_t{1} << 53, {}}), IsNoProof());
}

TEST(Proofs, AnyBytesAreRefusedOrComeBackAsTheyWere) {
  SeededRng rng(5);
  const std::string good = *EncodeProof(ConsistencyProof{6, 8, {NumberedLeaf(1), NumberedLeaf(2)}});
  for (int i = 0; i < 20'000; ++i) {
    std::string text = good;
    for (std::uint64_t edits = 1 + rng.Below(3); edits > 0; --edits)
      text[rng.Below(text.size())] = static_cast<char>(rng.Next());
    if (const auto proof = ParseConsistencyProof(text); proof.ok())
      ASSERT_EQ(*EncodeProof(*proof), text);
  }
}

TEST(Proofs, AreOfTheirSizesOnly) {
  NaiveTree tree = NaiveTree::Numbered(9);
  const InclusionProof inclusion{2, 7, tree.Path(2, 0, 7)};
  EXPECT_THAT(Verify(kHasher, inclusion, tree.leaf(2), tree.Head(7)), IsOk());
  EXPECT_THAT(Verify(kHasher, inclusion, tree.leaf(2), {8, tree.Root(7)}), IsNoProof())
      << "although the path has the same shape there";
  EXPECT_THAT(Verify(kHasher, inclusion, tree.leaf(3), tree.Head(7)), IsNoProof());
  const ConsistencyProof growth{3, 7, tree.Proof(3, 7)};
  EXPECT_THAT(Verify(kHasher, growth, tree.Head(3), tree.Head(7)), IsOk());
  EXPECT_THAT(Verify(kHasher, growth, tree.Head(3), tree.Head(8)), IsNoProof());
  EXPECT_THAT(Verify(kHasher, growth, tree.Head(4), tree.Head(7)), IsNoProof());
}

}  // namespace
}  // namespace muster::registry::audit
