#include "apps/xray/trial.h"

#include <algorithm>

#include "engine/net/activation_plan.h"
#include "engine/net/single_layer.h"
#include "kernels/ptx/runtime/control.h"

namespace tandem {
namespace {

// Seen by `microscope` for as long as this lives.
class Interpreter {
 public:
  explicit Interpreter(Microscope& microscope) {
    ptx::runtime::Settings settings;
    settings.launch_blocking = true;                  // so that a launch is counted while its call is known
    settings.interpreter.check_global_races = false;  // for tests: it takes 40 bytes a word
    settings.memory_bytes = size_t{1} << 40;
    settings.after_launch = [&](const ptx::runtime::LaunchRecord& record) { microscope.count(record); };
    ptx::runtime::configure(settings);
  }
  ~Interpreter() { ptx::runtime::configure({}); }
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;
};

int trial_batch(const SingleLayer<float>::Shapes& shapes, int batch) {
  long largest = shapes.output.elements();
  for (const ImageShape& shape : shapes.inputs) largest = std::max(largest, shape.elements());
  return int(std::clamp(kTrialElements / largest, 1L, long(batch)));
}

void try_passes(const std::string& name, Layer<float>& planned, const SingleLayer<float>::Shapes& shapes, int batch,
                bool input_gradients, Device& device, Microscope& microscope) {
  const int images = trial_batch(shapes, batch);
  SingleLayer<float> layer(planned, shapes, images, device, Placement::separate, input_gradients);
  layer.fill_randomly();
  const double scale = double(batch) / images;
  microscope.look_at(name, "forward", scale);
  layer.forward();
  device.synchronize();
  microscope.look_at(name, "backward", scale);
  layer.backward();
  device.synchronize();
  microscope.look_away();
}

void try_update(const NetPlan<float>& plan, Device& device, Microscope& microscope) {
  const long elements = std::min(plan.parameter_count(), kTrialElements);
  Array<float> value(device, size_t(elements)), momentum(device, size_t(elements)), gradient(device, size_t(elements));
  for (Array<float>* array : {&value, &momentum, &gradient}) fill_randomly(*array, 1);
  Array<SgdStep<float>> steps(device, 1);
  steps.upload({{.rate = 0.01F, .momentum = 0.9F, .decay_rate = 5e-6F}});
  Array<int32_t> tensor_of_block(device, size_t(elements + kSgdBlock - 1) / kSgdBlock);
  tensor_of_block.upload(std::vector<int32_t>(tensor_of_block.size(), 0));
  microscope.look_at("(all)", "update", double(plan.parameter_count()) / double(elements));
  device.kernels<float>().sgd(device.stream(), value.data(), momentum.data(), gradient.data(), size_t(elements),
                              tensor_of_block.data(), steps.data());
  device.synchronize();
  microscope.look_away();
}

}  // namespace

Microscope look(const Target& target, int batch, const std::function<void(const std::string& layer)>& begins) {
  Microscope microscope(target.kernel);
  const Interpreter interpreter(microscope);
  const auto device = observe(Device::open("cuda:0"), microscope);
  NetPlan<float> plan = plan_model<float>(target.model);
  const ActivationPlan activations = plan_activations(plan, {.batch = batch, .training = true});
  for (size_t l = 0; l < plan.layers.size(); ++l) {
    const PlannedLayer& layer = plan.layers[l];
    if (!target.layer.empty() && layer.name != target.layer) continue;
    begins(layer.name);
    const SingleLayer<float>::Shapes shapes{plan.input_shapes(l), layer.output};
    try_passes(layer.name, *plan.implementations[l], shapes, batch, activations.layers[l].wants_input_gradient(),
               *device, microscope);
  }
  if (target.layer.empty() && plan.parameter_count() > 0) {
    begins("the update");
    try_update(plan, *device, microscope);
  }
  return microscope;
}

}  // namespace tandem
