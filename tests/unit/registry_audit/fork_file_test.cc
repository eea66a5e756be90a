#include "registry/audit/fork_file.h"

#include "tests/unit/registry_audit/testing.h"

namespace muster::registry::audit {
namespace {
using muster::testing::Fails;
using muster::testing::IsOk;

ForkFile Example() {
  NaiveTree tree = NaiveTree::Numbered(9);
  return {{"a note\n", "another\n", Past{tree.Root(5), tree.Proof(5, 9)}},
          "example.org/log+00000000+AAAA",
          Reason::kLOG_FORKED,
          FromUnixMillis(1'700'000'000'000)};
}
auto IsNone() { return Fails(absl::StatusCode::kInvalidArgument, Reason::kPROOF_INVALID); }

TEST(ForkFile, ReadsBackWithAndWithoutAPast) {
  ForkFile file = Example();
  EXPECT_EQ(*ParseForkFile(*EncodeForkFile(file)), file);
  file.evidence.past.reset();
  file.finding = Reason::kLOG_REWOUND;
  EXPECT_EQ(*ParseForkFile(*EncodeForkFile(file)), file);
  const Past past = *Example().evidence.past;
  EXPECT_EQ(*ParsePast(*EncodePast(past)), past);
}

TEST(ForkFile, IsNoneWhenItIsCutShortOrOfAnotherForm) {
  const std::string whole = *EncodeForkFile(Example());
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_THAT(ParseForkFile(whole.substr(0, size)), IsNone()) << size;
  for (const char* text : {"[]", "{}", "null", R"({"first":1})", R"({"past":[]})"})
    EXPECT_THAT(ParseForkFile(text), IsNone()) << text;
  EXPECT_THAT(ParseForkFile(std::string(kMostForkFileBytes + 1, ' ')), IsNone());
  ForkFile many = Example();
  many.evidence.past->proof.resize(kMostProofHashes + 1);
  EXPECT_THAT(ParseForkFile(*EncodeForkFile(many)), IsNone());
  EXPECT_THAT(ParsePast("{\"root\":\"AA\",\"hashes\":[]}"), IsNone());
}

}  // namespace
}  // namespace muster::registry::audit
