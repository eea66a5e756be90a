// Stands for a program that is killed while its worker runs: starts a child, says which, and waits.
#include <unistd.h>

#include <cstdio>

#include "platform/posix_subprocess.h"

int main() {
  muster::platform::PosixLauncher launcher;
  const auto child = launcher.Start({.argv = {"sleep", "1000"}});
  if (!child.ok()) return 1;
  std::printf("%d\n", (*child)->pid());
  std::fflush(stdout);
  for (;;) pause();
}
