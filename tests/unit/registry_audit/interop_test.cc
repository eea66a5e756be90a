// What this project writes of a log, judged by Go's checksum database packages, which share no code
// with it (tests/interop/tlog); and what they write, judged by this project.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "platform/dir_files.h"
#include "platform/openssl_crypto.h"
#include "registry/audit/encoding.h"
#include "registry/audit/merkle_log.h"
#include "registry/audit/proofs.h"
#include "tests/support/memory_journal.h"
#include "tests/support/symbolic_crypto.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/registry_audit/testing.h"

namespace muster::registry::audit {
namespace {
using muster::testing::IsOk;
using muster::testing::TempDir;
using ::testing::HasSubstr;

constexpr const char* kGoPath = "/usr/share/gocode";  // Where Debian's golang-*-dev packages are.
const std::string kOrigin = "example.org/log";

struct Ran {
  int status = 0;
  std::string output;
};
Ran Shell(const std::string& command) {
  Ran ran;
  std::FILE* const pipe = ::popen((command + " 2>&1").c_str(), "r");
  char buffer[4096];
  for (std::size_t n; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;)
    ran.output.append(buffer, n);
  ran.status = ::pclose(pipe);
  return ran;
}

void WriteFile(const std::string& path, ByteView bytes) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << AsText(bytes);
}
std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Facts as a system writes them; one of them is too long for a bundle.
std::string FactOf(std::uint64_t leaf) {
  const std::string text(leaf == 77 ? 100'000 : leaf % 50, 'x');
  return fmt::format(R"({{"by":"operator/ann","n":{},"text":"{}"}})", leaf, text);
}

class Interop : public ::testing::Test {
 protected:
  void SetUp() override {
    if (Shell("command -v go").status != 0 ||
        !std::filesystem::exists(std::string(kGoPath) + "/src/golang.org/x/mod/sumdb/tlog"))
      GTEST_SKIP() << "NOT RUN: no go, or no golang-golang-x-mod-dev "
                      "(tools/dev/packages-interop.txt)";
    const Ran built =
        Shell(fmt::format("GO111MODULE=off GOFLAGS= GOPATH={} go build -o {} {}/main.go", kGoPath,
                          program_, MUSTER_INTEROP_DIR));
    ASSERT_EQ(built.status, 0) << built.output;
  }
  Ran Verify() { return Shell(fmt::format("{} verify {}", program_, dir_.path())); }

  // Writes a log of `sizes.back()` leaves with a checkpoint at each size, as a server shows it.
  void WriteLog(const std::vector<std::uint64_t>& sizes) {
    const NoteKey key = *NoteKey::Make(kOrigin, signer_.public_key(), crypto_);
    WriteFile(dir_ / "key", AsBytes(key.ToString()));
    muster::testing::MemoryJournal journal;
    const auto files = *platform::DirFiles::Open(dir_ / "files");
    const auto log = *MerkleLog::Open({journal, *files, crypto_, signer_, kOrigin});
    for (const std::uint64_t size : sizes) {
      Fill(journal, log->head().size, size, FactOf);
      while (!log->Advance()->at_end) continue;
      const std::string name =
          size == sizes.back() ? "checkpoint" : fmt::format("checkpoint.{}", size);
      WriteFile(dir_ / name, AsBytes(*log->Publish()));
    }
    WriteTiles(*log, sizes.back());
    WriteProofs(*log, sizes);
  }
  void WriteTiles(MerkleLog& log, std::uint64_t size) {
    for (const TileId& tile : TilesOf(size)) {
      Bytes bytes;
      AppendHashes(*log.Tile(tile), bytes);
      WriteFile(dir_ / PathOf(tile), bytes);
      if (tile.level != 0) continue;
      const TileId bundle{kEntries, tile.index, tile.width};
      WriteFile(dir_ / PathOf(bundle), *EncodeBundle(*log.Leaves(bundle)));
    }
  }
  void WriteProofs(MerkleLog& log, const std::vector<std::uint64_t>& sizes) {
    std::string lines;
    for (const std::uint64_t newer : sizes) {
      for (std::uint64_t index = 0; index < newer; index += 1 + newer / 97)
        lines += *EncodeProof(*ProveInclusion(crypto_, log, index, newer)) + "\n";
      for (const std::uint64_t older : sizes)
        if (older <= newer)
          lines += *EncodeProof(*ProveConsistency(crypto_, log, older, newer)) + "\n";
    }
    WriteFile(dir_ / "proofs", AsBytes(lines));
  }
  void Flip(const std::string& name, std::size_t at) {
    std::string bytes = ReadFile(dir_ / name);
    ASSERT_LT(at, bytes.size());
    bytes[at] ^= 1;
    WriteFile(dir_ / name, AsBytes(bytes));
  }

  TempDir dir_;
  const std::string program_ = dir_ / "tlog";
  const platform::OpenSslCrypto crypto_;
  muster::testing::SeededSecureRng rng_{7};
  const platform::OpenSslSigner signer_{*platform::Ed25519PrivateKey::Generate(rng_)};
};

TEST_F(Interop, GoBelievesOurCheckpointsTilesEntriesAndProofs) {
  WriteLog({1, 2, 3, 255, 256, 257, 1000, 1024, 5000, 65'536, 66'000});
  const Ran ran = Verify();
  EXPECT_EQ(ran.status, 0) << ran.output;
  EXPECT_THAT(ran.output, HasSubstr("66000 leaves, 11 checkpoints,"));
}

TEST_F(Interop, GoRefusesOurLogOnceAnyOfItIsTouched) {
  WriteLog({3, 300, 600});
  ASSERT_EQ(Verify().status, 0) << Verify().output;
  for (const auto& [name, at] :
       std::initializer_list<std::pair<std::string, std::size_t>>{{"tile/0/000", 100},
                                                                  {"tile/0/002.p/88", 2000},
                                                                  {"tile/1/000.p/2", 40},
                                                                  {"tile/entries/001", 30},
                                                                  {"checkpoint", 17},
                                                                  {"checkpoint.300", 21},
                                                                  {"proofs", 14}}) {
    Flip(name, at);
    EXPECT_NE(Verify().status, 0) << name;
    Flip(name, at);
  }
  EXPECT_EQ(Verify().status, 0);
}

TEST_F(Interop, WeBelieveWhatGoSigned) {
  const std::string text = *EncodeCheckpoint({"go.example.org/log", {300, NumberedLeaf(1)}, {}});
  WriteFile(dir_ / "text", AsBytes(text));
  const Ran ran = Shell(fmt::format("{} sign {}", program_, dir_.path()));
  ASSERT_EQ(ran.status, 0) << ran.output;
  const auto key = NoteKey::Parse(ReadFile(dir_ / "go.key"), crypto_);
  ASSERT_THAT(key, IsOk());
  std::string note = ReadFile(dir_ / "go.note");
  const auto checkpoint = OpenCheckpoint(note, std::span(&*key, 1), crypto_);
  ASSERT_THAT(checkpoint, IsOk());
  EXPECT_EQ(checkpoint->tree, (TreeHead{300, NumberedLeaf(1)}));
  note[20] ^= 1;
  EXPECT_FALSE(OpenCheckpoint(note, std::span(&*key, 1), crypto_).ok());
}

}  // namespace
}  // namespace muster::registry::audit
