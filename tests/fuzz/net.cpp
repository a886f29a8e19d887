// net.toml: parsing, planning its layers, and laying out the memory of a training step, all of which `tandem plan`
// does.
#include "engine/net/net.h"

#include "layers/registry.h"
#include "tests/fuzz/target.h"

void tandem::fuzz::read(Bytes input) {
  const Options file = Options::parse(std::string(text(input)), "net.toml");
  const NetPlan<float> plan = plan_net<float>(parse_net(file), layer_registry<float>());
  file.finish();
  static const auto device = open_cpu({.threads = 2});
  plan.parameter_count();
  plan.multiply_adds();
  Net<float>::memory_use(plan, *device, {.batch = 128});
}
