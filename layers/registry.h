// The one table of layer types, for engine/net to make layers it must not include.
#pragma once
#include "engine/net/net_spec.h"

namespace tandem {

// From a type's name in net.toml to the function that makes it; for float, bf16 and double.
template <class T>
const LayerRegistry<T>& layer_registry();

}  // namespace tandem
