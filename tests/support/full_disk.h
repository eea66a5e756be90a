#pragma once
// A full disk without a disk to fill: while one lives, this process can write to no file beyond its
// first `room` bytes. The kernel answers EFBIG (RLIMIT_FSIZE), which storage treats as it does
// ENOSPC.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

namespace muster::testing {

class FullDisk {
 public:
  explicit FullDisk(rlim_t room = 0) {
    EXPECT_EQ(::getrlimit(RLIMIT_FSIZE, &before_), 0);
    old_handler_ = ::signal(SIGXFSZ, SIG_IGN);
    const rlimit most{.rlim_cur = room, .rlim_max = before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &most), 0);
  }
  ~FullDisk() {
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &before_), 0);
    ::signal(SIGXFSZ, old_handler_);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
  sighandler_t old_handler_ = SIG_DFL;
};

}  // namespace muster::testing
