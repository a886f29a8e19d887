// Compares the engine with golden vectors made by PyTorch: every operator and network of a folder of such files
// (tests/data/goldens/README.md says what they are). One line a case and type:
//   ok CASE ERROR TYPE TENSOR      the worst relative error of the case, and where it is
//   FAIL CASE ERROR TYPE TENSOR    beyond its tolerance
//   skip CASE TYPE REASON          a case that the engine or the type does not support
// Exit code: 0 if all are ok, 77 if the device asked for is a GPU and there is none, else 1.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/device/device.h"
#include "tests/goldens/comparison.h"
#include "tests/goldens/generator.h"
#include "tests/goldens/golden_case.h"
#include "tests/goldens/golden_network.h"
#include "tests/goldens/golden_operators.h"
#include "tests/stored.h"

namespace tandem::test {
namespace {

constexpr int kSkipped = 77;  // ctest's SKIP_RETURN_CODE

struct Arguments {
  std::string device = "cpu";
  int threads = 0;
  std::vector<std::string> types;    // empty: those the device has
  std::vector<std::string> filters;  // parts of case names; empty: all
  bool operators_only = false;
  bool all_types_for_large = false;  // --type asks for the large networks too
};

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Compares the engine with golden vectors (from the folder TANDEM_GOLDENS, else the source tree's).");
  app.add_option("--device", arguments.device, "cpu or cuda:N")->envname("TANDEM_DEVICE")->capture_default_str();
  app.add_option("--threads", arguments.threads, "CPU threads (0: all)")->check(CLI::Range(0, 4096));
  app.add_option("--type", arguments.types,
                 "float, bf16 or double; default: all on the CPU, large networks in float only")
      ->allow_extra_args(false)
      ->check(CLI::IsMember({"float", "bf16", "double"}));
  app.add_flag("--operators", arguments.operators_only, "no networks");
  app.add_option("cases", arguments.filters, "only cases whose name contains one of these");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error) == 0 ? 0 : 1);
  }
  arguments.all_types_for_large = !arguments.types.empty();
  if (arguments.types.empty())
    arguments.types = arguments.device == "cpu" ? std::vector<std::string>{"float", "bf16", "double"}
                                                : std::vector<std::string>{"float", "bf16"};
  return arguments;
}

bool wanted(const Arguments& arguments, const GoldenCase& golden) {
  if (arguments.operators_only && golden.op() == "network") return false;
  for (const std::string& filter : arguments.filters)
    if (golden.name().find(filter) != std::string::npos) return true;
  return arguments.filters.empty();
}

// What rounding the numbers to bf16 changes, at most.
double bf16_step(const std::vector<double>& values) {
  double largest = 0;
  for (const double value : values) largest = std::max(largest, std::abs(value_of(to<bf16>(value)) - value));
  return largest;
}

// Why a case may be left out; "" if it may not.
std::string reason_to_skip(const GoldenCase& golden, const std::string& type) {
  if (golden.parameters().value("optional", false) && !golden.square()) return "rectangular kernels are not supported";
  // A probability changes by as much of itself as its logit does absolutely; logits of usual size do so by few
  // hundredths.
  if (type == "bf16" && golden.op() == "softmax_cross_entropy" && bf16_step(golden.values("logits")) > 0.1)
    return "bf16 cannot tell its logits apart";
  return "";
}

template <class T>
Comparison compare(const GoldenCase& golden, Device& device) {
  Comparison comparison;
  if (golden.op() == "network")
    compare_network<T>(golden, device, comparison);
  else
    compare_operator<T>(golden, device, comparison);
  return comparison;
}

// Compares one case, prints its line, and returns whether it is ok.
bool report(const GoldenCase& golden, const std::string& type, Device& device) {
  try {
    const Comparison c = type == "double" ? compare<double>(golden, device)
                         : type == "bf16" ? compare<bf16>(golden, device)
                                          : compare<float>(golden, device);
    std::printf("%s %s %.2e %s %s (at most %.0e; %d tensors)\n", c.passed() ? "ok" : "FAIL", golden.name().c_str(),
                c.error(), type.c_str(), c.what().c_str(), c.tolerance(), c.count());
    for (const std::string& note : c.notes) std::printf("     %s\n", note.c_str());
    return c.passed();
  } catch (const std::exception& error) {
    std::printf("FAIL %s nan %s %s\n", golden.name().c_str(), type.c_str(), error.what());
    return false;
  }
}

int run(const Arguments& arguments) {
  if (arguments.device.starts_with("cuda") && cuda_device_count() == 0) {
    std::printf("skipped: there is no CUDA device on this machine\n");
    return kSkipped;
  }
  check_generator();
  const auto device = Device::open(arguments.device, {.threads = arguments.threads});
  int compared = 0, failed = 0;
  for (const GoldenCase& golden : read_goldens(goldens_folder())) {
    if (!wanted(arguments, golden)) continue;
    for (const std::string& type : arguments.types) {
      if (const std::string reason = reason_to_skip(golden, type); !reason.empty()) {
        std::printf("skip %s %s %s\n", golden.name().c_str(), type.c_str(), reason.c_str());
        continue;
      }
      const bool large = golden.op() == "network" && !is_small_network(golden);
      if (type != "float" && large && !arguments.all_types_for_large) continue;
      ++compared;
      failed += !report(golden, type, *device);
      std::fflush(stdout);
    }
  }
  if (compared == 0) throw Error("goldens", "no case was compared", "check the names given");
  std::printf("%d comparisons, %d failed, on %s\n", compared, failed, device->description().c_str());
  return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace tandem::test

int main(int argc, char** argv) {
  try {
    return tandem::test::run(tandem::test::parse(argc, argv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "goldens: %s\n", error.what());
    return 1;
  }
}
