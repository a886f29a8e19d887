// Calls, printf, switches, cooperative groups, warp functions, half, cp.async, local arrays, locks.
#include <catch2/catch.hpp>
#include <cmath>
#include <sstream>

#include "program.h"

namespace tandem::ptx {
namespace {

struct Features : Program {
  static constexpr int kThreads = 64;
  std::vector<float> x;
  std::vector<int> whole;
  Address x_address, whole_address, y, whole_y;
  std::ostringstream printed;

  Features() : Program(read_ptx("features.ptx")) {
    for (int i = 0; i < 1024; ++i) x.push_back(float(i * 37 % 101 - 50) / 16);
    for (int i = 0; i < kThreads; ++i) whole.push_back(i * 13 % 11);
    x_address = upload(x);
    whole_address = upload(whole);
    y = upload(std::vector<float>(1024));
    whole_y = upload(std::vector<int>(kThreads));
    machine.settings().kernel_output = &printed;
    machine.settings().messages_per_kind = 1;
  }
};

TEST_CASE_METHOD(Features, "calls of functions that are not inlined", "[ptx]") {
  REQUIRE(launch("k_call", {1}, {kThreads}, 0, x_address, y).clean());
  const auto result = download<float>(y, kThreads);
  for (int t = 0; t < kThreads; ++t) {
    const int count = t & 1 ? t : 3;
    float sum = 0;
    for (int i = 0; i < count; ++i) sum = std::fma(x[t], float(i), sum);
    CHECK(result[t] == Approx(sum * 2 + (sum + 1 + 2) + (x[t] - 2) + 1).epsilon(1e-6));
  }
}

TEST_CASE_METHOD(Features, "printf", "[ptx]") {
  REQUIRE(launch("k_printf", {1}, {32}, 0, x_address).clean());
  CHECK(printed.str() == "thread 0 x=-3.125 str 1099511627776\nthread 1 x=-0.812 str 1099511627776\n");
}

TEST_CASE_METHOD(Features, "a switch becomes an indexed branch", "[ptx]") {
  REQUIRE(launch("k_switch", {1}, {kThreads}, 0, whole_address, whole_y).clean());
  const auto result = download<int>(whole_y, kThreads);
  for (int t = 0; t < kThreads; ++t) {
    const int cases[] = {t * 3, t - 7, t * t, t ^ 21, ~t, t << 2, t / 3, t % 5, 100};
    CHECK(result[t] == (whole[t] < 9 ? cases[whole[t]] : -1));
  }
}

TEST_CASE_METHOD(Features, "cooperative groups", "[ptx]") {
  REQUIRE(launch("k_cg", {1}, {kThreads}, 0, x_address, y).clean());
  const auto result = download<float>(y, kThreads);
  for (int t = 0; t < kThreads; ++t) {
    float sum = 0;
    for (int lane = 0; lane < 32; ++lane) sum += x[(t & ~31) + lane];
    CHECK(std::fabs(result[t] - (sum + x[t ^ 3] * 2 + float(t % 8))) < 1e-4);
  }
}

TEST_CASE_METHOD(Features, "match, vote, redux and shuffles of 64 bits", "[ptx]") {
  REQUIRE(launch("k_warp", {1}, {kThreads}, 0, whole_address, whole_y).clean());
  const auto result = download<int>(whole_y, kThreads);
  for (int t = 0; t < kThreads; ++t) {
    const int warp = t & ~31;
    int matching = 0, largest = 0, sum = 0, any = 0;
    for (int lane = 0; lane < 32; ++lane) {
      matching += (whole[warp + lane] & 3) == (whole[t] & 3);
      largest = std::max(largest, whole[warp + lane]);
      sum += whole[warp + lane];
      any |= whole[warp + lane] > 90;
    }
    CHECK(result[t] == matching + any * 1000 + 10000 + largest * 7 + sum + whole[t ^ 5] + (t ^ 5));
  }
}

TEST_CASE_METHOD(Features, "half precision", "[ptx]") {
  const Address pair = upload(std::vector<uint32_t>(1));
  REQUIRE(launch("k_half", {1}, {kThreads}, 0, x_address, y, pair).clean());
  const auto result = download<float>(y, kThreads);
  for (int t = 0; t < kThreads; ++t) {
    const float a = x[t] * x[t] + .25f, b = x[t ^ 1] * x[t ^ 1] + .25f;
    CHECK(std::fabs(result[t] - (x[t] + a + b + (x[t] > 0 ? 100 : 0))) < .05);
  }
  CHECK(download<uint32_t>(pair, 1)[0] == (0x5400u | 0x5800u << 16));  // 64 and 128
}

TEST_CASE_METHOD(Features, "asynchronous copies to shared memory", "[ptx]") {
  REQUIRE(launch("k_cpasync", {1}, {kThreads}, 0, x_address, y).clean());
  const auto result = download<float>(y, 1024);
  for (int i = 0; i < 1024; ++i) {
    const int step = i / 256, thread = i / 4 % 64, element = i % 4;
    REQUIRE(result[i] == x[(step * 64 + 63 - thread) * 4 + element]);
  }
}

TEST_CASE_METHOD(Features, "a missing wait for asynchronous copies shows", "[ptx]") {
  CHECK(launch("k_cpasync_bad", {1}, {kThreads}, 0, x_address, y).problems > 0);
}

TEST_CASE_METHOD(Features, "arrays in local memory", "[ptx]") {
  const int k = 5;
  REQUIRE(launch("k_local", {1}, {kThreads}, 0, x_address, y, k).clean());
  const auto result = download<float>(y, kThreads);
  for (int t = 0; t < kThreads; ++t) {
    float a[16], sum = 0;
    for (int i = 0; i < 16; ++i) a[i] = x[t] * float(i);
    a[k] += 5;
    for (int i = 0; i < 16; ++i) sum += a[(i * 7 + k) & 15] * float(i);
    CHECK(std::fabs(result[t] - sum) < 1e-3);
  }
}

TEST_CASE_METHOD(Features, "a spin lock between blocks and lanes", "[ptx]") {
  const Address lock = upload(std::vector<int>(2));
  REQUIRE(launch("k_lock", {3}, {40}, 0, lock, lock + sizeof(int)).clean());
  CHECK(download<int>(lock, 2)[1] == 120);
}

TEST_CASE_METHOD(Features, "a sum that the last block finishes", "[ptx]") {
  const Address partial = machine.allocate(32), total = machine.allocate(4);
  REQUIRE(launch("k_last", {8}, {128}, 0, x_address, partial, total).clean());
  double sum = 0;
  for (const float value : x) sum += value;
  CHECK(std::fabs(download<float>(total, 1)[0] - sum) < 1e-3);
}

TEST_CASE_METHOD(Features, "a kernel that does not end is stopped", "[ptx]") {
  machine.settings().instruction_limit = 200000;
  const Address lock = upload(std::vector<int>{1, 0});  // taken, and nobody gives it back
  const LaunchResult result = launch("k_lock", {1}, {32}, 0, lock, lock + sizeof(int));
  CHECK_FALSE(result.finished);
  CHECK(count(Problem::kTimeout) == 1);
}

}  // namespace
}  // namespace tandem::ptx
