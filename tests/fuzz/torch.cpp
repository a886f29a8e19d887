// engine/net/torch_file, read into a small net.
#include "engine/net/torch_file.h"

#include "layers/registry.h"
#include "tests/fuzz/target.h"

namespace {

using namespace tandem;

constexpr const char* kNet = R"(name = "small"
input = { height = 3, width = 3, channels = 1 }
classes = 2
[[layer]]
name = "conv"
type = "convolution"
outputs = 2
kernel = 2
[[layer]]
name = "fc"
type = "fully-connected"
outputs = 2
[[layer]]
name = "loss"
type = "softmax-cross-entropy"
)";

Net<float>& small_net() {
  static const auto device = Device::open("cpu", {.threads = 1, .workspace_cap = 0});
  static Net<float> net(plan_net<float>(parse_net(Options::parse(kNet, "net.toml")), layer_registry<float>()), *device,
                        {.batch = 1, .training = false});
  return net;
}

}  // namespace

void tandem::fuzz::read(Bytes input) { read_torch_file(write("x.safetensors", input), small_net()); }
