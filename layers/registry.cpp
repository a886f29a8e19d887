#include "layers/registry.h"

#include "layers/layers.h"

namespace tandem {

template <class T>
const LayerRegistry<T>& layer_registry() {
  static const LayerRegistry<T> registry = {
      {"average-pool", make_average_pool<T>},
      {"concat", make_concat<T>},
      {"convolution", make_convolution<T>},
      {"dropout", make_dropout<T>},
      {"fully-connected", make_fully_connected<T>},
      {"global-average-pool", make_global_average_pool<T>},
      {"local", make_local<T>},
      {"lrn", make_lrn<T>},
      {"lrn-same-map", make_lrn_same_map<T>},
      {"max-pool", make_max_pool<T>},
      {"relu", make_relu<T>},
      {"sigmoid", make_sigmoid<T>},
      {"slice", make_slice<T>},
      {"softmax-cross-entropy", make_softmax_cross_entropy<T>},
      {"tanh", make_tanh<T>},
  };
  return registry;
}

template const LayerRegistry<float>& layer_registry<float>();
template const LayerRegistry<bf16>& layer_registry<bf16>();
template const LayerRegistry<double>& layer_registry<double>();

}  // namespace tandem
