#include "apps/check.h"

namespace tandem {
namespace {

void add_check_env(CLI::App& check, Command& command) {
  CLI::App* parser = check.add_subcommand("env", "Show the machine: processor, GEMM rate, memory, compiler, GPUs");
  const auto device = std::make_shared<DeviceArguments>();
  add_device_arguments(*parser, *device);
  parser->callback([=, &command] { command = [=] { return check_env(*device); }; });
}

void add_check_gradients(CLI::App& check, Command& command) {
  CLI::App* parser = check.add_subcommand(
      "gradients", "Compare a model's gradients with central differences, in a small copy of it and in double");
  parser->footer("Example:\n  tandem check gradients alexnet-paper\n\nExit code 1 if a gradient is wrong.\n");
  const auto model = std::make_shared<ModelArguments>();
  const auto seed = std::make_shared<uint64_t>(1);
  add_model_arguments(*parser, *model);
  parser->add_option("--seed", *seed, "Of the weights, the input and the entries looked at")->capture_default_str();
  parser->callback([=, &command] { command = [=] { return check_gradients(*model, *seed); }; });
}

void add_check_data(CLI::App& check, Command& command) {
  CLI::App* parser =
      check.add_subcommand("data", "Read a whole data set and show its size, classes, mean and deviation");
  parser->footer("Example:\n  tandem check data /usr/share/datasets/fashion-mnist\n");
  const auto folder = std::make_shared<std::string>();
  parser->add_option("folder", *folder, "A folder with IDX files (MNIST and its relatives) or CIFAR-10's binary files")
      ->required();
  parser->callback([=, &command] { command = [=] { return check_data(*folder); }; });
}

}  // namespace

void add_check(CLI::App& tandem, Command& command) {
  CLI::App* check = tandem.add_subcommand("check", "Check this machine, a model's gradients, or a data set");
  check->require_subcommand(0, 1);
  add_check_env(*check, command);
  add_check_gradients(*check, command);
  add_check_data(*check, command);
}

}  // namespace tandem
