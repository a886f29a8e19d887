// Devices that watch memory.
#pragma once
#include <algorithm>
#include <numeric>
#include <vector>

#include "engine/device/device.h"

namespace tandem::test {

// A CPU that says it has only so much memory.
class SmallDevice : public Device {
 public:
  explicit SmallDevice(size_t available, int threads = 0)
      : cpu_(open_cpu({.threads = threads})), available_(available) {}
  std::string description() const override { return "a small device"; }
  int threads() const override { return cpu_->threads(); }
  std::shared_ptr<std::byte> allocate(size_t bytes) override { return cpu_->allocate(bytes); }
  size_t available_bytes() const override { return available_; }
  void upload(void* to, const void* from, size_t bytes) override { cpu_->upload(to, from, bytes); }
  void download(void* to, const void* from, size_t bytes) override { cpu_->download(to, from, bytes); }
  void copy(void* to, const void* from, size_t bytes) override { cpu_->copy(to, from, bytes); }
  void synchronize() override {}
  Stream stream() override { return cpu_->stream(); }
  void reserve_workspace(std::span<const size_t> bytes_of_lanes) override { cpu_->reserve_workspace(bytes_of_lanes); }
  void for_tiles(long count, size_t bytes, const std::function<void(long, const Lane&)>& work) override {
    cpu_->for_tiles(count, bytes, work);
  }
  void gemm(const Lane& lane, const Gemm<float>& gemm) override { cpu_->gemm(lane, gemm); }
  void gemm(const Lane& lane, const Gemm<double>& gemm) override { cpu_->gemm(lane, gemm); }
  void gemm(const Lane& lane, const Gemm<bf16>& gemm) override { cpu_->gemm(lane, gemm); }
  void gemm(const Lane& lane, const Gemm<bf16, float>& gemm) override { cpu_->gemm(lane, gemm); }
  bool multiplies_bf16() const override { return cpu_->multiplies_bf16(); }
  bool wants_plain_b() const override { return cpu_->wants_plain_b(); }
  size_t tile_bytes() const override { return cpu_->tile_bytes(); }
  int partial_sums() const override { return cpu_->partial_sums(); }

 protected:
  const Table<float>& float_kernels() const override { return cpu_->kernels<float>(); }
  const Table<double>& double_kernels() const override { return cpu_->kernels<double>(); }
  const Table<bf16>& bf16_kernels() const override { return cpu_->kernels<bf16>(); }

 private:
  std::unique_ptr<Device> cpu_;
  size_t available_;
};

// A CPU that counts what it is asked for.
class CountingDevice final : public SmallDevice {
 public:
  explicit CountingDevice(int threads) : SmallDevice(size_t{1} << 40, threads), lanes_(size_t(threads)) {}
  std::shared_ptr<std::byte> allocate(size_t bytes) override {
    allocated_ += bytes;
    return SmallDevice::allocate(bytes);
  }
  void reserve_workspace(std::span<const size_t> bytes_of_lanes) override {
    reserved_ += std::accumulate(bytes_of_lanes.begin(), bytes_of_lanes.end(), size_t{0});
  }
  void for_tiles(long count, size_t bytes, const std::function<void(long, const Lane&)>& work) override {
    for (size_t lane = 0; lane < std::min(size_t(count), lanes_.size()); ++lane)
      lanes_[lane] = std::max(lanes_[lane], bytes);
    SmallDevice::for_tiles(count, bytes, work);
  }
  size_t allocated() const { return allocated_; }
  size_t reserved() const { return reserved_; }  // workspace, ahead
  size_t workspace() const { return std::accumulate(lanes_.begin(), lanes_.end(), size_t{0}); }

 private:
  size_t allocated_ = 0, reserved_ = 0;
  std::vector<size_t> lanes_;
};

}  // namespace tandem::test
