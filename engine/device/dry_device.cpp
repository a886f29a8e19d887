#include "engine/device/dry_device.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "engine/core/error.h"
#include "engine/device/cuda_cut.h"

namespace tandem {
namespace {

class DryGpu final : public Device {
 public:
  std::string description() const override { return "a GPU on paper"; }
  int threads() const override { return 1; }

  std::shared_ptr<std::byte> allocate(size_t bytes) override {
    const size_t size = std::max<size_t>(bytes, 1);
    void* const memory = mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw Error("memory", "has no addresses for " + std::to_string(size >> 20) + " MiB");
    return {static_cast<std::byte*>(memory), [size](std::byte* p) { munmap(p, size); }};
  }
  size_t available_bytes() const override { return std::numeric_limits<size_t>::max(); }
  void upload(void*, const void*, size_t) override {}
  void download(void* to, const void*, size_t bytes) override { std::memset(to, 0, bytes); }
  void copy(void*, const void*, size_t) override {}
  void synchronize() override {}
  Stream stream() override { return nullptr; }

  void for_tiles(long count, size_t, const std::function<void(long, const Lane&)>& work) override {
    for (long tile = 0; tile < count; ++tile) work(tile, {});
  }
  void reserve_workspace(std::span<const size_t>) override {}
  void gemm(const Lane&, const Gemm<float>&) override {}
  void gemm(const Lane&, const Gemm<double>&) override {}
  void gemm(const Lane&, const Gemm<bf16>&) override {}
  void gemm(const Lane&, const Gemm<bf16, float>&) override {}
  bool multiplies_bf16() const override { return false; }
  bool wants_plain_b() const override { return false; }
  size_t tile_bytes() const override { return kCudaTileBytes; }
  int partial_sums() const override { return kCudaPartialSums; }

 protected:
  const Table<float>& float_kernels() const override { return none_; }
  const Table<bf16>& bf16_kernels() const override { throw Error("a GPU on paper", "has no bf16"); }
  const Table<double>& double_kernels() const override { throw Error("a GPU on paper", "has no double precision"); }

 private:
  const Table<float> none_{};  // an observed device tells of such a call, and skips it
};

}  // namespace

std::unique_ptr<Device> observe_dry_gpu(KernelObserver& observer) {
  return observe(std::make_unique<DryGpu>(), observer);
}

}  // namespace tandem
