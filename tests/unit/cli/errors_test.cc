#include <gtest/gtest.h>

#include "cli/output.h"

namespace muster::cli {
namespace {

TEST(Errors, ShowOneLineAProblemAndTheReason) {
  const Status two =
      WithReason(InvalidArgument("f.yaml:1:2: a\nf.yaml:3:4: b"), Reason::kFIELD_UNKNOWN);
  EXPECT_EQ(ErrorText(two, Format::kTable),
            "error: f.yaml:1:2: a\nerror: f.yaml:3:4: b (FIELD_UNKNOWN)\n");
  EXPECT_EQ(ErrorText(NotFound("no \x1b[2J"), Format::kYaml), "error: no  [2J\n");
}

TEST(Errors, AreJsonForPrograms) {
  EXPECT_EQ(ErrorText(InvalidField("plan.rounds", "not 0"), Format::kJson),
            "{\"error\":{\"code\":\"INVALID_ARGUMENT\",\"reason\":\"FIELD_INVALID\",\"field\":"
            "\"plan.rounds\",\"message\":\"plan.rounds: not 0\"}}\n");
  EXPECT_EQ(ErrorText(Internal("\xff"), Format::kJson),
            "{\"error\":{\"code\":\"INTERNAL\",\"message\":\"\xef\xbf\xbd\"}}\n");
}

TEST(Errors, ExitCodesTellRefusedFromUnreachable) {
  EXPECT_EQ(ExitCodeOf(Ok()), 0);
  EXPECT_EQ(ExitCodeOf(InvalidArgument("x")), 1);
  EXPECT_EQ(ExitCodeOf(Unavailable("x")), 3);
  EXPECT_EQ(ExitCodeOf(DeadlineExceeded("x")), 3);
}

}  // namespace
}  // namespace muster::cli
