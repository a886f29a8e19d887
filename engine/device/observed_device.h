// A device that tells somebody about each call of a kernel: what it was, and the fewest bytes it had to move. The
// microscope (tandem xray) compares them with what the kernel really moved.
#pragma once
#include <memory>

#include "engine/device/device.h"

namespace tandem {

// One call of an entry of the kernel table.
struct KernelCall {
  const char* name;  // of the entry
  // By the entry's contract: every byte that the result depends on read once, every byte of the result written once.
  size_t bytes_read = 0, bytes_written = 0;
  size_t elements = 0;  // of what is written
};

class KernelObserver {
 public:
  virtual ~KernelObserver() = default;
  virtual void before(const KernelCall& call) = 0;
  virtual void after(const KernelCall& call) = 0;  // the work is queued, not necessarily done
};

// `observer` must outlive the device. float only; GEMM is the vendor's and is not observed.
std::unique_ptr<Device> observe(std::unique_ptr<Device> device, KernelObserver& observer);

}  // namespace tandem
