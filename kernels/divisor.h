// Division of an index by a number that is known at the launch, as one multiplication and a shift (Granlund, Montgomery
// 1994, "Division by invariant integers using multiplication"). Cheaper than a division on both machines; and since it
// cannot trap, the host's compiler may move it out of the loops over a block's threads, which it may not do with "/".
#pragma once
#include <cstdint>

#include "kernels/host_device.h"

namespace tandem {

class Divisor {
 public:
  // divisor >= 1
  explicit Divisor(int divisor) : divisor_(divisor), shift_(31) {
    while ((int64_t(1) << (shift_ - 31)) < divisor) ++shift_;
    multiplier_ = uint32_t(((uint64_t(1) << shift_) + divisor - 1) / divisor);
  }

  // n >= 0. Exact: multiplier * divisor exceeds 2^shift by less than divisor <= 2^(shift - 31), and n < 2^31.
  TANDEM_HOST_DEVICE int quotient(int n) const { return int((uint64_t(uint32_t(n)) * multiplier_) >> shift_); }
  TANDEM_HOST_DEVICE int remainder(int n) const { return n - quotient(n) * divisor_; }

 private:
  int divisor_, shift_;
  uint32_t multiplier_;
};

}  // namespace tandem
