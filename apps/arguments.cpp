// Arguments that several commands take.
#include "apps/commands.h"
#include "engine/net/precision.h"

namespace tandem {

void add_model_arguments(CLI::App& parser, ModelArguments& arguments) {
  parser.add_option("model", arguments.model, "A model's name, or a folder with net.toml and recipe.toml")->required();
  add_override_argument(parser, arguments);
}

void add_override_argument(CLI::App& parser, ModelArguments& arguments) {
  parser
      .add_option("--set", arguments.overrides,
                  "Change one value: of the net, when the key begins with a layer's name or net. (conv1.outputs=32, "
                  "net.input.height=32), else of the recipe (rate.base=0.1); may be repeated")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
}

void add_views_argument(CLI::App& parser, int& views) {
  parser
      .add_option("--views", views,
                  "1: the centre of each image; 10: the mean over its corners, its centre, and their mirror images")
      ->check(CLI::IsMember({1, 10}))
      ->capture_default_str();
}

void add_precision_argument(CLI::App& parser, ModelArguments& arguments) {
  parser
      .add_option_function<std::string>(
          "--precision", [&](const std::string& name) { arguments.overrides.push_back("precision=" + name); },
          kPrecisionHelp + std::string("the recipe's"))
      ->check(CLI::IsMember(precision_names()));
}

void add_device_arguments(CLI::App& parser, DeviceArguments& arguments) {
  parser.add_option("--device", arguments.device, "auto (a GPU if there is one), cpu or cuda:N")->capture_default_str();
  parser.add_option("--threads", arguments.threads, "CPU threads; 0: one for each processor")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  parser.add_option("--memory", arguments.memory, "MiB that may be taken on the device; 0: what is free")
      ->check(CLI::Range(0, 1 << 30))
      ->capture_default_str();
}

std::unique_ptr<Device> open_device(const DeviceArguments& arguments) {
  return Device::open(arguments.device, {.threads = arguments.threads, .memory = size_t(arguments.memory) << 20});
}

}  // namespace tandem
