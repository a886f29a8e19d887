// Tests engine/report/table.
#include "engine/report/table.h"

#include <catch2/catch.hpp>
#include <stdexcept>

using namespace tandem;

TEST_CASE("a table aligns words left and numbers right") {
  TextTable table({"layer", "output", "values", "note"});
  table.add_row({"conv1", "96×55×55", "34,944", ""});
  table.add_row({"fc6", "4096", "37,752,832", "dropped"});
  table.add_rule();
  table.add_row({"", "", "60,965,224"});
  CHECK(table.text() ==
        "layer    output      values  note\n"
        "------------------------------------\n"
        "conv1  96×55×55      34,944\n"
        "fc6        4096  37,752,832  dropped\n"
        "------------------------------------\n"
        "                 60,965,224\n");
}

TEST_CASE("one word makes a column one of words") {
  TextTable table({"n", "v"});
  table.add_row({"12", "1"});
  table.add_row({"none", "-2.5"});
  CHECK(table.text() == "n        v\n----------\n12       1\nnone  -2.5\n");
}

TEST_CASE("a table without rows is its header; too long a row is a mistake") {
  TextTable table({"a", "b"});
  CHECK(table.text() == "a  b\n----\n");
  CHECK_THROWS_AS(table.add_row({"1", "2", "3"}), std::logic_error);
}
