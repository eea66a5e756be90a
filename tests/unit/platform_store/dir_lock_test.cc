#include "platform/dir_lock.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace muster::platform {
namespace {
using muster::testing::Fails;
using muster::testing::HasCode;
using muster::testing::IsOk;
using muster::testing::TempDir;
using ::testing::HasSubstr;
using enum absl::StatusCode;

// A process that holds the lock of a directory until it is killed.
class Holder {
 public:
  explicit Holder(const std::string& directory) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      const auto lock = DirLock::Acquire(directory);
      const char answer = lock.ok() ? 'y' : 'n';
      if (::write(ends[1], &answer, 1) != 1) ::_exit(1);
      for (;;) ::pause();
    }
    char answer = 0;
    EXPECT_EQ(::read(ends[0], &answer, 1), 1);
    EXPECT_EQ(answer, 'y');
    ::close(ends[0]);
    ::close(ends[1]);
  }
  ~Holder() { Kill(); }
  void Kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    EXPECT_EQ(::waitpid(pid_, nullptr, 0), pid_);
    pid_ = 0;
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = 0;
};

TEST(DirLock, ASecondProcessIsRefusedAndToldWhoHoldsTheDirectory) {
  const TempDir dir;
  Holder holder(dir / "data");
  const auto refused = DirLock::Acquire(dir / "data");
  ASSERT_THAT(refused, Fails(kFailedPrecondition, Reason::kDATA_DIR_IN_USE));
  const std::string text(MessageOf(refused.status()));
  EXPECT_THAT(text, HasSubstr(dir / "data"));
  EXPECT_THAT(text, HasSubstr(fmt::format("process {}", holder.pid())));
}

TEST(DirLock, TheLockOfAKilledProcessIsFree) {
  const TempDir dir;
  Holder holder(dir.path());
  holder.Kill();
  EXPECT_THAT(DirLock::Acquire(dir.path()), IsOk());
}

TEST(DirLock, TheSameProcessIsRefusedWhileItHoldsTheLockAndNotAfter) {
  const TempDir dir;
  auto lock = DirLock::Acquire(dir.path());
  ASSERT_THAT(lock, IsOk());
  EXPECT_THAT(DirLock::Acquire(dir.path()), Fails(kFailedPrecondition, Reason::kDATA_DIR_IN_USE));
  EXPECT_THAT(DirLock::Acquire(dir / "other"), IsOk());
  lock->reset();
  EXPECT_THAT(DirLock::Acquire(dir.path()), IsOk());
}

TEST(DirLock, WhatIsNoDirectoryIsRefused) {
  const TempDir dir;
  ASSERT_THAT(DirLock::Acquire(dir.path()), IsOk());
  EXPECT_FALSE(DirLock::Acquire(dir / "LOCK").ok());
}

TEST(ErrnoStatus, NamesTheReasonThatCallersActOn) {
  for (const int error : {ENOSPC, EDQUOT, EFBIG})
    EXPECT_THAT(ErrnoStatus(error, "cannot write", "x"),
                Fails(kResourceExhausted, Reason::kDISK_FULL));
  for (const int error : {EROFS, EACCES, EPERM})
    EXPECT_THAT(ErrnoStatus(error, "cannot open", "x"),
                Fails(kFailedPrecondition, Reason::kREAD_ONLY));
  EXPECT_THAT(ErrnoStatus(ENOENT, "cannot open", "x"), HasCode(kNotFound));
  EXPECT_THAT(ErrnoStatus(EIO, "cannot read", "x"), HasCode(kInternal));
}

}  // namespace
}  // namespace muster::platform
