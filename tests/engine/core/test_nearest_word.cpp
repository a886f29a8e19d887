// Tests engine/core/nearest_word.
#include "engine/core/nearest_word.h"

#include <catch2/catch.hpp>

using namespace tandem;

TEST_CASE("the nearest word is the one with the fewest changed letters") {
  const std::set<std::string> known = {"batch", "epochs", "momentum", "rate", "softmax-cross-entropy"};
  CHECK(nearest_word("bacth", known) == "batch");
  CHECK(nearest_word("epoch", known) == "epochs");
  CHECK(nearest_word("momentumm", known) == "momentum");
  CHECK(nearest_word("softmax-crosentropi", known) == "softmax-cross-entropy");
  CHECK(nearest_word("rate", known) == "rate");
}

TEST_CASE("no word is near a word of its own") {
  CHECK(nearest_word("zebra", {"batch", "rate"}) == "");
  CHECK(nearest_word("x", {"at", "k"}) == "");  // all letters changed
  CHECK(nearest_word("", {"n"}) == "");
  CHECK(nearest_word("batch", {}) == "");
}
