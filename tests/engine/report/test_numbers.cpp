// Tests engine/report/numbers.
#include "engine/report/numbers.h"

#include <catch2/catch.hpp>
#include <cmath>

using namespace tandem;

TEST_CASE("numbers are grouped by thousands") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1000) == "1,000");
  CHECK(grouped(60965224) == "60,965,224");
  CHECK(grouped(-123) == "-123");
  CHECK(grouped(-1234567) == "-1,234,567");
  CHECK(grouped(INT64_MIN) == "-9,223,372,036,854,775,808");
  CHECK(fixed(1234.567, 1) == "1,234.6");
  CHECK(fixed(-0.25, 2) == "-0.25");
  CHECK(fixed(999999.5, 0) == "1,000,000");
  CHECK(fixed(1e22, 0) == "10,000,000,000,000,000,000,000");
  CHECK(fixed(std::nan(""), 2) == "nan");
  CHECK(fixed(-INFINITY, 2) == "-inf");
}

TEST_CASE("bytes are counted in powers of 1024") {
  CHECK(human_bytes(0) == "0 B");
  CHECK(human_bytes(1023) == "1,023 B");
  CHECK(human_bytes(1024) == "1.0 KiB");
  CHECK(human_bytes(1536) == "1.5 KiB");
  CHECK(human_bytes(1024 * 1024 - 1) == "1.0 MiB");
  CHECK(human_bytes(60965224ull * 4) == "232.6 MiB");
  CHECK(human_bytes(80ull << 30) == "80.0 GiB");
  CHECK(human_bytes(UINT64_MAX) == "16.0 EiB");
}

TEST_CASE("the median is the middle number, or the mean of the middle two") {
  CHECK(median({3}) == 3);
  CHECK(median({9, 1, 2}) == 2);
  CHECK(median({8, 1, 4, 2}) == 3);
}

TEST_CASE("durations are read like a clock") {
  CHECK(human_duration(0) == "0:00");
  CHECK(human_duration(6.6) == "0:07");
  CHECK(human_duration(161) == "2:41");
  CHECK(human_duration(3599.4) == "59:59");
  CHECK(human_duration(3599.6) == "1:00:00");
  CHECK(human_duration(3723) == "1:02:03");
  CHECK(human_duration(100 * 3600.0) == "100:00:00");
  CHECK(human_duration(-1) == "?");
  CHECK(human_duration(INFINITY) == "?");
  CHECK(human_duration(std::nan("")) == "?");
}
