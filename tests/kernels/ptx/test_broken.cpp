// Each broken kernel is reported as what it is, and as nothing else; kernels that only look broken are not reported.
#include <catch2/catch.hpp>

#include "program.h"

namespace tandem::ptx {
namespace {

struct Broken : Program {
  static constexpr int kCount = 100;
  Address hundred = upload(std::vector<float>(kCount, 1)), values = upload(std::vector<float>(64, 1)),
          results = upload(std::vector<float>(64, 1)), large = upload(std::vector<float>(4096, 1)),
          unwritten = machine.allocate(64 * sizeof(float));

  Broken() : Program(read_ptx("broken.ptx"), quiet()) {}

  static Settings quiet() {
    Settings settings;
    settings.messages_per_kind = 1;
    return settings;
  }
  // All problems are of one kind.
  void check_only(Problem kind) const {
    INFO(name_of(kind));
    CHECK(count(kind) > 0);
    CHECK(machine.problems().count() == count(kind));
  }
};

TEST_CASE_METHOD(Broken, "accesses outside of memory are found", "[ptx]") {
  SECTION("global") {
    launch("bad_oob", {1}, {128}, 0, hundred, kCount);
    check_only(Problem::kGlobalOutOfBounds);
  }
  SECTION("shared") {
    launch("bad_soob", {1}, {32}, 0, values, kCount);
    check_only(Problem::kSharedOutOfBounds);
  }
  SECTION("misaligned") {
    launch("bad_mis", {1}, {32}, 0, large);
    check_only(Problem::kMisaligned);
  }
}

TEST_CASE_METHOD(Broken, "reads of what nobody wrote are found", "[ptx]") {
  SECTION("global") {
    launch("bad_gread", {1}, {64}, 0, unwritten, results);
    check_only(Problem::kGlobalUninitialised);
  }
  SECTION("shared") {
    launch("bad_uninit", {1}, {64}, 0, values);
    check_only(Problem::kSharedUninitialised);
  }
}

TEST_CASE_METHOD(Broken, "races are found", "[ptx]") {
  SECTION("in shared memory, without a barrier") {
    launch("bad_race", {1}, {64}, 0, values);
    CHECK(count(Problem::kSharedRace) > 0);  // the second warp has not even written what the first one reads
  }
  SECTION("in shared memory, in a warp without __syncwarp") {
    launch("bad_wsync", {1}, {64}, 0, values, results);
    check_only(Problem::kSharedRace);
  }
  SECTION("in global memory, between neighbours") {
    launch("bad_grace", {2}, {64}, 0, values);
    check_only(Problem::kGlobalRace);
  }
}

TEST_CASE_METHOD(Broken, "wrong barriers and warp operations are found", "[ptx]") {
  SECTION("after threads have exited") {
    launch("bad_bar", {1}, {64}, 0, values);
    check_only(Problem::kBarrierAfterExit);
  }
  SECTION("two barriers in one warp") {
    launch("bad_div", {1}, {32}, 0, values);
    check_only(Problem::kBarrierDivergence);
  }
  SECTION("a shuffle that half of the warp does not reach") {
    launch("bad_shfl", {1}, {32}, 0, values, results);
    CHECK(count(Problem::kWarpDivergence) > 0);
  }
}

TEST_CASE_METHOD(Broken, "traps end the launch", "[ptx]") {
  SECTION("assert") {
    const LaunchResult result = launch("bad_trap", {1}, {32}, 0, values);
    CHECK_FALSE(result.finished);
    CHECK(machine.problems().messages().at(0).find("x[threadIdx.x] > 5") != std::string::npos);
  }
  SECTION("a write to constant memory, which nvcc compiles to a trap") { launch("bad_const", {1}, {32}, 0, values); }
  check_only(Problem::kTrap);
}

TEST_CASE_METHOD(Broken, "correct kernels that look wrong are not reported", "[ptx]") {
  const int n = kCount;
  SECTION("shuffles in half of a warp") { launch("good_part", {1}, {64}, 0, values, results); }
  SECTION("lanes that exchange data with __syncwarp") { launch("good_syncw", {1}, {64}, 0, values, results); }
  SECTION("loops of different lengths before a barrier") { launch("good_early", {1}, {64}, 0, values, results, n); }
  CHECK(machine.problems().count() == 0);
}

TEST_CASE_METHOD(Broken, "sectors and wavefronts follow the stride", "[ptx]") {
  struct Expected {
    int stride;
    double sectors, wavefronts;  // a request
  };
  const auto expected = GENERATE(Expected{1, 4, 1}, Expected{2, 6, 2}, Expected{32, 18, 32}, Expected{33, 18, 1});
  const Address x = upload(std::vector<float>(33 * 1024, 1)), y = upload(std::vector<float>(1024, 1));
  const Counters counters = launch("strided", {1}, {32}, 0, x, y, expected.stride).counters;
  CHECK(double(counters.sectors) / double(counters.global_loads + counters.global_stores) == expected.sectors);
  CHECK(double(counters.wavefronts) / double(counters.shared_requests) == expected.wavefronts);
}

TEST_CASE_METHOD(Broken, "a message says where in the source the problem is", "[ptx]") {
  launch("bad_grace", {2}, {64}, 0, values);
  const std::string message = machine.problems().messages().at(0);
  CHECK(message.find("bad_grace, block (0, 0, 0) thread (1, 0, 0)") != std::string::npos);
  CHECK(message.find("source line") != std::string::npos);
}

TEST_CASE("line counters add up to those of the launch", "[ptx]") {
  Broken program;
  const Address x = program.upload(std::vector<float>(33 * 1024, 1)), y = program.upload(std::vector<float>(1024, 1));
  const int stride = 32;
  const Counters counters = program.launch("strided", {1}, {32}, 0, x, y, stride).counters;
  Traffic sum;
  for (const LineTraffic& line : counters.lines) {
    CHECK(line.file.ends_with("broken.cu"));
    sum += line.traffic;
  }
  CHECK(sum.sectors == counters.sectors);
  CHECK(sum.wavefronts == counters.wavefronts);
  CHECK(sum.warp_instructions == counters.warp_instructions);
}

}  // namespace
}  // namespace tandem::ptx
