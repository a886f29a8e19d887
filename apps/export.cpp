// tandem export: a run's weights for another program.
#include <iostream>
#include <sstream>

#include "apps/commands.h"
#include "apps/model_folder.h"
#include "engine/files/safetensors.h"
#include "engine/net/torch_file.h"
#include "engine/report/numbers.h"
#include "engine/report/table.h"
#include "engine/train/run_folder.h"

namespace tandem {
namespace {

struct ExportArguments {
  std::string run, to, out;
  DeviceArguments device;
};

void print_tensors(const AnyNet<float>& net) {
  TextTable table({"here", "in PyTorch", "shape"});
  const std::vector<TorchTensor> tensors = torch_tensors(net.plan());
  for (size_t p = 0; p < tensors.size(); ++p)
    table.add_row({net.parameters()[p].name, tensors[p].name, shape_text(tensors[p].shape)});
  std::cout << table.text();
}

std::string pad_text(const std::vector<long>& pad) {  // ours is top, left, bottom, right
  std::string text;
  for (const int side : {1, 3, 0, 2}) text += (text.empty() ? "" : ", ") + std::to_string(pad[size_t(side)]);
  return "(" + text + ")";
}

// What no tensor says: how PyTorch's module must be made, where it would compute something else by default. Empty if it
// would not.
std::string difference(const LayerSpec& layer) {
  const Options& options = layer.options;
  std::ostringstream text;
  if (layer.type == "convolution" && options.is_array("pad"))
    text << "torch.nn.ZeroPad2d(" << pad_text(options.integers("pad")) << ") before it";
  const bool ceil = options.has("rounding") && options.text("rounding") == "ceil";
  if (ceil) text << "ceil_mode=True";
  if (layer.type == "average-pool" && options.has("pad") && !options.boolean("count_padding", false))
    text << (ceil ? ", " : "") << "count_include_pad=False";
  if (layer.type == "dropout" && options.text("rule") == "paper")
    text << "multiplies by " << options.real("keep") << " in evaluation, where torch.nn.Dropout does nothing";
  if (layer.type == "lrn") {
    const int n = options.count("n"), groups = options.count("groups", 1);
    text << "torch.nn.LocalResponseNorm(" << n << ", alpha=" << options.real("alpha") * n
         << ", beta=" << options.real("beta") << ", k=" << options.real("k") << ")";
    if (groups > 1) text << ", each of " << groups << " groups of channels by itself";
  }
  if (layer.type == "lrn-same-map") text << "normalises over the pixels around, for which PyTorch has no module";
  return text.str();
}

void print_differences(const NetSpec& net) {
  std::string lines;
  for (const LayerSpec& layer : net.layers)
    if (const std::string text = difference(layer); !text.empty()) lines += "  " + layer.name + ": " + text + "\n";
  if (!lines.empty()) std::cout << "\nWhat the modules need beside their tensors:\n" << lines;
}

int export_run(const ExportArguments& arguments) {
  const auto path = find_checkpoint(arguments.run);
  const CheckpointHeader header = read_checkpoint_header(path);
  const ModelFolder model = parse_model(header.net_toml, header.recipe_toml, path.string());
  const auto device = open_device(arguments.device);
  Net<float> net(plan_model<float>(model), *device, {.batch = 1, .training = false});
  load_parameters(path, net);
  write_torch_file(arguments.out, net);
  std::cout << "Wrote " << arguments.out << ": " << net.plan().name << " after " << grouped(header.state.step)
            << " steps, " << grouped(net.plan().parameter_count()) << " numbers\n\n";
  print_tensors(net);
  print_differences(parse_net(model.net));
  return kOk;
}

}  // namespace

void add_export(CLI::App& tandem, Command& command) {
  CLI::App* parser = tandem.add_subcommand("export", "Write a run's weights for PyTorch");
  parser->footer(R"(Example:
  tandem export runs/mine --to torch --out alexnet.safetensors

In Python, for alexnet-owt (other networks need a module with the printed names):
  net = torchvision.models.alexnet()
  net.load_state_dict(safetensors.torch.load_file("alexnet.safetensors"))

Layers are numbered as in torchvision's AlexNet: every layer counts; `classifier` begins with the first fully-connected
layer, or the dropout just before it, and `features` is what comes before. The mean of the images and their scale are
the recipe's and stay in the checkpoint (tensor `normaliser`).
)");
  const auto arguments = std::make_shared<ExportArguments>();
  parser->add_option("run", arguments->run, "A run's folder (its newest checkpoint is taken) or a checkpoint")
      ->required();
  parser->add_option("--to", arguments->to, "Whose names and layout: torch")
      ->check(CLI::IsMember({"torch"}))
      ->required();
  parser->add_option("--out", arguments->out, "The safetensors file, which is replaced")->required();
  add_device_arguments(*parser, arguments->device);
  parser->callback([=, &command] { command = [=] { return export_run(*arguments); }; });
}

}  // namespace tandem
