#include "kernels/ptx/register_layout.h"

#include "kernels/ptx/lanes.h"
#include "kernels/ptx/special_registers.h"

namespace tandem::ptx {
namespace {

void fill(std::vector<uint32_t>& registers, const Operand& operand, uint64_t value) {
  uint32_t* slot = &registers[size_t(operand.slot)];
  for (uint32_t lane = 0; lane < kWarpSize; ++lane) {
    if (operand.wide) {
      reinterpret_cast<uint64_t*>(slot)[lane] = value;
    } else {
      slot[lane] = uint32_t(value);
    }
  }
}

}  // namespace

Operand RegisterLayout::add(bool wide, bool predicate) {
  Operand operand;
  operand.kind = Operand::Kind::kRegister;
  operand.wide = wide;
  operand.predicate = predicate;
  operand.slot = size_;
  size_ += int(kWarpSize) * (wide ? 2 : 1);
  return operand;
}

Operand RegisterLayout::constant(uint64_t value, bool wide) {
  const auto [entry, is_new] = constants_.try_emplace({value, wide});
  if (is_new) entry->second = add(wide);
  return entry->second;
}

Operand RegisterLayout::special(SpecialRegister special) {
  const auto [entry, is_new] = specials_.try_emplace(special);
  if (is_new) entry->second = add(is_wide(special));
  return entry->second;
}

Operand RegisterLayout::dynamic_shared_address(bool wide) {
  dynamic_shared_.push_back(add(wide));
  return dynamic_shared_.back();
}

void RegisterLayout::finish(Kernel& kernel) const {
  constexpr uint32_t kNeverWritten = 0xcdcdcdcd;  // what a register shows that is read too early
  kernel.initial_registers.assign(size_t(size_), kNeverWritten);
  for (const auto& [key, operand] : constants_) fill(kernel.initial_registers, operand, key.first);
  for (const Operand& operand : dynamic_shared_) fill(kernel.initial_registers, operand, kernel.dynamic_shared_offset);
  for (const auto& [special, operand] : specials_) kernel.special_registers.emplace_back(special, operand.slot);
}

}  // namespace tandem::ptx
