// A Device is where a network lives: memory, a queue of work, the kernel table and GEMM. There are two: the CPU (the
// host table, oneDNN) and a CUDA GPU (the cuda table, cuBLAS). Nothing outside engine/device knows which one it has.
#pragma once
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "kernels/table.h"

namespace tandem {

// What one tile of work may use: a stream for its kernels and GEMMs, and scratch memory of the size asked for.
struct Lane {
  Stream stream = nullptr;
  std::byte* workspace = nullptr;
};

// Row-major C[m x n] = op(A)[m x k] op(B)[k x n] + beta C, where op transposes if asked; lda, ldb, ldc are row lengths
// in memory. beta is 0 (C is overwritten, its old values are not read) or 1. Sums are made in Compute<T> and rounded
// once, to Result: products of bf16 may be wanted as float.
template <class T, class Result = T>
struct Gemm {
  bool transpose_a = false, transpose_b = false;
  long m = 0, n = 0, k = 0;
  const T* a = nullptr;
  long lda = 0;
  const T* b = nullptr;
  long ldb = 0;
  Compute<T> beta = 0;
  Result* c = nullptr;
  long ldc = 0;
};

struct DeviceOptions {
  int threads = 0;           // CPU worker threads; 0: one for each processor this process may use
  size_t workspace_cap = 0;  // bytes all lanes together may hold as scratch; 0: no cap
  size_t memory = 0;         // bytes that may be allocated; 0: as many as are free
};

class Device {
 public:
  // spec is "auto" (the first GPU, else the CPU), "cpu" or "cuda:N". Throws UsageError if there is no such device.
  static std::unique_ptr<Device> open(const std::string& spec, const DeviceOptions& options = {});

  virtual ~Device() = default;
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  virtual std::string description() const = 0;  // for people: "CPU, 2 threads, AVX2" or "cuda:0, NVIDIA A100 ..."
  virtual int threads() const = 0;              // worker threads on the CPU, 1 on a GPU

  // Memory, 64-byte aligned and padded to 64 bytes, its contents undefined. Throws Error when there is not enough.
  virtual std::shared_ptr<std::byte> allocate(size_t bytes) = 0;
  virtual size_t available_bytes() const = 0;                           // free, and allowed by DeviceOptions::memory
  virtual void upload(void* to, const void* from, size_t bytes) = 0;    // from the host; queued after earlier work
  virtual void download(void* to, const void* from, size_t bytes) = 0;  // to the host; waits for earlier work
  virtual void copy(void* to, const void* from, size_t bytes) = 0;      // within the device, by all of it; queued
  virtual void synchronize() = 0;

  // Copies from the host beside the kernels, in an order of their own, on a machine that can: `from` stays as it is
  // until finish_copies(). Where it is not pinned, the copy may wait for itself.
  virtual void copy_beside(void* to, const void* from, size_t bytes) { upload(to, from, bytes); }
  virtual void kernels_wait_for_copies() {}  // those queued from now on, for the copies queued so far
  virtual void finish_copies() {}            // waits for them; the kernels go on
  // Makes the host's memory fit for that, where the system allows it, as long as the result lives.
  virtual std::shared_ptr<void> pin(void* /*memory*/, size_t /*bytes*/) { return nullptr; }

  virtual Stream stream() = 0;  // kernels queued here use the whole device

  template <class T>
  const Table<T>& kernels() const;

  // Calls work(tile, lane) for every tile in [0, count), in any order, on as many lanes as threads and workspace_cap
  // allow; a lane has workspace_bytes of scratch. Tiles must not touch each other's results. On the CPU a lane is a
  // worker thread and its stream runs kernels in that thread; on a GPU all tiles are queued on the one stream, in
  // order.
  virtual void for_tiles(long count, size_t workspace_bytes,
                         const std::function<void(long tile, const Lane& lane)>& work) = 0;

  // Takes workspace of so many bytes for each lane at once. for_tiles takes more where that is not enough.
  virtual void reserve_workspace(std::span<const size_t> bytes_of_lanes) = 0;

  // On the CPU runs in the calling thread: parallel work is cut into tiles first, whose cut depends on shapes alone. (A
  // vendor's GEMM gives other bits for another thread count.)
  virtual void gemm(const Lane& lane, const Gemm<float>& gemm) = 0;
  virtual void gemm(const Lane& lane, const Gemm<double>& gemm) = 0;
  virtual void gemm(const Lane& lane, const Gemm<bf16>& gemm) = 0;
  virtual void gemm(const Lane& lane, const Gemm<bf16, float>& gemm) = 0;

  // Whether GEMM of bf16 is an operation of the hardware, so that it is faster than that of float.
  virtual bool multiplies_bf16() const = 0;

  // Is GEMM slower where B is to be transposed, so that who multiplies by one B often had better transpose it first?
  virtual bool wants_plain_b() const = 0;

  // How work is cut on this kind of machine. Constants, never measured at run time: results depend on the cut.
  virtual size_t tile_bytes() const = 0;  // how large one tile's scratch matrix should be (CPU: fits a core's L2)
  virtual int partial_sums() const = 0;   // into how many ordered partial sums a long reduction is split

 protected:
  Device() = default;
  virtual const Table<float>& float_kernels() const = 0;
  virtual const Table<double>& double_kernels() const = 0;
  virtual const Table<bf16>& bf16_kernels() const = 0;
};

template <>
inline const Table<float>& Device::kernels<float>() const {
  return float_kernels();
}
template <>
inline const Table<double>& Device::kernels<double>() const {
  return double_kernels();
}
template <>
inline const Table<bf16>& Device::kernels<bf16>() const {
  return bf16_kernels();
}

std::unique_ptr<Device> open_cpu(const DeviceOptions& options);
std::unique_ptr<Device> open_cuda(int index, const DeviceOptions& options);  // only in a build with CUDA
int cuda_device_count();                                                     // 0 without a GPU or a driver

// The GEMM rate of this device in GFLOP/s, all threads, at one size of AlexNet's; takes about `seconds`. T is float or
// bf16.
template <class T>
double measure_gemm_rate(Device& device, double seconds = 0.5);

}  // namespace tandem
