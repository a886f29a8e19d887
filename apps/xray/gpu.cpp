#include "apps/xray/gpu.h"

#include <algorithm>

namespace tandem {
namespace {

constexpr int kWarp = 32, kSchedulers = 4;  // a scheduler issues one warp instruction a cycle

long round_up(long n, long unit) { return (n + unit - 1) / unit * unit; }

}  // namespace

const std::vector<Gpu>& gpus() {
  static const std::vector<Gpu> all = {
      {"A100", "sm_80", 1555e9, 19.5e12, 156e12, 108 * kSchedulers * 1.41e9, 164 * 1024},
      {"H100", "sm_90", 3350e9, 66.9e12, 494.7e12, 132 * kSchedulers * 1.98e9, 228 * 1024},
  };
  return all;
}

double predicted_seconds(const Sight& sight, const Gpu& gpu) {
  const double memory = sight.moved_bytes() / gpu.bytes_per_second;
  const double instructions = double(sight.counters.warp_instructions) / gpu.warp_instructions_per_second;
  const double arithmetic = 2.0 * double(sight.multiply_adds) / (kGemmEfficiency * gpu.flops_per_second);
  const int launches = sight.is_gemm() ? sight.calls : sight.launches;
  return sight.scale * std::max({memory, instructions, arithmetic}) + launches * kLaunchSeconds;
}

double occupancy(int registers_per_thread, size_t shared_bytes_per_block, int threads_per_block, const Gpu& gpu) {
  constexpr long kWarps = 64, kBlocks = 32, kRegisters = 65536, kRegisterUnit = 256, kWarpUnit = 4;
  constexpr long kSystemShared = 1024, kSharedUnit = 128;
  const long warps = (threads_per_block + kWarp - 1) / kWarp;
  const long warp_registers = round_up(long(registers_per_thread) * kWarp, kRegisterUnit);
  const long by_registers =
      warp_registers == 0 ? kWarps : kRegisters / warp_registers / kWarpUnit * kWarpUnit;  // in warps
  const long shared = round_up(long(shared_bytes_per_block) + kSystemShared, kSharedUnit);
  const long blocks = std::min({kBlocks, kWarps / warps, by_registers / warps, long(gpu.shared_bytes) / shared});
  return double(blocks * warps) / kWarps;
}

}  // namespace tandem
