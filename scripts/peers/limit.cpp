// The limit that a CPU sets to the paper's net: oneDNN's own direct convolutions, in its own blocked layout, and bare
// GEMM for the fully-connected layers, nothing in between. It is a yardstick: Tandem's convolution is its own.
//
//   limit BATCH training|inference      prints {"images_per_s": ...}
// Build: g++ -O2 -fopenmp limit.cpp -ldnnl
#include <dnnl.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using dnnl::memory;

struct Convolution {
  int channels, size, outputs, kernel, stride, pad, groups, out_size;
};
// 227 is the padded 224: the direct kernels know no padding on two sides only.
constexpr Convolution kConvolutions[] = {{3, 227, 96, 11, 4, 0, 1, 55},
                                         {96, 27, 256, 5, 1, 2, 2, 27},
                                         {256, 13, 384, 3, 1, 1, 1, 13},
                                         {384, 13, 384, 3, 1, 1, 2, 13},
                                         {384, 13, 256, 3, 1, 1, 2, 13}};
struct FullyConnected {
  long inputs, outputs;
};
constexpr FullyConnected kFullyConnected[] = {{9216, 4096}, {4096, 4096}, {4096, 1000}};

// The best of three after a warm-up.
template <class Work>
double seconds(Work&& work) {
  double best = 1e9;
  for (int round = 0; round < 4; ++round) {
    const auto start = std::chrono::steady_clock::now();
    work();
    const double elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (round > 0) best = std::min(best, elapsed);
  }
  return best;
}

memory filled(const memory::desc& desc, const dnnl::engine& engine) {
  memory m(desc, engine);
  auto* values = static_cast<float*>(m.get_data_handle());
  const size_t count = desc.get_size() / sizeof(float);
  for (size_t i = 0; i < count; ++i) values[i] = float((i * 2654435761u >> 9) % 1000) / 1000 - 0.5f;
  return m;
}

double direct_seconds(const Convolution& c, int batch, bool training) {
  using dt = memory::data_type;
  using tag = memory::format_tag;
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  dnnl::stream stream(engine);
  const memory::desc x({batch, c.channels, c.size, c.size}, dt::f32, tag::any);
  const memory::desc y({batch, c.outputs, c.out_size, c.out_size}, dt::f32, tag::any);
  const memory::dims weights =
      c.groups > 1 ? memory::dims{c.groups, c.outputs / c.groups, c.channels / c.groups, c.kernel, c.kernel}
                   : memory::dims{c.outputs, c.channels, c.kernel, c.kernel};
  const memory::desc w(weights, dt::f32, tag::any);
  const memory::dims strides{c.stride, c.stride}, pads{c.pad, c.pad};
  const auto direct = dnnl::algorithm::convolution_direct;
  const dnnl::convolution_forward::primitive_desc forward_desc(
      dnnl::convolution_forward::desc(training ? dnnl::prop_kind::forward_training : dnnl::prop_kind::forward_inference,
                                      direct, x, w, y, strides, pads, pads),
      engine);
  memory x_memory = filled(forward_desc.src_desc(), engine), w_memory = filled(forward_desc.weights_desc(), engine),
         y_memory = filled(forward_desc.dst_desc(), engine);
  dnnl::convolution_forward forward(forward_desc);
  double total = seconds([&] {
    forward.execute(stream, {{DNNL_ARG_SRC, x_memory}, {DNNL_ARG_WEIGHTS, w_memory}, {DNNL_ARG_DST, y_memory}});
    stream.wait();
  });
  if (!training) return total;
  if (c.channels != 3) {  // the first layer's data gradient is not needed
    const dnnl::convolution_backward_data::primitive_desc desc(
        dnnl::convolution_backward_data::desc(direct, x, w, y, strides, pads, pads), engine, forward_desc);
    memory dx = filled(desc.diff_src_desc(), engine), dw = filled(desc.weights_desc(), engine),
           dy = filled(desc.diff_dst_desc(), engine);
    dnnl::convolution_backward_data backward(desc);
    total += seconds([&] {
      backward.execute(stream, {{DNNL_ARG_DIFF_DST, dy}, {DNNL_ARG_WEIGHTS, dw}, {DNNL_ARG_DIFF_SRC, dx}});
      stream.wait();
    });
  }
  const dnnl::convolution_backward_weights::primitive_desc desc(
      dnnl::convolution_backward_weights::desc(direct, x, w, y, strides, pads, pads), engine, forward_desc);
  memory wx = filled(desc.src_desc(), engine), dw = filled(desc.diff_weights_desc(), engine),
         dy = filled(desc.diff_dst_desc(), engine);
  dnnl::convolution_backward_weights backward(desc);
  total += seconds([&] {
    backward.execute(stream, {{DNNL_ARG_SRC, wx}, {DNNL_ARG_DIFF_DST, dy}, {DNNL_ARG_DIFF_WEIGHTS, dw}});
    stream.wait();
  });
  return total;
}

// Forward y = x w^T; backward dx = dy w and dw = dy^T x.
double gemm_seconds(long m, long n, long k, bool training) {
  std::vector<float> x(size_t(m) * k, 0.1f), w(size_t(n) * k, 0.2f), y(size_t(m) * n, 0.3f);
  double total = seconds([&] { dnnl_sgemm('N', 'T', m, n, k, 1, x.data(), k, w.data(), k, 0, y.data(), n); });
  if (!training) return total;
  total += seconds([&] { dnnl_sgemm('N', 'N', m, k, n, 1, y.data(), n, w.data(), k, 0, x.data(), k); });
  return total + seconds([&] { dnnl_sgemm('T', 'N', n, k, m, 1, y.data(), n, x.data(), k, 0, w.data(), k); });
}

}  // namespace

int main(int argc, char** argv) {
  const int batch = argc > 1 ? std::atoi(argv[1]) : 32;
  const bool training = argc <= 2 || std::string(argv[2]) == "training";
  if (batch < 1) return std::fprintf(stderr, "usage: limit BATCH training|inference\n"), 2;
  double total = 0;
  for (const Convolution& c : kConvolutions) total += direct_seconds(c, batch, training);
  for (const FullyConnected& f : kFullyConnected) total += gemm_seconds(batch, f.outputs, f.inputs, training);
  std::printf("{\"images_per_s\": %.3f}\n", batch / total);
}
