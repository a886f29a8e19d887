// tandem-xray: what `tandem xray` starts. A program of its own, because its GPU is the interpreter of PTX, which cannot
// share a program with the real CUDA runtime.
#include <CLI/CLI.hpp>
#include <iostream>

#include "apps/commands.h"
#include "apps/xray/step_model.h"
#include "apps/xray/tables.h"
#include "apps/xray/target.h"
#include "apps/xray/trial.h"
#include "engine/core/error.h"
#include "engine/report/numbers.h"
#include "engine/report/status_line.h"
#include "engine/train/recipe.h"

namespace tandem {
namespace {

constexpr const char* kLegend = R"(
fewest   bytes that the kernel's contract needs: what the result depends on read once, the result written once
moved    32-byte sectors that each block touches, summed over blocks: what reaches past a first-level cache at best
sec.     sectors a warp's request touches, against neighbouring lanes touching neighbouring words; shared likewise:
         wavefronts of shared memory, more where lanes meet in a bank
diverg.  branches that split a warp, in per cent of its instructions
*        predicted, unmeasured: the slowest of bytes, instructions and (GEMM and whole convolutions, at 70 % of
         float32's peak) arithmetic at the peaks of the data sheets, and 3 us a launch. GEMM is cuBLAS's: its bytes are
         the fewest, the rest not seen.
)";

constexpr const char* kStepLegend = R"(
floor      GEMM at 70 % of its peak; columns written and read once; activations, notes and gradients once in each pass
           that needs them, the elementwise fused; weights, gradients and update once; 3 us a launch; nothing overlaps
foretold   the same for what the kernels do as they are written: bytes and launches as seen above
*          predicted, unmeasured: at the data sheets' peaks. Measured, where there is such a GPU, by
             tandem bench net MODEL --batch N --device cuda:0
columns    what an implicit GEMM, which makes no columns, would take off the floor
)";

struct XrayArguments {
  std::string what;
  ModelArguments model{.model = "alexnet-paper", .overrides = {}};
  int batch = 0;  // 0: the recipe's
  bool json = false, lines = false, step = false;
};

void print_text(const std::vector<Sight>& sights, const std::vector<LaunchedKernel>& kernels, const Lines* lines,
                int batch) {
  std::cout << "A training step of " << batch
            << " images on the PTX that nvcc made. Each layer ran at its real size with "
            << "as many images as\nmake its largest activation about " << grouped(kTrialElements)
            << " elements, and counts were multiplied up to " << batch << ".\n\n"
            << traffic_table(sights) << kLegend << "\nAs ptxas compiles them\n\n"
            << compiler_table(kernels);
  if (lines) std::cout << "\nThe lines that cost most beyond the ideal, in what ran\n\n" << worst_lines_table(*lines);
}

void print_kernels(const Microscope& microscope, int batch, const XrayArguments& arguments) {
  const std::vector<LaunchedKernel> kernels = compile_launched(microscope.shapes());
  if (arguments.json) {
    for (const Sight& sight : microscope.sights()) std::cout << to_json(sight) << '\n';
    for (const LaunchedKernel& kernel : kernels) std::cout << to_json(kernel) << '\n';
  } else {
    print_text(microscope.sights(), kernels, arguments.lines ? &microscope.lines() : nullptr, batch);
  }
}

void print_step(const StepModel& model, bool json) {
  if (json) {
    for (const std::string& line : to_json(model)) std::cout << line << '\n';
  } else {
    std::cout << step_table(model) << kStepLegend;
  }
}

int xray(const XrayArguments& arguments) {
  const Target target = find_target(arguments.what, arguments.model.model, arguments.model.overrides);
  const Recipe recipe = parse_recipe(target.model.recipe);
  if (recipe.precision != Precision::float32)
    throw UsageError("precision = '" + name_of(recipe.precision) + "'", "is not what tandem xray can count",
                     "--set precision=float32 counts the same step in float32");
  const int batch = arguments.batch > 0 ? arguments.batch : recipe.batch;
  if (arguments.step && !(target.layer.empty() && target.kernel.empty()))
    throw UsageError("--step", "is of a whole model, and " + arguments.what + " is a part of one",
                     "name the model: tandem xray " + arguments.model.model + " --step");
  const StatusLine status;
  const Microscope microscope =
      look(target, batch, [&](const std::string& layer) { status.show("looking at " + layer); });
  status.clear();
  if (microscope.sights().empty())
    throw UsageError("'" + arguments.what + "'", "has nothing to do in a step of " + arguments.model.model,
                     "--model names another model");
  if (arguments.step)
    print_step(model_step(target.model, batch, microscope.sights()), arguments.json);
  else
    print_kernels(microscope, batch, arguments);
  if (!std::cout.flush()) throw Error("standard output", "cannot be written");
  return kOk;
}

int complain(const std::string& message, ExitCode code) {
  std::cerr << "tandem: " << message << '\n';
  return code;
}

int run_command_line(int argc, char** argv) {
  CLI::App parser("What each kernel of a training step does, seen through an interpreter of its PTX", "tandem xray");
  XrayArguments arguments;
  parser.add_option("what", arguments.what, "A model, a layer or a kernel: alexnet-mini, norm1, lrn_forward")
      ->required();
  parser.add_option("--model", arguments.model.model, "Whose layer, or whose step")->capture_default_str();
  add_override_argument(parser, arguments.model);
  parser.add_option("--batch", arguments.batch, "Images in the step [the recipe's]")->check(CLI::Range(1, 65536));
  parser.add_flag("--lines", arguments.lines, "Also name the worst lines");
  parser.add_flag("--step", arguments.step, "Instead foretell the whole step, beside the least that it could take");
  parser.add_flag("--json", arguments.json, "Print one JSON object a line instead");
  parser.footer(
      "Example:\n  tandem xray norm1 --model alexnet-paper --lines\n"
      "  tandem xray conv2 --set conv2.algorithm=implicit\n"
      "  tandem xray alexnet-owt --step --batch 128\n");
  try {
    parser.parse(argc, argv);
    return xray(arguments);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return parser.exit(error);
    return complain(std::string(error.what()) + "; see tandem xray --help", kUsage);
  } catch (const UsageError& error) {
    return complain(error.what(), kUsage);
  } catch (const std::exception& error) {
    return complain(error.what(), kError);
  }
}

}  // namespace
}  // namespace tandem

int main(int argc, char** argv) { return tandem::run_command_line(argc, argv); }
