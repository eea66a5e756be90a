#include <filesystem>
#include <fstream>

#include "base/safetensors.h"
#include "fake_muster.h"

namespace muster::cli {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Bytes SomeParams(std::int64_t columns) {
  const Params params{*Layout::Make({{"w", DType::kF32, {2, columns}}}),
                      std::vector<float>(static_cast<std::size_t>(2 * columns), 0.5f)};
  return SerializeParams(params.View());
}

// muster-torch: writes parameters where it is told to, says a line, and ends.
class FakeTorch final : public Subprocess {
 public:
  explicit FakeTorch(int code) : code_(code) {}
  Status WriteLine(std::string_view, Duration) override { return Ok(); }
  StatusOr<std::string> ReadLine(Duration, std::size_t) override {
    if (said_++ == 0) return std::string("w [2, 3] trainable");
    return Unavailable("stdout ended");
  }
  void CloseStdin() override {}
  StatusOr<ExitStatus> Wait(Duration) override { return ExitStatus{.code = code_}; }
  void Kill() override {}
  int pid() const override { return 1; }

 private:
  int code_, said_ = 0;
};

class Model : public MusterTest {
 protected:
  Model() {
    services_.model.mutable_model()->set_name("rul-net");
    for (std::uint64_t v : {1, 2, 3}) {
      auto& version = *services_.model.add_versions();
      version.set_version(v);
      version.set_model("rul-net");
    }
    (*services_.model.mutable_aliases())["champion"] = 2;
    launcher_.start = [this](const SubprocessSpec& spec) -> StatusOr<std::unique_ptr<Subprocess>> {
      std::ofstream(spec.argv.at(4), std::ios::binary) << AsText(SomeParams(3));
      return std::make_unique<FakeTorch>(torch_exit_code_);
    };
  }
  std::string WriteParams(const std::string& name, std::int64_t columns) {
    return Write(name, AsText(SomeParams(columns)));
  }
  Digest DigestOf(ByteView bytes) { return hasher_.Sha256(bytes); }
  int torch_exit_code_ = 0;
};

TEST_F(Model, IsMadeFromAModuleAndTheParametersInsideIt) {
  const std::string module = Write("net.pt", "a module");
  ASSERT_EQ(Run({"model", "create", "rul-net", "--module", module}), 0) << err();
  EXPECT_THAT(out(), HasSubstr("model/rul-net version 4 created (28,033 parameters, sha256:"));
  EXPECT_THAT(launcher_.started, ElementsAre(ElementsAre("/opt/muster/bin/muster-torch", "inspect",
                                                         module, "--params", ::testing::_)));
  ASSERT_EQ(services_.versions_created.size(), 1u);
  EXPECT_EQ(services_.versions_created[0].params_digest(), DigestOf(SomeParams(3)).ToString());
  EXPECT_EQ(services_.versions_created[0].module_digest(),
            DigestOf(AsBytes("a module")).ToString());
  EXPECT_FALSE(std::filesystem::exists(dir_ / "temp"));
}

TEST_F(Model, IsMadeFromParametersAloneForTrainersOfTheirOwn) {
  ASSERT_EQ(Run({"model", "create", "rul-net", "--params", WriteParams("w.st", 7)}), 0) << err();
  EXPECT_TRUE(launcher_.started.empty());
  EXPECT_EQ(services_.versions_created.at(0).module_digest(), "");
}

TEST_F(Model, ParametersThatDoNotFitTheModuleAreRefusedBeforeTheUpload) {
  EXPECT_EQ(Run({"model", "create", "rul-net", "--module", Write("net.pt", "m"), "--params",
                 WriteParams("w.st", 7)}),
            1);
  EXPECT_THAT(err(), HasSubstr("(ARTEFACT_INVALID)"));
  EXPECT_TRUE(services_.artefacts.empty());
}

TEST_F(Model, FilesThatCannotBeReadAreRefusedBeforeTheUpload) {
  EXPECT_EQ(Run({"model", "create", "rul-net", "--params", Write("bad.st", "no safetensors")}), 1);
  EXPECT_THAT(err(), HasSubstr("bad.st: "));
  EXPECT_THAT(err(), HasSubstr("(ARTEFACT_INVALID)"));
  torch_exit_code_ = 1;
  EXPECT_EQ(Run({"model", "create", "rul-net", "--module", Write("net.pt", "m")}), 1);
  EXPECT_THAT(err(), HasSubstr("net.pt: muster-torch cannot read it (exited with code 1)"));
  EXPECT_EQ(Run({"model", "create", "rul-net"}), 1);
  EXPECT_EQ(Run({"model", "create", "rul-nte", "--params", WriteParams("w.st", 3)}), 1);
  EXPECT_THAT(err(), HasSubstr("there is no model 'rul-nte'"));
  EXPECT_TRUE(services_.artefacts.empty());
}

TEST_F(Model, IsDownloadedByVersionByAliasOrNewest) {
  const auto put = [&](int index, const std::string& content) {
    const std::string digest = DigestOf(AsBytes(content)).ToString();
    const ByteView bytes = AsBytes(content);
    services_.artefacts[digest] = Bytes(bytes.begin(), bytes.end());
    services_.model.mutable_versions(index)->set_params_digest(digest);
  };
  put(0, "one"), put(1, "two"), put(2, "three");
  const auto downloaded = [&](const std::string& name) {
    EXPECT_EQ(Run({"model", "download", name, "--out", dir_ / "out"}), 0) << err();
    std::ifstream in(dir_ / "out/params.safetensors");
    return std::string((std::istreambuf_iterator<char>(in)), {});
  };
  EXPECT_EQ(downloaded("rul-net@1"), "one");
  EXPECT_EQ(downloaded("rul-net:champion"), "two");
  EXPECT_EQ(downloaded("rul-net"), "three");
  EXPECT_EQ(Run({"model", "download", "rul-net@x", "--out", dir_ / "out"}), 1);
  EXPECT_EQ(Run({"model", "download", "rul-net@9", "--out", dir_ / "out"}), 1);
}

TEST_F(Model, ADownloadWithOtherBytesIsRefusedAndLeavesNoFile) {
  const std::string digest = DigestOf(AsBytes("right")).ToString();
  const ByteView wrong = AsBytes("wrong");
  services_.artefacts[digest] = Bytes(wrong.begin(), wrong.end());
  services_.model.mutable_versions(2)->set_params_digest(digest);
  EXPECT_EQ(Run({"model", "download", "rul-net", "--out", dir_ / "out"}), 1);
  EXPECT_THAT(err(), HasSubstr("(DIGEST_MISMATCH)"));
  EXPECT_FALSE(std::filesystem::exists(dir_ / "out/params.safetensors"));
}

TEST_F(Model, AliasesAreSetAndRemoved) {
  EXPECT_EQ(Run({"model", "alias", "set", "rul-net", "champion", "3"}), 0) << err();
  EXPECT_EQ(out(), "rul-net:champion is version 3\n");
  EXPECT_EQ(services_.alias_set.version(), 3u);
  EXPECT_EQ(Run({"model", "alias", "remove", "rul-net", "champion"}), 0) << err();
  EXPECT_EQ(services_.alias_set.version(), 0u);
}

}  // namespace
}  // namespace muster::cli
