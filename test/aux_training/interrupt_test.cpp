#include "aux_training/interrupt.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "test/support/catch.h"

using namespace aux_training;

namespace {

// What becomes of a process that has noted `first` when `second` comes.
int status_after(int first, int second) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    note_interrupts();
    ::raise(first);
    if (interrupt() == first) ::raise(second);
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return status;
}

}  // namespace

TEST_CASE("interrupt: the first signal is noted, a second one of either kind ends the process") {
  for (const int first : {SIGINT, SIGTERM})
    for (const int second : {SIGINT, SIGTERM}) {
      CAPTURE(first, second);
      const int status = status_after(first, second);
      REQUIRE(WIFSIGNALED(status));
      CHECK(WTERMSIG(status) == second);
    }
}

TEST_CASE("interrupt: output that nobody reads ends nothing") {
  CHECK(status_after(SIGINT, SIGPIPE) == 0);
}
