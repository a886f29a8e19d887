// Kernels like Tandem's own, against references computed on the host: to the bit.
#include <algorithm>
#include <cmath>

#include "operators.h"

namespace tandem::ptx {
namespace {

TEST_CASE_METHOD(Operators, "saxpy", "[ptx]") {
  const int n = 1000;
  const float a = 1.7f;
  const auto x = random_floats(n, -2, 2);
  auto y = random_floats(n, -2, 2);
  const Address x_address = upload(x), y_address = upload(y);
  run("saxpy", {8}, {128}, 0, n, a, x_address, y_address);
  for (int i = 0; i < n; ++i) y[i] = std::fma(x[i], a, y[i]);
  check_same_bits(y_address, y);
}

TEST_CASE_METHOD(Operators, "a reduction in shared memory", "[ptx]") {
  constexpr int n = 10000, kBlocks = 7, kThreads = 256;
  const auto x = random_floats(n, -1, 1);
  const Address x_address = upload(x), sums_address = machine.allocate(kBlocks * sizeof(float));
  run("block_reduce", {kBlocks}, {kThreads}, 0, x_address, sums_address, n);
  std::vector<float> sums;
  for (int block = 0; block < kBlocks; ++block) {
    std::vector<float> partial(kThreads);
    for (int t = 0; t < kThreads; ++t) {
      for (int i = block * kThreads + t; i < n; i += kBlocks * kThreads) partial[t] += x[i];
    }
    for (int half = kThreads / 2; half; half /= 2) {
      for (int t = 0; t < half; ++t) partial[t] += partial[t + half];
    }
    sums.push_back(partial[0]);
  }
  check_same_bits(sums_address, sums);
}

TEST_CASE_METHOD(Operators, "shuffles and ballots", "[ptx]") {
  constexpr int n = 256, kWarps = n / 32;
  const auto x = random_floats(n, 0, 1);
  const Address x_address = upload(x), exchanged = upload(std::vector<float>(2 * n)),
                down = upload(std::vector<float>(n)), ballots = upload(std::vector<uint32_t>(kWarps));
  run("warp_reduce", {2}, {128}, 0, x_address, exchanged, down, ballots, n);
  std::vector<float> expected(2 * n), expected_down(n);
  std::vector<uint32_t> expected_ballots(kWarps);
  for (int warp = 0; warp < kWarps; ++warp) {
    const float* lanes = &x[warp * 32];
    std::vector<float> sums(lanes, lanes + 32), sums_down = sums;
    for (int lane = 0; lane < 32; ++lane) {
      if (lanes[lane] > .5f) expected_ballots[warp] |= 1u << lane;
      expected[n + warp * 32 + lane] = std::fma(2.f, lanes[std::max(0, lane - 1)], lanes[(lane + 3) & 31]);
    }
    for (int distance = 16; distance; distance /= 2) {
      const std::vector<float> before = sums, before_down = sums_down;
      for (int lane = 0; lane < 32; ++lane) {
        sums[lane] = before[lane] + before[lane ^ distance];
        sums_down[lane] = before_down[lane] + before_down[lane + distance < 32 ? lane + distance : lane];
      }
    }
    expected[warp] = sums[0];
    expected_down[warp] = sums_down[0];
  }
  check_same_bits(exchanged, expected);
  check_same_bits(down, expected_down);
  check_same_bits(ballots, expected_ballots);
}

TEST_CASE_METHOD(Operators, "im2col", "[ptx]") {
  const int images = 2, channels = 3, height = 11, width = 13, kernel = 5, stride = 2, pad = 2;
  const int out_height = (height + 2 * pad - kernel) / stride + 1, out_width = (width + 2 * pad - kernel) / stride + 1;
  const long long total = (long long)images * channels * kernel * kernel * out_height * out_width;
  const auto x = random_floats(size_t(images * channels * height * width), -1, 1);
  const Address x_address = upload(x), columns = machine.allocate(size_t(total) * sizeof(float));
  run("im2col", {9}, {96}, 0, x_address, columns, channels, height, width, kernel, kernel, stride, pad, out_height,
      out_width, total);
  std::vector<float> expected;
  for (int plane = 0; plane < images * channels; ++plane) {
    for (int ky = 0; ky < kernel; ++ky) {
      for (int kx = 0; kx < kernel; ++kx) {
        for (int oy = 0; oy < out_height; ++oy) {
          for (int ox = 0; ox < out_width; ++ox) {
            const int iy = oy * stride - pad + ky, ix = ox * stride - pad + kx;
            const bool inside = iy >= 0 && iy < height && ix >= 0 && ix < width;
            expected.push_back(inside ? x[(plane * height + iy) * width + ix] : 0);
          }
        }
      }
    }
  }
  check_same_bits(columns, expected);
}

TEST_CASE_METHOD(Operators, "loads and stores of four floats", "[ptx]") {
  const int n = 400;
  const float scale = 2.5f;
  const auto x = random_floats(4 * n, -3, 3);
  const Address x_address = upload(x), y_address = machine.allocate(4 * n * sizeof(float));
  run("copy4", {4}, {128}, 0, x_address, y_address, scale, n);
  std::vector<float> y(4 * n);
  for (int i = 0; i < 4 * n; i += 4) {
    y[i] = x[i] * scale;
    y[i + 1] = std::max(x[i + 1], 0.f);
    y[i + 2] = std::min(x[i + 2], 1.f);
    y[i + 3] = std::fabs(x[i + 3]) - 1.f;
  }
  check_same_bits(y_address, y);
}

TEST_CASE_METHOD(Operators, "atomic operations", "[ptx]") {
  const int n = 777, kBins = 10;
  std::vector<int> labels(n), counts(kBins);
  std::vector<float> weights(n), bins(kBins);
  unsigned long long indices = 0;
  for (int i = 0; i < n; ++i) {
    labels[i] = int(draw() % kBins);
    weights[i] = float(draw() % 64) / 8;  // sums are exact, in any order
    bins[labels[i]] += weights[i];
    counts[labels[i]]++;
    indices += (unsigned long long)i;
  }
  int largest = 0;
  for (int bin = 0; bin < kBins; ++bin) largest = std::max(largest, bin + counts[bin] - 1);
  const Address labels_address = upload(labels), weights_address = upload(weights),
                bins_address = upload(std::vector<float>(kBins)), counts_address = upload(std::vector<int>(kBins)),
                indices_address = upload(std::vector<unsigned long long>(1)),
                largest_address = upload(std::vector<int>(1)), maximum = upload(std::vector<float>(1, -1));
  run("hist_atomic", {4}, {256}, 0, labels_address, weights_address, bins_address, counts_address, indices_address,
      largest_address, n);
  check_same_bits(bins_address, bins);
  check_same_bits(counts_address, counts);
  check_same_bits(indices_address, std::vector<unsigned long long>{indices});
  check_same_bits(largest_address, std::vector<int>{largest});
  run("cas_max", {4}, {256}, 0, weights_address, maximum, n);
  check_same_bits(maximum, std::vector<float>{*std::max_element(weights.begin(), weights.end())});
}

TEST_CASE_METHOD(Operators, "a transposition in dynamic shared memory", "[ptx]") {
  const int rows = 50, columns = 77;
  const auto x = random_floats(rows * columns, -1, 1);
  const Address x_address = upload(x), y_address = machine.allocate(x.size() * sizeof(float));
  run("dyn_transpose", {3, 2}, {32, 8}, 32 * 33 * sizeof(float), x_address, y_address, rows, columns);
  std::vector<float> y(x.size());
  for (int i = 0; i < rows; ++i) {
    for (int j = 0; j < columns; ++j) y[j * rows + i] = x[i * columns + j];
  }
  check_same_bits(y_address, y);
}

TEST_CASE_METHOD(Operators, "a blocked matrix product", "[ptx]") {
  const int m = 70, n = 45, k = 37;
  const auto a = random_floats(m * k, -1, 1), b = random_floats(k * n, -1, 1);
  const Address a_address = upload(a), b_address = upload(b), c_address = machine.allocate(m * n * sizeof(float));
  std::vector<float> c(m * n);
  for (int i = 0; i < m; ++i) {
    for (int j = 0; j < n; ++j) {
      for (int l = 0; l < k; ++l) c[i * n + j] = std::fma(a[i * k + l], b[l * n + j], c[i * n + j]);
    }
  }
  run("gemm_t<64, 64", {1, 2}, {256}, 0, m, n, k, a_address, b_address, c_address);
  check_same_bits(c_address, c);
  for (float& value : c) value = std::max(value, 0.f);
  run("gemm_t<32, 32", {2, 3}, {64}, 0, m, n, k, a_address, b_address, c_address);
  check_same_bits(c_address, c);
}

TEST_CASE_METHOD(Operators, "structures, constants, a switch and a device variable", "[ptx]") {
  const int n = 200;
  const auto x = random_floats(n, -50, 50);
  struct {
    int a;
    float b;
    Address x;
    short s[3];
  } p{7, 2.5f, upload(x), {-3, 11, 29}};
  const Address y_address = machine.allocate(n * sizeof(int));
  run("misc", {2}, {128}, 0, p, y_address, n);
  std::vector<int> y(n);
  for (int i = 0; i < n; ++i) {
    uint32_t reversed = 0;
    for (int bit = 0; bit < 32; ++bit) {
      if (i >> bit & 1) reversed |= 1u << (31 - bit);
    }
    auto v = uint32_t(int(float(i & 15) * p.b) + p.a + p.s[i % 3]);
    v += uint32_t(__builtin_popcount(unsigned(i)) + __builtin_clz(unsigned(i) | 1) + __builtin_ffs(i)) + reversed;
    v ^= (unsigned(i) & 0xffff) | (v << 16);
    v += uint32_t((i & 1) ? int(x[i]) : std::min(i, 17) - std::max(i, 3));
    switch (i % 6) {
      case 0:
        v += 3;
        break;
      case 1:
        v *= 7;
        break;
      case 2:
        v -= 100;
        break;
      case 3:
        v ^= 0x55;
        break;
      case 4:
        v = ~v;
        break;
      default:
        v += uint32_t(i);
    }
    y[i] = int(v + uint32_t(std::abs(int(v) >> 3)));
  }
  check_same_bits(y_address, y);
  const auto counter = module.variable("gcount");
  REQUIRE(counter);
  check_same_bits(counter->address, std::vector<int>{n});
}

TEST_CASE("sectors that blocks share are counted once a block", "[ptx]") {
  Program program(read_ptx("operators.ptx"));
  const int n = 1000;
  const float a = 2;
  const Address x = program.upload(std::vector<float>(n, 1)), y = program.upload(std::vector<float>(n, 1));
  const Counters saxpy = program.launch("saxpy", {8}, {128}, 0, n, a, x, y).counters;
  CHECK(saxpy.block_load_sectors == 2 * n * sizeof(float) / 32);  // x and y, each element once
  CHECK(saxpy.block_store_sectors == n * sizeof(float) / 32);

  program.machine.settings().block_sectors = false;
  CHECK(program.launch("saxpy", {8}, {128}, 0, n, a, x, y).counters.block_load_sectors == 0);
}

}  // namespace
}  // namespace tandem::ptx
