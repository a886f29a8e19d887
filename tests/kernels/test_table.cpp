#include "kernels/table.h"

#include <array>
#include <catch2/catch.hpp>
#include <cstring>

#include "kernels/bf16.h"

namespace tandem {
namespace {

TEMPLATE_TEST_CASE("every entry of the host's table is filled", "[table]", float, bf16, double) {
  using Entries = std::array<void*, sizeof(Table<TestType>) / sizeof(void*)>;  // a Table is nothing but pointers
  static_assert(sizeof(Entries) == sizeof(Table<TestType>));
  Entries entries;
  std::memcpy(&entries, &host::table<TestType>(), sizeof entries);
  for (size_t i = 0; i < entries.size(); ++i) {
    INFO("entry " << i);
    REQUIRE(entries[i] != nullptr);
  }
}

}  // namespace
}  // namespace tandem
