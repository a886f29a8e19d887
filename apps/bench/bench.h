// What `tandem bench` can measure: each function describes one command, as those in commands.h do, and lives in the
// file of its name.
#pragma once
#include "apps/commands.h"

namespace tandem {

void add_bench_ops_and_layers(CLI::App& bench, Command& command);  // passes.cpp
void add_bench_net(CLI::App& bench, Command& command);
void add_bench_data(CLI::App& bench, Command& command);
void add_bench_checkpoint(CLI::App& bench, Command& command);

}  // namespace tandem
