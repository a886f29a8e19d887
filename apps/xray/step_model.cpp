#include "apps/xray/step_model.h"

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/device/dry_device.h"
#include "engine/report/numbers.h"
#include "engine/report/table.h"
#include "engine/train/recipe.h"
#include "engine/train/sgd.h"

namespace tandem {
namespace {

// What a GEMM's epilogue or a neighbouring kernel could do on the way.
const std::set<std::string> kFusible = {"add_bias",
                                        "column_sum",
                                        "relu_forward",
                                        "relu_backward",
                                        "sigmoid_forward",
                                        "sigmoid_backward",
                                        "tanh_forward",
                                        "tanh_backward",
                                        "dropout",
                                        "scale",
                                        "add"};

// All calls of one kernel, and the fewest bytes that they need.
struct Calls {
  double count = 0, bytes_read = 0, bytes_written = 0, multiply_adds = 0;
};
using CallsOfKernels = std::map<std::string, Calls>;

class Counter final : public KernelObserver {
 public:
  void before(const KernelCall& call) override {
    if (!counts_) return;
    Calls& sum = calls_[call.name];
    ++sum.count;
    sum.bytes_read += double(call.bytes_read);
    sum.bytes_written += double(call.bytes_written);
    sum.multiply_adds += double(call.multiply_adds);
  }
  void after(const KernelCall&) override {}

  void begin() { counts_ = true; }
  const CallsOfKernels& calls() const { return calls_; }

 private:
  bool counts_ = false;
  CallsOfKernels calls_;
};

CallsOfKernels count_step(const ModelFolder& model, int batch) {
  Counter counter;
  const auto device = observe_dry_gpu(counter);
  Net<float> net(plan_model<float>(model), *device, {.batch = batch});
  Sgd<float> sgd(net, parse_recipe(model.recipe));
  const std::vector<int32_t> labels(size_t(batch), 0);
  net.set_labels(labels.data(), batch);
  counter.begin();
  net.forward(/*training=*/true, 1, 0);
  net.backward();
  sgd.update({.weights = 0.01, .biases = 0.01});
  return counter.calls();
}

// Of one image, in floats: see LeastWork.
double activation_elements(const NetPlan<float>& plan) {
  const auto shape_of = [&](int layer) { return layer < 0 ? plan.input : plan.layers[size_t(layer)].output; };
  const ActivationPlan activations = plan_activations(plan, {.batch = 1});
  double elements = 0;
  for (size_t l = 0; l < plan.layers.size(); ++l) {
    const PlannedLayer& layer = plan.layers[l];
    const BackwardNeeds& needs = layer.needs;
    if (needs.in_place) continue;
    const double output = double(layer.output.elements());
    const double kept = double(needs.kept_bytes_per_image) / sizeof(float);
    double inputs = 0, gradients = 0;
    for (size_t i = 0; i < layer.inputs.size(); ++i) {
      const double input = double(shape_of(layer.inputs[i]).elements());
      inputs += input;
      if (activations.layers[l].input_gradients[i].write != kNoBuffer) gradients += input;
    }
    elements += inputs + output + kept;                                                 // forward
    elements += output * (1 + needs.output) + inputs * needs.input + kept + gradients;  // backward
  }
  return elements;
}

LeastWork least_work(const NetPlan<float>& plan, int batch, const CallsOfKernels& calls) {
  LeastWork least;
  const auto of = [&](const char* name) { return calls.contains(name) ? calls.at(name) : Calls{}; };
  least.column_bytes = 2 * (of("im2col").bytes_written + of("col2im").bytes_read);
  least.column_launches = of("im2col").count + of("col2im").count;
  const double stored_and_input = double(plan.input.elements()) * (sizeof(uint8_t) + sizeof(float));
  least.activation_bytes = batch * (stored_and_input + activation_elements(plan) * sizeof(float));
  least.weight_bytes = 8.0 * double(plan.parameter_count()) * sizeof(float);
  least.launches = 1;  // the augmentation
  for (const auto& [name, call] : calls) {
    least.multiply_adds += call.multiply_adds;
    if (!kFusible.contains(name)) least.launches += call.count;
  }
  return least;
}

KernelWork kernel_work(const std::string& name, const Calls& calls, const std::vector<Sight>& sights) {
  const double fewest = calls.bytes_read + calls.bytes_written;
  KernelWork work{.kernel = name, .multiply_adds = calls.multiply_adds, .bytes = fewest, .launches = calls.count};
  if (work.is_gemm()) return work;
  double seen_fewest = 0, seen_moved = 0, seen_instructions = 0, seen_launches = 0, seen_calls = 0;
  for (const Sight& sight : sights) {
    if (sight.kernel != name) continue;
    seen_fewest += sight.scale * double(sight.fewest_bytes);
    seen_moved += sight.scale * sight.moved_bytes();
    seen_instructions += sight.scale * double(sight.counters.warp_instructions);
    seen_launches += sight.launches;
    seen_calls += sight.calls;
  }
  if (seen_calls == 0) return work;  // a sum of gradients, which a layer alone does not make
  work.bytes *= seen_moved / seen_fewest;
  work.warp_instructions = fewest / seen_fewest * seen_instructions;
  work.launches *= seen_launches / seen_calls;
  return work;
}

// The least that augmentation moves: its kernels depend on the data set, which is not known here.
KernelWork augmentation(const NetPlan<float>& plan, int batch) {
  return {.kernel = "augment",
          .bytes = double(plan.input.elements()) * batch * (sizeof(uint8_t) + sizeof(float)),
          .launches = 1};
}

struct Row {
  std::string gpu, arithmetic;
  double floor, foretold, floor_without_columns;

  double ratio() const { return foretold / floor; }
  double recovered() const { return (floor - floor_without_columns) / floor; }
};

std::vector<Row> rows(const StepModel& model) {
  LeastWork without = model.least;
  without.column_bytes = 0;
  without.launches -= without.column_launches;
  std::vector<Row> rows;
  for (const Gpu& gpu : gpus())
    for (const auto& [name, flops] :
         {std::pair("float32", gpu.flops_per_second), std::pair("TF32", gpu.tf32_flops_per_second)})
      rows.push_back({gpu.name, name, floor_seconds(model.least, gpu, flops), foretold_seconds(model.work, gpu, flops),
                      floor_seconds(without, gpu, flops)});
  return rows;
}

// What the two sums are made of. GEMM's operands are columns, activations and weights.
std::string work_table(const StepModel& model) {
  double gemm = 0, columns = 0, update = 0, others = 0, launches = 0;
  for (const KernelWork& kernel : model.work) {
    const bool of_columns = kernel.kernel == "im2col" || kernel.kernel == "col2im";
    (kernel.is_gemm() ? gemm : of_columns ? columns : kernel.kernel == "sgd" ? update : others) += kernel.bytes;
    launches += kernel.launches;
  }
  const LeastWork& least = model.least;
  const auto giga = [](double number) { return fixed(1e-9 * number, 2); };
  TextTable table({"work of a step of " + grouped(model.batch) + " images", "floor", "as written"});
  table.add_row({"GEMM's arithmetic, GFLOP", giga(2 * least.multiply_adds), giga(2 * least.multiply_adds)});
  table.add_row({"GEMM's operands and results, GB", "", giga(gemm)});
  table.add_row({"im2col's and col2im's columns, GB", giga(least.column_bytes), giga(columns)});
  table.add_row({"activations and their gradients, GB", giga(least.activation_bytes), giga(others)});
  table.add_row({"weights, gradients, update, GB", giga(least.weight_bytes), giga(update)});
  table.add_row({"all bytes, GB", giga(least.column_bytes + least.activation_bytes + least.weight_bytes),
                 giga(gemm + columns + others + update)});
  table.add_row({"launches", fixed(least.launches, 0), fixed(launches, 0)});
  return table.text();
}

std::string milliseconds(double seconds) { return fixed(1e3 * seconds, 2); }

}  // namespace

StepModel model_step(const ModelFolder& model, int batch, const std::vector<Sight>& sights) {
  const NetPlan<float> plan = plan_model<float>(model);
  const auto calls = count_step(model, batch);
  StepModel step{.batch = batch, .least = least_work(plan, batch, calls), .work = {augmentation(plan, batch)}};
  for (const auto& [name, call] : calls) step.work.push_back(kernel_work(name, call, sights));
  return step;
}

std::string step_table(const StepModel& model) {
  TextTable table({"GPU", "GEMM", "floor ms*", "foretold ms*", "/floor", "images/s*", "floor without columns ms*",
                   "columns' share %"});
  for (const Row& row : rows(model))
    table.add_row({row.gpu, row.arithmetic, milliseconds(row.floor), milliseconds(row.foretold), fixed(row.ratio(), 2),
                   fixed(model.batch / row.foretold, 0), milliseconds(row.floor_without_columns),
                   fixed(100 * row.recovered(), 0)});
  return table.text() + "\n" + work_table(model);
}

std::vector<std::string> to_json(const StepModel& model) {
  const LeastWork& least = model.least;
  std::vector<std::string> lines = {nlohmann::json{
      {"step", model.batch},
      {"multiply_adds", least.multiply_adds},
      {"column_bytes", least.column_bytes},
      {"activation_bytes", least.activation_bytes},
      {"weight_bytes", least.weight_bytes},
      {"launches", least.launches}}.dump()};
  for (const Row& row : rows(model))
    lines.push_back(nlohmann::json{{"step", model.batch},
                                   {"gpu", row.gpu},
                                   {"gemm", row.arithmetic},
                                   {"predicted_unmeasured_seconds", row.foretold},
                                   {"floor_seconds", row.floor},
                                   {"floor_without_columns_seconds", row.floor_without_columns}}
                        .dump());
  return lines;
}

}  // namespace tandem
