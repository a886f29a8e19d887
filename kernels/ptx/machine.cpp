#include "kernels/ptx/machine.h"

namespace tandem::ptx {

LaunchResult Machine::launch(const Module& module, const std::string& kernel,
                             const LaunchConfiguration& configuration) {
  Execution run(module.kernel(kernel), settings_, *memory_, problems_, ++launches_);
  LaunchResult result = run_grid(run, configuration, module.files());
  counters_ = result.counters;
  return result;
}

void Machine::report_library_call(std::string message) {
  problems_.begin_launch();
  if (problems_.add(Problem::kLibraryCall, settings_.messages_per_kind)) problems_.describe(std::move(message));
}

}  // namespace tandem::ptx
