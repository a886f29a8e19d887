// One function a layer type: makes the layer from its keys in the net file. Each is defined in the file of its name,
// which lists the keys.
#pragma once
#include <memory>

#include "engine/core/options.h"
#include "engine/net/layer.h"

// Ends a layer's file: compiles it for every type in which activations are stored.
#define TANDEM_INSTANTIATE_LAYER(make)                         \
  template std::unique_ptr<Layer<float>> make(const Options&); \
  template std::unique_ptr<Layer<bf16>> make(const Options&);  \
  template std::unique_ptr<Layer<double>> make(const Options&);

namespace tandem {

template <class T>
std::unique_ptr<Layer<T>> make_convolution(const Options& options);
template <class T>
std::unique_ptr<Layer<T>> make_local(const Options& options);
template <class T>
std::unique_ptr<Layer<T>> make_fully_connected(const Options& options);

// activation.cpp
template <class T>
std::unique_ptr<Layer<T>> make_relu(const Options& options);
template <class T>
std::unique_ptr<Layer<T>> make_sigmoid(const Options& options);
template <class T>
std::unique_ptr<Layer<T>> make_tanh(const Options& options);

// lrn.cpp
template <class T>
std::unique_ptr<Layer<T>> make_lrn(const Options& options);
template <class T>
std::unique_ptr<Layer<T>> make_lrn_same_map(const Options& options);

// max_pool.cpp
template <class T>
std::unique_ptr<Layer<T>> make_max_pool(const Options& options);
// average_pool.cpp
template <class T>
std::unique_ptr<Layer<T>> make_average_pool(const Options& options);
template <class T>
std::unique_ptr<Layer<T>> make_global_average_pool(const Options& options);

template <class T>
std::unique_ptr<Layer<T>> make_dropout(const Options& options);
template <class T>
std::unique_ptr<Layer<T>> make_concat(const Options& options);
template <class T>
std::unique_ptr<Layer<T>> make_slice(const Options& options);
template <class T>
std::unique_ptr<Layer<T>> make_softmax_cross_entropy(const Options& options);

}  // namespace tandem
