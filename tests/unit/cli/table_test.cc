#include "cli/table.h"

#include <gtest/gtest.h>

namespace muster::cli {
namespace {

TEST(Table, AlignsColumnsByWidthOnScreenAndTrailsNothing) {
  Table table({"NAME", "UNIT", "NOTE"});
  table.Add({"Größe", "m", ""});
  table.Add({"t", "Cel", "two\nlines"});
  EXPECT_EQ(table.Text(),
            "NAME   UNIT  NOTE\n"
            "Größe  m\n"
            "t      Cel   two lines\n");
}

TEST(Properties, AlignsValuesAndLeavesEmptyOnesOut) {
  Properties p(2);
  p.Add("Name", "x");
  p.Add("Why", "");
  p.Add("Description", "two\nlines\n");
  EXPECT_EQ(p.Text(),
            "  Name:         x\n"
            "  Description:  two\n"
            "                lines\n");
}

}  // namespace
}  // namespace muster::cli
