#include <iomanip>
#include <iostream>

#include "apps/check.h"
#include "apps/model_folder.h"
#include "apps/shrink.h"
#include "engine/core/random.h"
#include "engine/net/gradient_check.h"

namespace tandem {
namespace {

constexpr int kBatch = 3;

// Normal values, as centred pixels are, and any labels.
void set_random_input(Net<double>& net, uint64_t seed) {
  std::vector<double> pixels(size_t(kBatch * net.plan().input.elements()));
  const Random values(seed, Purpose::augment, 0), classes(seed, Purpose::augment, 1);
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = values.normal(i);
  std::vector<int32_t> labels(kBatch);
  for (int i = 0; i < kBatch; ++i) labels[i] = int32_t(classes.below(i, net.plan().classes));
  net.set_input(pixels.data(), labels.data(), kBatch);
}

void print(const TensorCheck& check) {
  std::cout << std::left << std::setw(20) << check.name << std::right << std::setw(4) << check.checked << " checked"
            << std::setw(4) << check.kinks << " kinks   error " << std::scientific << std::setprecision(1)
            << check.error << (check.passed ? "   ok" : "   WRONG") << '\n';
}

}  // namespace

int check_gradients(const ModelArguments& arguments, uint64_t seed) {
  const ModelFolder model = load_model(arguments.model, arguments.overrides);
  plan_model<double>(model);  // complains about the files as they are, before anything is made of them
  const std::unique_ptr<Device> device = open_cpu({});
  Net<double> net(shrink(model.net), *device,
                  {.batch = kBatch, .training = true, .share = true, .input_gradient = true});
  set_random_input(net, seed);

  std::cout << net.plan().name << " made smaller: " << net.plan().input.text() << " pixels, "
            << net.plan().parameter_count() << " parameters\n";
  bool passed = true;
  for (const TensorCheck& check : check_gradients(net, {.seed = seed})) {
    print(check);
    passed = passed && check.passed;
  }
  return passed ? kOk : kError;
}

}  // namespace tandem
