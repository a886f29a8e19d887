// Which buffers a pass needs and for how long: the bridge between a net's layers and place_buffers.
#pragma once
#include <functional>
#include <vector>

#include "engine/net/memory_plan.h"
#include "engine/net/net_plan.h"

namespace tandem {

struct NetOptions {
  int batch = 1;                // the most images a pass may have
  bool training = true;         // false: no gradients, no momentum, activations freed as soon as possible
  bool share = true;            // false: every activation and gradient keeps its own memory until the next pass
  bool input_gradient = false;  // also compute the gradient of the net's input (checks only)
  // Bytes that others will take of the device for batches of so many images, which must be left.
  std::function<size_t(int batch)> beside = {};
};

// Numbers of buffers, or one of these.
inline constexpr int kNoBuffer = -1;  // nobody wants it
inline constexpr int kNetInput = -2;  // the net's own input gradient

struct ActivationPlan {
  struct InputGradient {
    int write = kNoBuffer;   // where the layer writes it
    int add_to = kNoBuffer;  // where the Net adds that up afterwards, when another layer reads the same input
  };
  struct LayerBuffers {
    int output = kNoBuffer, output_gradient = kNoBuffer, kept = kNoBuffer;
    std::vector<InputGradient> input_gradients;

    bool wants_input_gradient() const {
      for (const InputGradient& gradient : input_gradients)
        if (gradient.write != kNoBuffer) return true;
      return false;
    }
  };
  std::vector<BufferLifetime> buffers;
  std::vector<LayerBuffers> layers;
  size_t kept_bytes = 0;  // of all buffers, those that hold layers' private notes
};

// Layers that may run in place do so where no other layer and no backward pass needs what they overwrite.
template <class T>
ActivationPlan plan_activations(const NetPlan<T>& plan, const NetOptions& options);

}  // namespace tandem
