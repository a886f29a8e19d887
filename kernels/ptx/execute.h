// Executes the current instruction of the current warp, for the lanes in `active`: the families of instructions, a file
// each. None of them changes where a warp is in its code; branches, barriers and exits are warp_scheduler.cpp's.
#pragma once
#include "kernels/ptx/execution.h"

namespace tandem::ptx {

void execute(Execution& run, LaneMask active);  // any of the following

void execute_arithmetic(Execution& run, LaneMask active);  // by its type one of the next three
void execute_integer(Execution& run, LaneMask active);
void execute_float(Execution& run, LaneMask active);
void execute_half(Execution& run, LaneMask active);
void execute_multiply(Execution& run, LaneMask active);        // integer mul, mad
void execute_add_with_carry(Execution& run, LaneMask active);  // add.cc, addc and their kin
void execute_bits(Execution& run, LaneMask active);            // bit fields, permutations, logic
void execute_compare(Execution& run, LaneMask active);         // set, setp, selp, slct, testp
void execute_convert(Execution& run, LaneMask active);
void execute_move(Execution& run, LaneMask active);  // mov, cvta, isspacep
void execute_load_or_store(Execution& run, LaneMask active);
void execute_atomic(Execution& run, LaneMask active);
void execute_async_copy(Execution& run, LaneMask active);
void execute_warp_operation(Execution& run, LaneMask active);  // shfl, vote, match, redux, activemask
void execute_external_call(Execution& run, LaneMask active);   // printf, assert

}  // namespace tandem::ptx
