#include "kernels/ptx/execution.h"

#include "kernels/ptx/error.h"
#include "kernels/ptx/text.h"

namespace tandem::ptx {

Execution::Execution(const Kernel& kernel, const Settings& settings, Memory& memory, Problems& problems,
                     uint32_t launch_serial)
    : kernel(kernel),
      settings(settings),
      memory(memory),
      problems(problems),
      traffic(kernel.code.size()),
      launch_serial(launch_serial) {}

std::string Execution::message(Problem kind, int lane, const std::string& what) const {
  std::string message = text(name_of(kind), ": ", kernel.demangled, ", block (", block_index.x, ", ", block_index.y,
                             ", ", block_index.z, ")");
  if (lane >= 0 && warp) {
    const uint32_t thread = warp->id * kWarpSize + uint32_t(lane);
    message +=
        text(" thread (", thread % block.x, ", ", thread / block.x % block.y, ", ", thread / block.x / block.y, ")");
  }
  message += ": " + what;
  if (instruction) {
    message += text("\n  at PTX line ", instruction->line);
    if (instruction->source.file) message += text(" (source line ", instruction->source.line, ")");
    message += ": " + instruction->text;
  }
  return message;
}

void Execution::unsupported() const {
  fail_at(instruction->line, "'" + instruction->name + "' is not supported by the interpreter");
}

}  // namespace tandem::ptx
