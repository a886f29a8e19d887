// Tests engine/device: what open() accepts, memory, and tiles.
#include "engine/device/device.h"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "engine/core/error.h"
#include "engine/device/tensor.h"

using namespace tandem;
using Catch::Matchers::Contains;

TEST_CASE("the CPU is always there") {
  CHECK_THAT(Device::open("cpu")->description(), Contains("CPU, "));
  CHECK(Device::open("cpu", {.threads = 3})->threads() == 3);
  CHECK(Device::open("cpu")->threads() >= 1);
  if (cuda_device_count() == 0) CHECK_THAT(Device::open("auto")->description(), Contains("CPU"));
}

TEST_CASE("what is no device is refused and named") {
  for (const std::string spec : {"", "gpu", "CPU", "cuda", "cuda:", "cuda:x", "cuda:-1", "cuda:0x", "cuda:99999999999"})
    CHECK_THROWS_AS(Device::open(spec), UsageError);
  CHECK_THROWS_WITH(Device::open("gpu"), "--device gpu: is not a device; use auto, cpu or cuda:N");
}

TEST_CASE("a GPU that is not there is refused in one sentence") {
  CHECK_THROWS_AS(Device::open("cuda:9999"), UsageError);
  CHECK_THROWS_WITH(Device::open("cuda:9999"), Contains("--device cuda:9999") && !Contains("\n"));
  if (cuda_device_count() > 0) return;
  CHECK_THROWS_AS(Device::open("cuda:0"), UsageError);
  CHECK_THROWS_WITH(Device::open("cuda:0"), Contains("--device cuda:0") && Contains("cpu") && !Contains("\n"));
}

TEST_CASE("memory is aligned and padded to 64 bytes") {
  const auto device = Device::open("cpu");
  for (const size_t bytes : {0, 1, 63, 64, 65, 4097, 5 << 20}) {
    const auto memory = device->allocate(bytes);
    CHECK(reinterpret_cast<uintptr_t>(memory.get()) % 64 == 0);
    std::memset(memory.get(), 1, (bytes + 63) / 64 * 64);  // a sanitizer sees what is not there
  }
}

TEST_CASE("more memory than there is is refused") {
  const auto device = Device::open("cpu");
  CHECK(device->available_bytes() > 0);
  CHECK_THROWS_WITH(device->allocate(size_t(1) << 50), Contains("1073741824 MiB are wanted"));
}

TEST_CASE("no more memory is given than the options allow, and what comes back counts again") {
  const auto device = Device::open("cpu", {.threads = 3, .memory = 10'000});
  CHECK(device->available_bytes() == 10'000);
  {
    const Array<float> array(*device, 1000);
    const std::shared_ptr<std::byte> second = device->allocate(2000);
    CHECK(device->available_bytes() == 4000);
    CHECK_THROWS_WITH(device->allocate(4001), Contains("are wanted"));
    device->reserve_workspace(std::vector<size_t>{1000, 1000, 500});
    CHECK(device->available_bytes() == 1500);
    device->for_tiles(10, 500, [](long, const Lane&) {});
    device->for_tiles(2, 1000, [](long, const Lane&) {});
    CHECK(device->available_bytes() == 1500);
    device->for_tiles(3, 1000, [](long, const Lane&) {});
    CHECK(device->available_bytes() == 1000);
    CHECK_THROWS_WITH(device->for_tiles(3, 3000, [](long, const Lane&) {}), Contains("are wanted"));
  }
  CHECK(device->available_bytes() >= 7000);
  std::shared_ptr<std::byte> survivor;
  survivor = Device::open("cpu", {.memory = 100})->allocate(50);  // after its device has gone
}

TEST_CASE("an array keeps what was uploaded") {
  const auto device = Device::open("cpu");
  Array<float> array(*device, 3);
  CHECK(array.size() == 3);
  array.upload({1, 2, 3});
  CHECK(array.download() == std::vector<float>{1, 2, 3});
}

TEST_CASE("a copy within the device is whole, and no more, for any number of threads") {
  for (const int threads : {1, 2, 5})
    for (const size_t bytes : {0, 1, 63, 64, 65, 640, 100'001}) {
      INFO(threads << " threads, " << bytes << " bytes");
      const auto device = Device::open("cpu", {.threads = threads});
      std::vector<uint8_t> from(bytes + 1), to(bytes + 1, 255);
      for (size_t i = 0; i < from.size(); ++i) from[i] = uint8_t(i % 251);
      device->copy(to.data(), from.data(), bytes);
      device->synchronize();
      CHECK(std::equal(from.begin(), from.end() - 1, to.begin()));
      CHECK(to.back() == 255);
    }
}

TEST_CASE("every tile is visited once, with scratch memory of its own") {
  constexpr size_t kWorkspace = 1000;
  for (const int threads : {1, 2, 5})
    for (const size_t cap : {size_t(0), size_t(1), 2 * kWorkspace, 100 * kWorkspace}) {
      const auto device = Device::open("cpu", {.threads = threads, .workspace_cap = cap});
      for (const long count : {0, 1, 2, 7, 200}) {
        INFO(threads << " threads, " << cap << " bytes, " << count << " tiles");
        std::vector<std::atomic<int>> visits(count);
        std::atomic<int> disturbed{0};
        std::mutex mutex;
        std::set<std::byte*> workspaces;
        device->for_tiles(count, kWorkspace, [&](long tile, const Lane& lane) {
          ++visits[tile];
          std::memset(lane.workspace, int(tile % 256), kWorkspace);
          {
            const std::lock_guard lock(mutex);
            workspaces.insert(lane.workspace);
          }
          if (count < 10) std::this_thread::sleep_for(std::chrono::milliseconds(1));  // so that every lane gets a tile
          for (size_t i = 0; i < kWorkspace; ++i) disturbed += lane.workspace[i] != std::byte(tile % 256);
        });
        CHECK(std::all_of(visits.begin(), visits.end(), [](int n) { return n == 1; }));
        CHECK(disturbed == 0);
        CHECK(workspaces.size() <= size_t(threads));
        if (cap > 0) CHECK(workspaces.size() <= std::max<size_t>(1, cap / kWorkspace));
      }
    }
}

TEST_CASE("tiles may use more scratch memory than those before, or none") {
  const auto device = Device::open("cpu", {.threads = 2});
  for (const size_t bytes : {100, 1 << 20, 0, 200})
    device->for_tiles(4, bytes, [&](long, const Lane& lane) {
      if (bytes > 0) std::memset(lane.workspace, 1, bytes);
    });
}

TEST_CASE("the device's GEMM gives the same bits on any lane") {
  constexpr long kSize = 70, kTiles = 12;
  std::vector<float> a(kSize * kSize), b(kSize * kSize);
  for (long i = 0; i < kSize * kSize; ++i) a[i] = float(i % 13) / 7, b[i] = float(i % 11) / 3;
  std::vector<float> results[2];
  for (const int threads : {1, 2}) {
    const auto device = Device::open("cpu", {.threads = threads});
    std::vector<float>& c = results[threads - 1];
    c.resize(kTiles * kSize * kSize);
    device->for_tiles(kTiles, 0, [&](long tile, const Lane& lane) {
      device->gemm(lane, Gemm<float>{.m = kSize,
                                     .n = kSize,
                                     .k = kSize,
                                     .a = a.data(),
                                     .lda = kSize,
                                     .b = b.data(),
                                     .ldb = kSize,
                                     .c = c.data() + tile * kSize * kSize,
                                     .ldc = kSize});
    });
  }
  CHECK(results[0] == results[1]);
  for (long tile = 1; tile < kTiles; ++tile)
    CHECK(
        std::equal(results[0].begin(), results[0].begin() + kSize * kSize, results[0].begin() + tile * kSize * kSize));
}
