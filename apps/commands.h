// The commands of `tandem`. Each lives in the file of its name and exports one function, which describes the command to
// the parser and, when the user has chosen it, leaves in `command` what is to be done. main parses first and runs then,
// so nothing happens before the whole command line is known to be right, and every error meets the same handler.
#pragma once
#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/device/device.h"

namespace tandem {

// Documented in `tandem --help`.
enum ExitCode : int {
  kOk = 0,
  kError = 1,          // tandem::Error: a broken file, a full disk, not enough memory
  kUsage = 2,          // UsageError, or a command line that cannot be parsed
  kDiverged = 3,       // DivergedError: the loss is not finite any more
  kInterrupted = 130,  // stopped by Ctrl-C, after saving
};

using Command = std::function<int()>;  // returns an ExitCode, or throws

void add_bench(CLI::App& tandem, Command& command);
void add_check(CLI::App& tandem, Command& command);
void add_classify(CLI::App& tandem, Command& command);
void add_eval(CLI::App& tandem, Command& command);
void add_export(CLI::App& tandem, Command& command);
void add_import(CLI::App& tandem, Command& command);
void add_pack(CLI::App& tandem, Command& command);
void add_plan(CLI::App& tandem, Command& command);
void add_show(CLI::App& tandem, Command& command);
void add_train(CLI::App& tandem, Command& command);
void add_xray(CLI::App& tandem, Command& command);

// Which network, with which changes: for load_model (apps/model_folder.h).
struct ModelArguments {
  std::string model;
  std::vector<std::string> overrides;  // "key=value"
};
void add_model_arguments(CLI::App& parser, ModelArguments& arguments);
void add_override_argument(CLI::App& parser, ModelArguments& arguments);  // --set alone

// --views, into 1 or 10: for view_windows (engine/train/prediction.h).
void add_views_argument(CLI::App& parser, int& views);

// --precision, a shorthand for --set precision=.
void add_precision_argument(CLI::App& parser, ModelArguments& arguments);
inline constexpr const char* kPrecisionHelp =
    "float32, or bf16: activations and what GEMM reads in half the bytes, sums and weights in float32; without it ";

struct DeviceArguments {
  std::string device = "auto";
  int threads = 0;
  int memory = 0;  // MiB
};
void add_device_arguments(CLI::App& parser, DeviceArguments& arguments);
std::unique_ptr<Device> open_device(const DeviceArguments& arguments);

}  // namespace tandem
