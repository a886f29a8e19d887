// The stand-in for the CUDA runtime library: whole programs, streams that are deferred, failures on demand, leaks.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "kernels/ptx/runtime/control.h"
#include "runtime_program.h"

namespace tandem::ptx::runtime {
namespace {

constexpr int kCount = 1000;
constexpr size_t kBytes = kCount * sizeof(float);

// A fresh stand-in; whatever a test allocates it must give back.
struct Fresh {
  Fresh() { configure(quiet()); }
  ~Fresh() {
    configure(quiet());
    const Usage left = usage();
    CHECK(left.allocations + left.host_allocations + left.streams + left.events == 0);
    CHECK(left.bytes == 0);
    cudaGetLastError();
  }
  static Settings quiet() {
    Settings settings;
    settings.print_problems = false;
    return settings;
  }
};

float* device_floats(size_t count = kCount) {
  void* p = nullptr;
  REQUIRE(cudaMalloc(&p, count * sizeof(float)) == cudaSuccess);
  return static_cast<float*>(p);
}

float first_of(const float* device) {
  float value = 0;
  REQUIRE(cudaMemcpy(&value, device, sizeof value, cudaMemcpyDeviceToHost) == cudaSuccess);
  return value;
}

TEST_CASE_METHOD(Fresh, "a program that nvcc built runs", "[ptx][runtime]") {
  const uint64_t problems_before = problems().count();  // the counts are of the process
  std::vector<float> x(kCount), y(kCount, 1);
  for (int i = 0; i < kCount; ++i) x[i] = float(i);
  const float four[] = {.5f, 0, -1, 2};
  float *x_device = device_floats(), *y_device = device_floats();
  REQUIRE(set_coefficients(four) == cudaSuccess);
  REQUIRE(cudaMemcpy(x_device, x.data(), kBytes, cudaMemcpyHostToDevice) == cudaSuccess);
  REQUIRE(cudaMemcpy(y_device, y.data(), kBytes, cudaMemcpyHostToDevice) == cudaSuccess);
  cudaStream_t stream = nullptr;
  cudaEvent_t begin = nullptr, end = nullptr;
  REQUIRE(cudaStreamCreate(&stream) == cudaSuccess);
  REQUIRE(cudaEventCreate(&begin) == cudaSuccess);
  REQUIRE(cudaEventCreate(&end) == cudaSuccess);
  REQUIRE(cudaEventRecord(begin, stream) == cudaSuccess);
  launch_axpy(stream, kCount, 2, x_device, y_device);
  REQUIRE(cudaGetLastError() == cudaSuccess);
  REQUIRE(cudaEventRecord(end, stream) == cudaSuccess);
  float milliseconds = 0;
  CHECK(cudaEventElapsedTime(&milliseconds, begin, end) == cudaErrorNotReady);
  REQUIRE(cudaStreamSynchronize(stream) == cudaSuccess);
  CHECK(cudaEventElapsedTime(&milliseconds, begin, end) == cudaSuccess);
  REQUIRE(cudaMemcpy(y.data(), y_device, kBytes, cudaMemcpyDeviceToHost) == cudaSuccess);
  for (int i = 0; i < kCount; ++i) REQUIRE(y[i] == 2 * x[i] + 1 + four[i & 3]);
  int counter = 0;
  REQUIRE(get_counter(&counter) == cudaSuccess);
  CHECK(counter == kCount);

  launch_reverse(256, x_device);
  CHECK(first_of(x_device) == 255);
  CHECK(problems().count() == problems_before);
  CHECK(usage().allocations == 2);
  CHECK(usage().streams == 1);
  CHECK(usage().events == 2);
  CHECK(cudaEventDestroy(begin) == cudaSuccess);
  CHECK(cudaEventDestroy(end) == cudaSuccess);
  CHECK(cudaStreamDestroy(stream) == cudaSuccess);
  CHECK(cudaFree(x_device) == cudaSuccess);
  CHECK(cudaFree(y_device) == cudaSuccess);
  CHECK(cudaFree(y_device) == cudaErrorInvalidValue);
}

// One stream writes x, another reads it; an event between them, or not. Returns the result.
float across_streams(uint64_t seed, bool with_event, unsigned flags = cudaStreamNonBlocking) {
  Settings settings = Fresh::quiet();
  settings.stream_seed = seed;
  configure(settings);
  float *x = device_floats(), *y = device_floats();
  cudaStream_t writer = nullptr, reader = nullptr;
  cudaEvent_t written = nullptr;
  REQUIRE(cudaStreamCreateWithFlags(&writer, flags) == cudaSuccess);
  REQUIRE(cudaStreamCreateWithFlags(&reader, flags) == cudaSuccess);
  REQUIRE(cudaEventCreateWithFlags(&written, cudaEventDisableTiming) == cudaSuccess);
  launch_fill(writer, kCount, 1, x);
  REQUIRE(cudaDeviceSynchronize() == cudaSuccess);
  launch_fill(writer, kCount, 3, x);
  REQUIRE(cudaEventRecord(written, writer) == cudaSuccess);
  if (with_event) REQUIRE(cudaStreamWaitEvent(reader, written, 0) == cudaSuccess);
  launch_double(reader, kCount, x, y);
  REQUIRE(cudaStreamSynchronize(reader) == cudaSuccess);
  const float result = first_of(y);
  for (cudaStream_t stream : {writer, reader}) REQUIRE(cudaStreamDestroy(stream) == cudaSuccess);
  REQUIRE(cudaEventDestroy(written) == cudaSuccess);
  for (float* p : {x, y}) REQUIRE(cudaFree(p) == cudaSuccess);
  return result;
}

TEST_CASE_METHOD(Fresh, "a forgotten event shows for some seed", "[ptx][runtime]") {
  int wrong = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    CHECK(across_streams(seed, true) == 6);
    wrong += across_streams(seed, false) != 6;
  }
  CHECK(wrong > 0);
  CHECK(wrong < 20);
}

TEST_CASE_METHOD(Fresh, "the default stream waits for blocking streams, and they for it", "[ptx][runtime]") {
  const unsigned flags = GENERATE(unsigned(cudaStreamDefault), unsigned(cudaStreamNonBlocking));
  int wrong = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Settings settings = quiet();
    settings.stream_seed = seed;
    configure(settings);
    float *x = device_floats(), *y = device_floats();
    cudaStream_t stream = nullptr;
    REQUIRE(cudaStreamCreateWithFlags(&stream, flags) == cudaSuccess);
    launch_fill(stream, kCount, 1, x);
    launch_double(nullptr, kCount, x, y);
    launch_fill(stream, kCount, 5, x);
    wrong += first_of(y) != 2;
    REQUIRE(cudaDeviceSynchronize() == cudaSuccess);
    CHECK(first_of(x) == 5);
    REQUIRE(cudaStreamDestroy(stream) == cudaSuccess);
    for (float* p : {x, y}) REQUIRE(cudaFree(p) == cudaSuccess);
  }
  if (flags == cudaStreamDefault) {
    CHECK(wrong == 0);
  } else {
    CHECK(wrong > 0);
  }
}

TEST_CASE_METHOD(Fresh, "asynchronous copies take pageable memory at once, pinned memory later", "[ptx][runtime]") {
  float* device = device_floats(1);
  cudaStream_t stream = nullptr;
  REQUIRE(cudaStreamCreate(&stream) == cudaSuccess);
  float pageable = 1;
  REQUIRE(cudaMemcpyAsync(device, &pageable, sizeof(float), cudaMemcpyHostToDevice, stream) == cudaSuccess);
  pageable = 2;
  CHECK(first_of(device) == 1);

  void* memory = nullptr;
  REQUIRE(cudaHostAlloc(&memory, sizeof(float), cudaHostAllocDefault) == cudaSuccess);
  CHECK(usage().host_allocations == 1);
  auto* pinned = static_cast<float*>(memory);
  *pinned = 3;
  REQUIRE(cudaMemcpyAsync(device, pinned, sizeof(float), cudaMemcpyHostToDevice, stream) == cudaSuccess);
  *pinned = 4;  // too early
  CHECK(first_of(device) == 4);

  *pinned = 0;
  REQUIRE(cudaMemcpyAsync(pinned, device, sizeof(float), cudaMemcpyDeviceToHost, stream) == cudaSuccess);
  CHECK(*pinned == 0);  // not yet
  REQUIRE(cudaStreamSynchronize(stream) == cudaSuccess);
  CHECK(*pinned == 4);
  pageable = 0;
  REQUIRE(cudaMemcpyAsync(&pageable, device, sizeof(float), cudaMemcpyDeviceToHost, stream) == cudaSuccess);
  CHECK(pageable == 4);

  cudaPointerAttributes attributes{};
  REQUIRE(cudaPointerGetAttributes(&attributes, device) == cudaSuccess);
  CHECK(attributes.type == cudaMemoryTypeDevice);
  REQUIRE(cudaPointerGetAttributes(&attributes, pinned) == cudaSuccess);
  CHECK(attributes.type == cudaMemoryTypeHost);
  REQUIRE(cudaPointerGetAttributes(&attributes, &pageable) == cudaSuccess);
  CHECK(attributes.type == cudaMemoryTypeUnregistered);
  CHECK(cudaFreeHost(pinned) == cudaSuccess);
  CHECK(cudaStreamDestroy(stream) == cudaSuccess);
  CHECK(cudaFree(device) == cudaSuccess);
}

TEST_CASE_METHOD(Fresh, "who asks again and again gets an answer", "[ptx][runtime]") {
  float* x = device_floats();
  cudaStream_t stream = nullptr;
  REQUIRE(cudaStreamCreate(&stream) == cudaSuccess);
  launch_fill(stream, kCount, 1, x);
  CHECK(cudaStreamQuery(stream) == cudaErrorNotReady);
  int questions = 0;
  while (cudaStreamQuery(stream) == cudaErrorNotReady) REQUIRE(++questions < 100);
  CHECK(cudaStreamDestroy(stream) == cudaSuccess);
  CHECK(cudaFree(x) == cudaSuccess);
}

TEST_CASE_METHOD(Fresh, "calls fail on demand", "[ptx][runtime]") {
  Settings settings = quiet();
  void* p = nullptr;
  SECTION("the second allocation") {
    settings.fail_allocation = 2;
    configure(settings);
    float* x = device_floats();
    CHECK(cudaMalloc(&p, 4) == cudaErrorMemoryAllocation);
    CHECK(std::string(cudaGetErrorString(cudaGetLastError())) == "out of memory");
    float* y = device_floats();
    for (float* each : {x, y}) CHECK(cudaFree(each) == cudaSuccess);
  }
  SECTION("the first launch") {
    settings.fail_launch = 1;
    configure(settings);
    float* x = device_floats();
    launch_fill(nullptr, kCount, 1, x);
    CHECK(cudaGetLastError() == cudaErrorLaunchOutOfResources);
    CHECK(cudaGetLastError() == cudaSuccess);
    launch_fill(nullptr, kCount, 1, x);
    CHECK(first_of(x) == 1);
    CHECK(cudaFree(x) == cudaSuccess);
  }
  SECTION("the first copy") {
    settings.fail_copy = 1;
    configure(settings);
    float *x = device_floats(), value = 0;
    CHECK(cudaMemcpy(x, &value, sizeof value, cudaMemcpyHostToDevice) == cudaErrorUnknown);
    CHECK(cudaMemcpy(x, &value, sizeof value, cudaMemcpyHostToDevice) == cudaSuccess);
    CHECK(cudaFree(x) == cudaSuccess);
  }
  SECTION("all, without a device") {
    settings.devices = 0;
    configure(settings);
    int count = -1;
    CHECK(cudaGetDeviceCount(&count) == cudaErrorNoDevice);
    CHECK(count == 0);
    CHECK(cudaMalloc(&p, 4) == cudaErrorNoDevice);
  }
  SECTION("more memory than there is") {
    settings.memory_bytes = 4096;
    configure(settings);
    size_t free = 0, total = 0;
    CHECK(cudaMalloc(&p, 8192) == cudaErrorMemoryAllocation);
    float* x = device_floats(256);
    REQUIRE(cudaMemGetInfo(&free, &total) == cudaSuccess);
    CHECK(free == 3072);
    CHECK(total == 4096);
    CHECK(cudaFree(x) == cudaSuccess);
  }
}

TEST_CASE_METHOD(Fresh, "devices, and what they allow", "[ptx][runtime]") {
  Settings settings = quiet();
  settings.devices = 2;
  configure(settings);
  int value = 0;
  REQUIRE(cudaGetDeviceCount(&value) == cudaSuccess);
  CHECK(value == 2);
  CHECK(cudaSetDevice(2) == cudaErrorInvalidDevice);
  CHECK(cudaSetDevice(1) == cudaSuccess);
  CHECK(cudaGetDevice(&value) == cudaSuccess);
  CHECK(value == 1);
  CHECK(cudaSetDevice(0) == cudaSuccess);
  cudaDeviceProp properties{};
  REQUIRE(cudaGetDeviceProperties(&properties, 0) == cudaSuccess);
  CHECK(properties.major == 8);

  CHECK(launch_with_shared(48 << 10) == cudaSuccess);
  CHECK(launch_with_shared(64 << 10) == cudaErrorInvalidValue);  // it has not been asked for
  CHECK(allow_shared(200 << 10) == cudaErrorInvalidValue);       // sm_80 does not have as much
  CHECK(allow_shared(64 << 10) == cudaSuccess);
  CHECK(launch_with_shared(64 << 10) == cudaSuccess);
  CHECK(cudaDeviceSynchronize() == cudaSuccess);
}

TEST_CASE_METHOD(Fresh, "a kernel that leaves its memory fails the program, at the next synchronisation",
                 "[ptx][runtime]") {
  float *x = device_floats(4), value = 0;
  std::vector<std::string> ran;
  Settings settings = quiet();
  settings.after_launch = [&](const LaunchRecord& record) {
    ran.push_back(record.kernel);
    CHECK(record.result.problems > 0);
  };
  configure(settings);
  launch_fill(nullptr, kCount, 1, x);
  CHECK(cudaGetLastError() == cudaSuccess);
  CHECK(ran.empty());
  CHECK(cudaDeviceSynchronize() == cudaErrorIllegalAddress);
  CHECK(ran.size() == 1);
  CHECK(cudaMemcpy(&value, x, sizeof value, cudaMemcpyDeviceToHost) == cudaErrorIllegalAddress);
  configure(quiet());
  CHECK(cudaFree(x) == cudaSuccess);
}

TEST_CASE_METHOD(Fresh, "handles and ranges that are none are refused", "[ptx][runtime]") {
  float *x = device_floats(4), value[8] = {};
  CHECK(cudaMemcpy(x, value, sizeof value, cudaMemcpyHostToDevice) == cudaErrorInvalidValue);
  CHECK(cudaMemset(x, 0, sizeof value) == cudaErrorInvalidValue);
  CHECK(cudaStreamSynchronize(reinterpret_cast<cudaStream_t>(value)) == cudaErrorInvalidResourceHandle);
  CHECK(cudaEventRecord(reinterpret_cast<cudaEvent_t>(value), nullptr) == cudaErrorInvalidResourceHandle);
  CHECK(cudaFree(x) == cudaSuccess);
}

}  // namespace
}  // namespace tandem::ptx::runtime
