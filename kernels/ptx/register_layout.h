// Hands out the slots of a kernel's register file, and knows what it holds when a warp starts.
#pragma once
#include <map>
#include <utility>
#include <vector>

#include "kernels/ptx/kernel.h"

namespace tandem::ptx {

class RegisterLayout {
 public:
  Operand add(bool wide, bool predicate = false);
  Operand constant(uint64_t value, bool wide);  // one slot a value
  Operand special(SpecialRegister special);     // one slot a special register
  Operand dynamic_shared_address(bool wide);    // known when all of the kernel is decoded

  // Fills in the kernel's registers.
  void finish(Kernel& kernel) const;

 private:
  int size_ = 0;  // words
  std::map<std::pair<uint64_t, bool>, Operand> constants_;
  std::map<SpecialRegister, Operand> specials_;
  std::vector<Operand> dynamic_shared_;
};

}  // namespace tandem::ptx
