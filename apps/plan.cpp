// tandem plan: what a model is and what it takes, before any memory is taken.
#include <iostream>
#include <nlohmann/json.hpp>

#include "apps/commands.h"
#include "apps/model_folder.h"
#include "engine/data/open.h"
#include "engine/report/numbers.h"
#include "engine/report/table.h"
#include "engine/train/trainer.h"

namespace tandem {
namespace {

struct PlanArguments {
  ModelArguments model;
  DeviceArguments device;
  int batch = 0;
  std::string data;  // empty: images as large as the net's input
  bool json = false;
};

// Of a training step and of what feeds it.
struct StepMemory {
  MemoryUse net;
  size_t trainer = 0;     // beside the net's, on its device
  size_t read_ahead = 0;  // in the host's memory: training keeps a reader while a test has one of its own
  size_t on_device() const { return net.total() + trainer; }
};

template <class T>
StepMemory step_memory(const NetPlan<T>& plan, const Recipe& recipe, const Device& device, int batch,
                       const std::string& data) {
  ImageFormat image{plan.input.height, plan.input.width, plan.input.channels};
  InputRecipe input;
  AugmentRecipe augment;
  if (!data.empty()) {
    const auto training = open_dataset(data, Split::train);
    image = training->format();
    input.resize = recipe.input.resize;
    augment.crop = recipe.augment.crop;
    check_data_fits(plan.name, plan.input, plan.classes, *training,
                    Transform(image, input, augment, Normaliser(Subtract::none, image, {})));
  }
  const Transform transform(image, input, augment, Normaliser(Subtract::none, image, {}));
  return {Net<T>::memory_use(plan, device, {.batch = batch}), Trainer::memory_use(plan, transform, batch),
          2 * BatchReader::memory_use(image, batch)};
}

// Of one image's training step. Forward, weight gradient and data gradient cost the same, but where no layer below has
// anything to learn nobody needs the data gradient: usually in the first layer.
template <class T>
long training_multiply_adds(const NetPlan<T>& plan) {
  const ActivationPlan activations = plan_activations(plan, {});
  long count = 0;
  for (size_t l = 0; l < plan.layers.size(); ++l)
    count += plan.layers[l].multiply_adds *
             (1 + !plan.layers[l].parameters.empty() + activations.layers[l].wants_input_gradient());
  return count;
}

long parameter_count(const PlannedLayer& layer) {
  long count = 0;
  for (const ParameterSpec& parameter : layer.parameters) count += parameter.elements();
  return count;
}

// Does what is read ahead lie in the same memory as the net, and count against what is free there? --memory is the
// net's alone.
bool takes_from_device(const DeviceArguments& arguments) {
  const bool cpu = arguments.device == "cpu" || (arguments.device == "auto" && cuda_device_count() == 0);
  return cpu && arguments.memory == 0;
}

std::string grouped_or_empty(long number) { return number == 0 ? "" : grouped(number); }

template <class T>
void print_layers(const NetPlan<T>& plan, int batch) {
  TextTable table({"layer", "type", "output", "parameters", "multiply-adds", "output of the batch"});
  table.add_row({"input", "", plan.input.text(), "", "", human_bytes(sizeof(T) * plan.input.elements() * batch)});
  for (const PlannedLayer& layer : plan.layers)
    table.add_row({layer.name, layer.type, layer.output.text(), grouped_or_empty(parameter_count(layer)),
                   grouped_or_empty(layer.multiply_adds), human_bytes(sizeof(T) * layer.output.elements() * batch)});
  table.add_rule();
  table.add_row({"", "", "", grouped(plan.parameter_count()), grouped(plan.multiply_adds()), ""});
  std::cout << plan.name << ", one image; " << plan.classes << " classes\n\n" << table.text();
}

template <class T>
void print_step(const NetPlan<T>& plan, const StepMemory& memory, int batch, const Device& device,
                const DeviceArguments& arguments) {
  TextTable table({"memory of a training step", "bytes"});
  table.add_row({"parameters", human_bytes(memory.net.parameters)});
  table.add_row({"their gradients", human_bytes(memory.net.gradients)});
  table.add_row({"their momentum", human_bytes(memory.net.momentum)});
  table.add_row({"input", human_bytes(memory.net.input)});
  table.add_row({"activations and their gradients, sharing", human_bytes(memory.net.activations)});
  table.add_row({"intermediate results of a layer", human_bytes(memory.net.scratch)});
  table.add_row({"workspace of tiles", human_bytes(memory.net.workspace)});
  table.add_row({"stored images, tables of the update, statistics", human_bytes(memory.trainer)});
  table.add_rule();
  table.add_row({"total", human_bytes(memory.on_device())});
  const size_t beside = takes_from_device(arguments) ? memory.read_ahead : 0;
  const bool fits = memory.on_device() + beside <= device.available_bytes();
  std::cout << "\nA training step with a batch of " << batch << " is "
            << fixed(2e-9 * double(training_multiply_adds(plan)) * batch, 1) << " GFLOP and "
            << (fits ? "fits into the " : "does not fit into the ") << human_bytes(device.available_bytes())
            << " that are free on " << device.description() << ".\n\n"
            << table.text() << "\nBatches that are read ahead, for training and for a test, take another "
            << human_bytes(memory.read_ahead) << " of the host's memory.\n";
}

template <class T>
void print_json(const NetPlan<T>& plan, const StepMemory& memory, int batch) {
  std::cout << nlohmann::json{{"model", plan.name},
                              {"batch", batch},
                              {"parameters", plan.parameter_count()},
                              {"multiply_adds", plan.multiply_adds()},
                              {"step_multiply_adds", training_multiply_adds(plan)},
                              {"step_bytes", memory.on_device()},
                              {"read_ahead_bytes", memory.read_ahead}}
            << '\n';
}

template <class T>
int plan(const PlanArguments& arguments, const ModelFolder& model, const Recipe& recipe) {
  const NetPlan<T> plan = plan_model<T>(model);
  const int batch = arguments.batch > 0 ? arguments.batch : recipe.batch;
  const std::unique_ptr<Device> device = open_device(arguments.device);
  const StepMemory memory = step_memory(plan, recipe, *device, batch, arguments.data);
  if (arguments.json) {
    print_json(plan, memory, batch);
    return kOk;
  }
  print_layers(plan, batch);
  print_step(plan, memory, batch, *device, arguments.device);
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
  add_precision_argument(*parser, arguments->model);
  parser->add_option("--batch", arguments->batch, "Images in a batch; without it the recipe's")
      ->check(CLI::Range(1, 1 << 20));
  parser->add_option(
      "--data", arguments->data,
      "Folder of the data set, whose images are counted as they are stored; without it as the net's input");
  parser->add_flag("--json", arguments->json, "Print one JSON object instead");
  parser->callback([=, &command] {
    command = [=] {
      const ModelFolder model = load_model(arguments->model.model, arguments->model.overrides);
      const Recipe recipe = parse_recipe(model.recipe);
      return (recipe.precision == Precision::bf16 ? plan<bf16> : plan<float>)(*arguments, model, recipe);
    };
  });
}

}  // namespace tandem
