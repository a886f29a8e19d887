// tandem bench: how fast this machine is at what a model does.
#include "apps/bench/bench.h"

namespace tandem {

void add_bench(CLI::App& tandem, Command& command) {
  CLI::App* bench = tandem.add_subcommand(
      "bench", "Measure how fast kernels, layers and whole models run here, or how fast their data is read");
  bench->require_subcommand(1);
  bench->footer(R"(Examples:
  tandem bench net alexnet-paper --batch 32            # a training step, split by layer and by kind of work
  tandem bench layers lenet                            # each layer alone
  tandem bench ops alexnet-paper --only norm1          # each kernel alone, beside what a copy or GEMM reaches
  tandem bench ops lenet --json before.json            # and after a change:
  tandem bench ops lenet --compare before.json
)");
  add_bench_net(*bench, command);
  add_bench_ops_and_layers(*bench, command);
  add_bench_data(*bench, command);
  add_bench_checkpoint(*bench, command);
}

}  // namespace tandem
