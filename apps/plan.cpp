// tandem plan: what a model is and what it takes, before any memory is taken.
#include <iostream>

#include "apps/commands.h"
#include "apps/model_folder.h"
#include "engine/net/net.h"
#include "engine/report/numbers.h"
#include "engine/report/table.h"
#include "engine/train/recipe.h"

namespace tandem {
namespace {

struct PlanArguments {
  ModelArguments model;
  DeviceArguments device;
  int batch = 0;
};

// Of one image's training step. Forward, weight gradient and data gradient cost the same, but where no layer below has
// anything to learn nobody needs the data gradient: usually in the first layer.
long training_multiply_adds(const NetPlan<float>& plan) {
  std::vector<bool> learns(plan.layers.size());  // the layer, or one below it
  long count = 0;
  for (size_t l = 0; l < plan.layers.size(); ++l) {
    const PlannedLayer<float>& layer = plan.layers[l];
    bool below = false;
    for (const int input : layer.inputs) below = below || (input >= 0 && learns[size_t(input)]);
    learns[l] = below || !layer.parameters.empty();
    count += layer.layer->multiply_adds() * (1 + !layer.parameters.empty() + below);
  }
  return count;
}

long parameter_count(const PlannedLayer<float>& layer) {
  long count = 0;
  for (const ParameterSpec& parameter : layer.parameters) count += parameter.elements();
  return count;
}

std::string grouped_or_empty(long number) { return number == 0 ? "" : grouped(number); }

void print_layers(const NetPlan<float>& plan, int batch) {
  TextTable table({"layer", "type", "output", "parameters", "multiply-adds", "output of the batch"});
  table.add_row({"input", "", plan.input.text(), "", "", human_bytes(sizeof(float) * plan.input.elements() * batch)});
  for (const PlannedLayer<float>& layer : plan.layers)
    table.add_row({layer.name, layer.type, layer.output.text(), grouped_or_empty(parameter_count(layer)),
                   grouped_or_empty(layer.layer->multiply_adds()),
                   human_bytes(sizeof(float) * layer.output.elements() * batch)});
  table.add_rule();
  table.add_row({"", "", "", grouped(plan.parameter_count()), grouped(plan.multiply_adds()), ""});
  std::cout << plan.name << ", one image; " << plan.classes << " classes\n\n" << table.text();
}

void print_step(const NetPlan<float>& plan, int batch, Device& device) {
  const MemoryUse memory = Net<float>::memory_use(plan, {.batch = batch});
  TextTable table({"memory of a training step", "bytes"});
  table.add_row({"parameters", human_bytes(memory.parameters)});
  table.add_row({"their gradients", human_bytes(memory.gradients)});
  table.add_row({"their momentum", human_bytes(memory.momentum)});
  table.add_row({"input", human_bytes(memory.input)});
  table.add_row({"activations and their gradients, sharing", human_bytes(memory.activations)});
  table.add_rule();
  table.add_row({"total", human_bytes(memory.total())});
  const bool fits = memory.total() <= device.available_bytes();
  std::cout << "\nA training step with a batch of " << batch << " is "
            << fixed(2e-9 * double(training_multiply_adds(plan)) * batch, 1) << " GFLOP and "
            << (fits ? "fits into the " : "does not fit into the ") << human_bytes(device.available_bytes())
            << " that are free on " << device.description() << ".\n\n"
            << table.text();
}

int plan(const PlanArguments& arguments) {
  const ModelFolder model = load_model(arguments.model.model, arguments.model.overrides);
  const NetPlan<float> plan = plan_model<float>(model);
  const Recipe recipe = parse_recipe(model.recipe);
  const int batch = arguments.batch > 0 ? arguments.batch : recipe.batch;
  const std::unique_ptr<Device> device = open_device(arguments.device);
  print_layers(plan, batch);
  print_step(plan, batch, *device);
  return kOk;
}

}  // namespace

void add_plan(CLI::App& tandem, Command& command) {
  CLI::App* parser = tandem.add_subcommand("plan", "Show a model's layers, shapes, work and memory without running it");
  parser->footer(
      "Examples:\n"
      "  tandem plan alexnet-paper --batch 128\n"
      "  tandem plan alexnet-mini --set conv1.outputs=48 --set net.input.channels=3\n");
  const auto arguments = std::make_shared<PlanArguments>();
  add_model_arguments(*parser, arguments->model);
  add_device_arguments(*parser, arguments->device);
  parser->add_option("--batch", arguments->batch, "Images in a batch; without it the recipe's")
      ->check(CLI::Range(1, 1 << 20));
  parser->callback([=, &command] { command = [=] { return plan(*arguments); }; });
}

}  // namespace tandem
