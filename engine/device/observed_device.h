// A device that tells somebody about each call of a kernel and of GEMM: what it was, and the fewest bytes it had to
// move; and about memory. The microscope (tandem xray) compares them with what the kernel really moved, `tandem bench`
// with its time.
#pragma once
#include <memory>
#include <set>
#include <string>

#include "engine/device/device.h"

namespace tandem {

// One call of an entry of the kernel table, or of GEMM.
struct KernelCall {
  const char* name;  // of the entry; "gemm"
  // By the entry's contract: every byte that the result depends on read once, every byte of the result written once.
  size_t bytes_read = 0, bytes_written = 0;
  size_t elements = 0;       // of the larger of what is read and written
  size_t multiply_adds = 0;  // of GEMM and of whole convolutions
  bool in_tile = false;      // one of the calls on the device's lanes, side by side; else the whole device's
};

class KernelObserver {
 public:
  virtual ~KernelObserver() = default;
  virtual void before(const KernelCall& call) = 0;
  virtual void after(const KernelCall& call) = 0;  // the work is queued, not necessarily done
  virtual void allocates(size_t /*bytes*/) {}      // memory, for the caller
};

const std::set<std::string>& observed_kernels();  // names of the entries whose calls are told

// `observer` must outlive the device. float and bf16 only.
std::unique_ptr<Device> observe(std::unique_ptr<Device> device, KernelObserver& observer);

}  // namespace tandem
