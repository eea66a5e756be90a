// Keys on disk: durable, private, and refused when they are not.
#include "platform/dir_ca.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "platform/private_file.h"
#include "platform/secure_rng.h"
#include "platform/system_clock.h"

namespace muster::platform {
namespace {
using testing::HasSubstr;

struct DirCaTest : testing::Test {
  void SetUp() override {
    std::string pattern = testing::TempDir() + "dir-ca-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root = pattern;
    dir = root + "/data/ca";
  }
  void TearDown() override { std::filesystem::remove_all(root); }

  StatusOr<CertificateAuthority> Open(const char* domain = "muster.test") {
    return OpenOrCreateCa(dir, domain, clock, rng);
  }
  static unsigned ModeOf(const std::string& path) {
    struct stat st {};
    EXPECT_EQ(stat(path.c_str(), &st), 0) << path;
    return st.st_mode & 07777;
  }

  SystemClock clock;
  OpenSslRng rng;
  std::string root;
  std::string dir;
};

TEST_F(DirCaTest, TheSecondStartFindsTheCaOfTheFirst) {
  const auto first = Open();
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = Open();
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(first->certificate_pem(), second->certificate_pem());
  EXPECT_EQ(ModeOf(dir), 0700u);
  EXPECT_EQ(ModeOf(dir + "/ca-key.pem"), 0600u);
  EXPECT_EQ(ModeOf(dir + "/ca.pem"), 0644u);
}

TEST_F(DirCaTest, ACrashBetweenKeyAndCertificateStartsAnew) {
  ASSERT_TRUE(Open().ok());
  std::filesystem::remove(dir + "/ca.pem");
  std::ofstream(dir + "/ca.pem.new") << "half";
  const auto ca = Open();
  ASSERT_TRUE(ca.ok()) << ca.status();
  EXPECT_EQ(Open()->certificate_pem(), ca->certificate_pem());
  EXPECT_FALSE(std::filesystem::exists(dir + "/ca.pem.new"));
}

TEST_F(DirCaTest, ALostKeyIsNeverReplaced) {
  const std::string before = Open()->certificate_pem();
  std::filesystem::remove(dir + "/ca-key.pem");
  EXPECT_EQ(Open().status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReadTextFile(dir + "/ca.pem", 1 << 16).value(), before);
}

TEST_F(DirCaTest, AKeyOrDirectoryOpenToOthersIsRefusedWithTheRemedy) {
  ASSERT_TRUE(Open().ok());
  for (const mode_t mode : {0640, 0604, 0660, 0777}) {
    ASSERT_EQ(chmod((dir + "/ca-key.pem").c_str(), mode), 0);
    const auto ca = Open();
    EXPECT_EQ(ca.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(ca.status().ToString(), HasSubstr("chmod 600 " + dir + "/ca-key.pem"));
  }
  ASSERT_EQ(chmod((dir + "/ca-key.pem").c_str(), 0600), 0);
  EXPECT_TRUE(Open().ok());
  ASSERT_EQ(chmod(dir.c_str(), 0750), 0);
  EXPECT_THAT(Open().status().ToString(), HasSubstr("chmod 700 " + dir));
}

TEST_F(DirCaTest, AnotherTrustDomainsCaIsNotTaken) {
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(Open("muster.other").status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(DirCaTest, ADamagedCertificateIsRefusedAndKept) {
  ASSERT_TRUE(Open().ok());
  std::ofstream(dir + "/ca.pem") << "damaged";
  EXPECT_EQ(ReasonOf(Open().status()), Reason::kCERTIFICATE_INVALID);
  EXPECT_EQ(ReadTextFile(dir + "/ca.pem", 100).value(), "damaged");
}

TEST_F(DirCaTest, PrivateFilesComeBackAndAreReplacedWhole) {
  const std::string path = root + "/key";
  ASSERT_TRUE(WritePrivateFile(path, Secret::FromText("first, and longer")).ok());
  ASSERT_TRUE(WritePrivateFile(path, Secret::FromText("second")).ok());
  EXPECT_TRUE(EqualInConstantTime(*ReadPrivateFile(path), AsBytes("second")));
  EXPECT_EQ(ModeOf(path), 0600u);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(root), {}), 1);
}

TEST_F(DirCaTest, WhatCannotBeAKeyFileIsRefused) {
  const std::string fifo = root + "/fifo";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(ReadPrivateFile(root + "/absent").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReadPrivateFile(root).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReadPrivateFile(fifo).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(WritePrivateFile(root + "/no/key", Secret::FromText("x")).code(),
            absl::StatusCode::kNotFound);
  ASSERT_TRUE(WritePrivateFile(root + "/big", Secret(Bytes(64 * 1024 + 1))).ok());
  EXPECT_EQ(ReadPrivateFile(root + "/big").status().code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(DirCaTest, TextFilesAreReadUpToTheirBoundAndNotBeyond) {
  const std::string path = root + "/text";
  ASSERT_TRUE(WritePublicFile(path, "12345").ok());
  EXPECT_EQ(ReadTextFile(path, 5).value(), "12345");
  EXPECT_EQ(ReadTextFile(path, 4).status().code(), absl::StatusCode::kResourceExhausted);
  ASSERT_TRUE(WritePublicFile(path, "").ok());
  EXPECT_EQ(ReadTextFile(path, 0).value(), "");
}

}  // namespace
}  // namespace muster::platform
