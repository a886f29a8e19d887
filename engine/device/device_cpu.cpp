#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/processors.h"
#include "engine/device/device.h"
#include "engine/device/gemm_cpu.h"
#include "engine/device/memory_budget.h"
#include "kernels/host/thread_pool.h"

namespace tandem {
namespace {

constexpr size_t kAlignment = 64;
// Big arrays start on a huge page's boundary: fewer TLB misses where the system grants such pages.
constexpr size_t kHugePage = size_t(2) << 20;

std::shared_ptr<std::byte> aligned_memory(size_t bytes) {
  const size_t padded = (std::max<size_t>(bytes, 1) + kAlignment - 1) / kAlignment * kAlignment;
  const size_t alignment = padded >= 2 * kHugePage ? kHugePage : kAlignment;
  void* memory = nullptr;
  if (posix_memalign(&memory, alignment, padded) != 0)
    throw Error("memory", "the CPU cannot give " + std::to_string(padded >> 20) + " MiB", "use a smaller --batch");
  return {static_cast<std::byte*>(memory), [](std::byte* p) { std::free(p); }};
}

const char* vector_units() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return "AVX-512";
  if (__builtin_cpu_supports("avx2")) return "AVX2";
  return "SSE";
#else
  return "NEON";
#endif
}

class CpuDevice final : public Device {
 public:
  explicit CpuDevice(const DeviceOptions& options)
      : pool_(options.threads > 0 ? options.threads : usable_processors()),
        workspace_cap_(options.workspace_cap),
        budget_(options.memory),
        workspaces_(pool_.threads()) {}

  std::string description() const override {
    return "CPU, " + std::to_string(threads()) + (threads() == 1 ? " thread, " : " threads, ") + vector_units();
  }
  int threads() const override { return pool_.threads(); }

  std::shared_ptr<std::byte> allocate(size_t bytes) override {
    if (bytes > available_bytes())
      throw Error("memory", std::to_string(bytes >> 20) + " MiB are wanted, " +
                                std::to_string(available_bytes() >> 20) + " MiB are free");
    return budget_.charge(aligned_memory(bytes), bytes);
  }
  size_t available_bytes() const override {
    return budget_.left(size_t(std::max(0L, sysconf(_SC_AVPHYS_PAGES))) * size_t(sysconf(_SC_PAGESIZE)) +
                        page_cache_bytes());
  }
  void upload(void* to, const void* from, size_t bytes) override { std::memcpy(to, from, bytes); }
  void download(void* to, const void* from, size_t bytes) override { std::memcpy(to, from, bytes); }
  void copy(void* to, const void* from, size_t bytes) override {
    const long parts = pool_.threads();
    pool_.parallel_for(parts, [&](long part, int) {
      const auto cut = [&](long p) { return bytes / kAlignment * size_t(p) / size_t(parts) * kAlignment; };
      const size_t begin = cut(part), end = part + 1 == parts ? bytes : cut(part + 1);
      std::memcpy(static_cast<std::byte*>(to) + begin, static_cast<const std::byte*>(from) + begin, end - begin);
    });
  }
  void synchronize() override {}
  Stream stream() override { return &pool_; }

  void reserve_workspace(std::span<const size_t> bytes_of_lanes) override {
    for (size_t lane = 0; lane < bytes_of_lanes.size(); ++lane) reserve(workspaces_.at(lane), bytes_of_lanes[lane]);
  }

  void for_tiles(long count, size_t workspace_bytes, const std::function<void(long, const Lane&)>& work) override {
    long lanes = std::min<long>(count, pool_.threads());
    if (workspace_cap_ > 0 && workspace_bytes > 0)
      lanes = std::clamp<long>(long(workspace_cap_ / workspace_bytes), 1, std::max(1L, lanes));
    for (long lane = 0; lane < lanes; ++lane) reserve(workspaces_[size_t(lane)], workspace_bytes);
    std::atomic<long> next{0};
    pool_.parallel_for(lanes, [&](long lane, int) {
      for (long tile; (tile = next.fetch_add(1)) < count;) work(tile, {nullptr, workspaces_[lane].memory.get()});
    });
  }

  void gemm(const Lane&, const Gemm<float>& gemm) override { gemm_onednn(gemm); }
  void gemm(const Lane&, const Gemm<double>& gemm) override { gemm_reference(gemm); }
  void gemm(const Lane&, const Gemm<bf16>& gemm) override { gemm_bf16(gemm); }
  void gemm(const Lane&, const Gemm<bf16, float>& gemm) override { gemm_bf16(gemm); }
  bool multiplies_bf16() const override { return has_bf16_dot_products(); }

  // oneDNN copies B for each product, and turns it slowly: 80 to 100 GFLOP/s a core where a plain B makes 116.
  bool wants_plain_b() const override { return true; }
  size_t tile_bytes() const override { return size_t(512) << 10; }
  int partial_sums() const override { return 8; }

 protected:
  const Table<float>& float_kernels() const override { return host::table<float>(); }
  const Table<double>& double_kernels() const override { return host::table<double>(); }
  const Table<bf16>& bf16_kernels() const override { return host::table<bf16>(); }

 private:
  struct Workspace {
    std::shared_ptr<std::byte> memory;
    size_t bytes = 0;
  };

  void reserve(Workspace& workspace, size_t bytes) {
    if (bytes <= workspace.bytes) return;
    workspace = {};
    workspace = {allocate(bytes), bytes};
  }

  // Pages of cached files count as free: the system gives them up on demand.
  static size_t page_cache_bytes();

  host::ThreadPool pool_;
  size_t workspace_cap_;
  MemoryBudget budget_;
  std::vector<Workspace> workspaces_;
};

size_t CpuDevice::page_cache_bytes() {
  struct Close {
    void operator()(FILE* f) const { std::fclose(f); }
  };
  const std::unique_ptr<FILE, Close> file(std::fopen("/proc/meminfo", "r"));
  char line[128];
  while (file && std::fgets(line, sizeof line, file.get()))
    if (unsigned long kib; std::sscanf(line, "Cached: %lu kB", &kib) == 1) return size_t(kib) << 10;
  return 0;
}

}  // namespace

std::unique_ptr<Device> open_cpu(const DeviceOptions& options) { return std::make_unique<CpuDevice>(options); }

}  // namespace tandem
