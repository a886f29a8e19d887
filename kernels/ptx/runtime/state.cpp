#include "kernels/ptx/runtime/state.h"

#include <cstdlib>

#include "kernels/ptx/runtime/fat_binary.h"

namespace tandem::ptx::runtime {
namespace {

long environment(const char* name, long otherwise) {
  const char* value = std::getenv(name);
  return value ? std::atol(value) : otherwise;
}

// With TANDEM_PTX_EXIT: a program that did wrong, or kept what it should have given back, says so and fails.
void report_at_exit() {
  if (environment("TANDEM_PTX_TELL", 0)) {
    const State& state = State::get();
    std::fprintf(stderr, "calls: %d allocations, %d launches, %d copies\n", state.allocation_calls, state.launch_calls,
                 state.copy_calls);
  }
  const Usage left = usage();
  const std::pair<const char*, size_t> leaks[] = {{"device allocations", left.allocations},
                                                  {"pinned allocations", left.host_allocations},
                                                  {"streams", left.streams},
                                                  {"events", left.events},
                                                  {"cuBLAS handles", left.cublas_handles}};
  bool clean = problems().count() == 0;
  for (int kind = 0; kind < kProblemKinds; ++kind) {
    const uint64_t of_kind = problems().count(Problem(kind));
    if (of_kind) std::fprintf(stderr, "%s: %llu\n", name_of(Problem(kind)), static_cast<unsigned long long>(of_kind));
  }
  for (const auto& [what, count] : leaks) {
    if (count == 0) continue;
    std::fprintf(stderr, "%zu %s were not given back\n", count, what);
    clean = false;
  }
  if (clean) return;
  std::fflush(nullptr);
  std::_Exit(99);
}

}  // namespace

Settings settings_from_environment() {
  Settings settings;
  ptx::Settings& interpreter = settings.interpreter;
  if (const char* order = std::getenv("TANDEM_PTX_ORDER")) {
    const std::string text = order;
    interpreter.order = text == "forward" ? Order::kForward : text == "reverse" ? Order::kReverse : Order::kRandom;
    if (interpreter.order == Order::kRandom) interpreter.seed = uint64_t(std::atol(order));
  }
  interpreter.approximation_ulp = int(environment("TANDEM_PTX_ULP", 0));
  interpreter.check_global_races = environment("TANDEM_PTX_GLOBAL_RACES", 1) != 0;
  interpreter.check_shared = environment("TANDEM_PTX_SHARED", 1) != 0;
  interpreter.count = environment("TANDEM_PTX_COUNT", 1) != 0;
  interpreter.messages_per_kind = uint64_t(environment("TANDEM_PTX_MESSAGES", 4));
  interpreter.instruction_limit = uint64_t(environment("TANDEM_PTX_LIMIT", 4'000'000'000));
  settings.stream_seed = uint64_t(environment("TANDEM_PTX_STREAM_SEED", 1));
  settings.devices = int(environment("TANDEM_PTX_DEVICES", 1));
  settings.compute_capability = int(environment("TANDEM_PTX_CAPABILITY", 80));
  if (const long mebibytes = environment("TANDEM_PTX_MEMORY", 0)) settings.memory_bytes = size_t(mebibytes) << 20;
  settings.forget_waits = environment("TANDEM_PTX_FORGET_WAITS", 0) != 0;
  settings.fail_allocation = int(environment("TANDEM_PTX_FAIL_ALLOCATION", 0));
  settings.fail_launch = int(environment("TANDEM_PTX_FAIL_LAUNCH", 0));
  settings.fail_copy = int(environment("TANDEM_PTX_FAIL_COPY", 0));
  return settings;
}

State& State::get() {
  static State& state = *[] {
    auto* fresh = new State;
    fresh->streams.set_seed(fresh->settings.stream_seed);
    if (environment("TANDEM_PTX_EXIT", 0)) std::atexit(report_at_exit);
    return fresh;
  }();
  return state;
}

cudaError_t& last_error() {
  thread_local cudaError_t error = cudaSuccess;
  return error;
}

int& current_device() {
  thread_local int device = 0;
  return device;
}

Module& State::module(Binary& binary) {
  if (!binary.module) binary.module = std::make_unique<Module>(machine.load(ptx_of_fat_binary(binary.wrapper)));
  return *binary.module;
}

Stream* State::stream(cudaStream_t handle) {
  if (handle == nullptr || handle == cudaStreamLegacy || handle == cudaStreamPerThread) return streams.default_stream();
  auto* stream = reinterpret_cast<Stream*>(handle);
  return streams.knows(stream) ? stream : nullptr;
}

bool State::on_device(const void* p) const {
  if (holds(allocations, p)) return true;
  const auto address = reinterpret_cast<Address>(p);
  for (const auto& binary : binaries) {  // variables
    if (binary->module && binary->module->owns(address)) return true;
  }
  return false;
}

bool State::pinned(const void* p) const { return holds(host_allocations, p) || holds(registered, p); }

std::optional<Module::Symbol> find_variable(State& state, const void* shadow) {
  const auto found = state.variables.find(shadow);
  if (found == state.variables.end()) return std::nullopt;
  return state.module(*found->second.binary).variable(found->second.name);
}

void configure(const Settings& settings) {
  State& state = State::get();
  const std::lock_guard lock(state.mutex);
  state.streams.run_all();
  state.settings = settings;
  state.machine.settings() = settings.interpreter;
  state.streams.set_seed(settings.stream_seed);
  state.allocation_calls = state.launch_calls = state.copy_calls = 0;
  state.sticky = last_error() = cudaSuccess;
}

Usage usage() {
  State& state = State::get();
  const std::lock_guard lock(state.mutex);
  return {state.allocations.size(), state.bytes,         state.host_allocations.size(),
          state.streams.count(),    state.events.size(), state.cublas_contexts.size()};
}

const Problems& problems() { return State::get().machine.problems(); }
uint64_t launches() { return State::get().launches; }

std::vector<std::string> kernels_not_launched() {
  State& state = State::get();
  const std::lock_guard lock(state.mutex);
  std::vector<std::string> names;
  for (auto& [stub, function] : state.functions) {
    if (!function.launched) names.push_back(state.module(*function.binary).kernel(function.name).demangled);
  }
  return names;
}

std::vector<std::string> ptx_in_use() {
  State& state = State::get();
  const std::lock_guard lock(state.mutex);
  std::set<const Binary*> used;
  for (const auto& [stub, function] : state.functions)
    if (function.launched) used.insert(function.binary);
  std::vector<std::string> texts;
  for (const auto& binary : state.binaries)
    if (used.contains(binary.get())) texts.push_back(ptx_of_fat_binary(binary->wrapper));
  return texts;
}

}  // namespace tandem::ptx::runtime
