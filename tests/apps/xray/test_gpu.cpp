// What the microscope says of GPUs, against NVIDIA's occupancy calculator and ptxas's own words.
#include <catch2/catch.hpp>

#include "apps/xray/gpu.h"
#include "apps/xray/ptxas.h"
#include "apps/xray/step_work.h"

namespace tandem {
namespace {

// Expectations: CUDA Occupancy Calculator (Nsight Compute), compute capability 8.0 and 9.0.
TEST_CASE("occupancy is what NVIDIA's calculator says", "[xray]") {
  const Gpu& a100 = gpus().at(0);
  const Gpu& h100 = gpus().at(1);
  CHECK(occupancy(32, 0, 256, a100) == 1);
  CHECK(occupancy(40, 0, 256, a100) == 0.75);    // 48 warps: registers
  CHECK(occupancy(255, 0, 256, a100) == 0.125);  // one block
  CHECK(occupancy(16, 0, 32, a100) == 0.5);      // 32 blocks of one warp
  CHECK(occupancy(16, 0, 1024, a100) == 1);
  CHECK(occupancy(65, 0, 1024, a100) == 0);                    // 72 registers a thread are more than a block can have
  CHECK(occupancy(32, 48 * 1024, 128, a100) == 3 * 4 / 64.0);  // 164 KiB hold 3 blocks of 48 + 1 KiB
  CHECK(occupancy(32, 48 * 1024, 128, h100) == 4 * 4 / 64.0);  // 228 KiB hold 4
}

TEST_CASE("a prediction is the slowest of bytes, instructions and arithmetic, and the launches", "[xray]") {
  const Gpu gpu{"round", "sm_00", 1e12, 1e13, 1e14, 1e11, 0};
  Sight kernel{.layer = "l", .pass = "forward", .kernel = "k", .scale = 2, .launches = 3};
  kernel.counters.block_load_sectors = 31'250'000;  // 1 GB: 1 ms, twice
  CHECK(predicted_seconds(kernel, gpu) == Approx(2e-3 + 9e-6));
  kernel.counters.warp_instructions = 500'000'000;  // 5 ms, twice
  CHECK(predicted_seconds(kernel, gpu) == Approx(10e-3 + 9e-6));
  const Sight gemm{.layer = "l",
                   .pass = "forward",
                   .kernel = "gemm",
                   .calls = 1,
                   .fewest_bytes = 1000,
                   .multiply_adds = 7'000'000'000};
  CHECK(predicted_seconds(gemm, gpu) == Approx(2e-3 + 3e-6));  // 14 GFLOP at 70 % of 10 TFLOP/s
}

TEST_CASE("a step's floor and prediction are sums, in which nothing overlaps", "[xray]") {
  const Gpu gpu{"round", "sm_00", 1e12, 1e13, 1e14, 1e11, 0};
  const LeastWork least{
      .multiply_adds = 7e9, .column_bytes = 1e9, .activation_bytes = 2e9, .weight_bytes = 3e9, .launches = 100};
  CHECK(floor_seconds(least, gpu, 1e13) == Approx(2e-3 + 6e-3 + 3e-4));
  CHECK(floor_seconds(least, gpu, 1e14) == Approx(2e-4 + 6e-3 + 3e-4));
  const std::vector<KernelWork> work = {{.kernel = "gemm", .multiply_adds = 7e9, .bytes = 1e9, .launches = 2},
                                        {.kernel = "busy", .bytes = 1e9, .warp_instructions = 5e8, .launches = 1}};
  CHECK(foretold_seconds(work, gpu, 1e13) == Approx(2e-3 + 1e-3 + 5e-3 + 9e-6));
}

TEST_CASE("ptxas's messages are understood", "[xray]") {
  // As CUDA 13.0's ptxas prints them.
  const CompiledKernels kernels = parse_ptxas(
      "ptxas info    : 0 bytes gmem\n"
      "ptxas info    : Compiling entry function '_Z1aPf' for 'sm_80'\n"
      "ptxas info    : Function properties for _Z1aPf\n"
      "    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads\n"
      "ptxas info    : Used 44 registers, used 1 barriers, 4096 bytes smem, 392 bytes cmem[0]\n"
      "ptxas info    : Compile time = 12.3 ms\n"
      "ptxas info    : Compiling entry function '_Z1bPf' for 'sm_80'\n"
      "ptxas info    : Function properties for _Z1bPf\n"
      "    24 bytes stack frame, 20 bytes spill stores, 16 bytes spill loads\n"
      "ptxas info    : Used 255 registers, used 0 barriers, 360 bytes cmem[0]\n");
  REQUIRE(kernels.size() == 2);
  CHECK(kernels.at("_Z1aPf").registers == 44);
  CHECK(kernels.at("_Z1aPf").shared_bytes == 4096);
  CHECK(kernels.at("_Z1aPf").spill_bytes == 0);
  CHECK(kernels.at("_Z1bPf").registers == 255);
  CHECK(kernels.at("_Z1bPf").shared_bytes == 0);
  CHECK(kernels.at("_Z1bPf").spill_bytes == 36);
}

}  // namespace
}  // namespace tandem
