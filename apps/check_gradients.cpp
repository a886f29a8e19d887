#include <iomanip>
#include <iostream>

#include "apps/check.h"
#include "apps/model_folder.h"
#include "apps/shrink.h"
#include "engine/net/gradient_check.h"
#include "engine/net/random_input.h"

namespace tandem {
namespace {

constexpr int kBatch = 3;

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
  set_random_input(net, kBatch, seed);

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
