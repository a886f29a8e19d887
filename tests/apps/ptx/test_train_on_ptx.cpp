// The CUDA half of the engine from end to end, as nvcc compiled it: allocation, copies, streams, launches, cuBLAS calls
// and errors, with the interpreter of PTX in the place of a GPU.
#include <catch2/catch.hpp>
#include <cmath>

#include "engine/data/open.h"
#include "tests/apps/playground.h"

namespace tandem {
namespace {

constexpr const char* kFashion = "/usr/share/datasets/fashion-mnist";  // Debian's dataset-fashion-mnist

// Of real images where they are installed (scripts/setup does that), else of noise.
struct PtxPlayground : Playground {
  PtxPlayground() {
    if (!std::filesystem::exists(kFashion)) return;
    copy_first(*open_dataset(kFashion, Split::train), "train", kTrainImages);
    copy_first(*open_dataset(kFashion, Split::test), "t10k", kTestImages);
  }
  void copy_first(const Dataset& dataset, const std::string& split, int count) const {
    const size_t elements = size_t(dataset.format().elements());
    Bytes pixels(size_t(count) * elements), labels(static_cast<size_t>(count));
    for (int i = 0; i < count; ++i) {
      int32_t label = 0;
      dataset.read(i, pixels.data() + size_t(i) * elements, &label);
      labels[size_t(i)] = uint8_t(label);
    }
    write_images(
        split,
        test::idx({uint32_t(count), uint32_t(dataset.format().height), uint32_t(dataset.format().width)}, pixels));
    write_labels(split, labels);
  }
  Outcome train_on(const std::string& device, const std::string& model, const std::string& name,
                   const std::string& environment = "") const {
    return run_program(TANDEM_ON_PTX_BINARY,
                       "train " + model + " --device " + device + " --steps 3 --set batch=4 --data '" + data() +
                           "' --out '" + run(name).string() + "'",
                       "TANDEM_PTX_EXIT=1 " + environment);  // leaks are failures, too
  }
  std::vector<double> losses(const std::string& name) const {
    std::vector<double> all;
    for (const Json& line : log(name))
      for (const char* key : {"loss", "test_loss"})
        if (line.contains(key)) all.push_back(line[key]);
    return all;
  }
};

TEST_CASE_METHOD(PtxPlayground, "training on the interpreter gives the losses of the CPU", "[ptx]") {
  const auto [model, precision, tolerance] = GENERATE(table<std::string, std::string, double>(
      {{"lenet", "float32", 1e-5}, {"alexnet-mini", "float32", 1e-5}, {"lenet", "bf16", 1e-2}}));
  const std::string in_precision = model + " --precision " + precision;
  INFO(in_precision);
  check_succeeded(train_on("cpu", in_precision, "cpu"));
  const std::vector<double> expected = losses("cpu");
  REQUIRE(expected.size() == 4);               // three steps and a test
  for (const std::string seed : {"1", "2"}) {  // of the order of streams, blocks and warps
    const std::string name = "cuda-" + seed;
    check_succeeded(train_on("cuda:0", in_precision, name,
                             "TANDEM_PTX_ULP=2 TANDEM_PTX_ORDER=" + seed + " TANDEM_PTX_STREAM_SEED=" + seed));
    const std::vector<double> actual = losses(name);
    REQUIRE(actual.size() == expected.size());
    for (size_t i = 0; i < expected.size(); ++i) CHECK(std::abs(actual[i] - expected[i]) < tolerance * expected[i]);
  }
}

TEST_CASE_METHOD(PtxPlayground, "a CUDA call that fails ends the run with one sentence that names it", "[ptx]") {
  const auto [environment, culprit] = GENERATE(table<std::string, std::string>({
      {"TANDEM_PTX_FAIL_ALLOCATION=1", "cudaMalloc"},
      {"TANDEM_PTX_FAIL_ALLOCATION=10", "cudaMalloc"},
      {"TANDEM_PTX_FAIL_ALLOCATION=25", "by Thrust"},  // its temporary memory
      {"TANDEM_PTX_FAIL_COPY=1", "cudaMemcpyAsync"},
      {"TANDEM_PTX_FAIL_COPY=96", "by Thrust"},
      {"TANDEM_PTX_FAIL_LAUNCH=1", "launch"},
      {"TANDEM_PTX_FAIL_LAUNCH=40", ""},  // a kernel or cuBLAS
      {"TANDEM_PTX_DEVICES=0", "there is no CUDA device"},
  }));
  INFO(environment);
  const Outcome outcome = train_on("cuda:0", "lenet", "run", environment);
  check_refused({outcome.code, "", outcome.error}, outcome.code, culprit);
  CHECK((outcome.code == 1 || outcome.code == 2));
}

// Images are copied on a stream of their own, and the kernels wait for that.
TEST_CASE_METHOD(PtxPlayground, "a net that did not wait for its images would show", "[ptx]") {
  const std::string kernels_first = "TANDEM_PTX_STREAM_SEED=0";
  check_succeeded(train_on("cuda:0", "lenet", "waits", kernels_first));
  const Outcome outcome = train_on("cuda:0", "lenet", "forgets", kernels_first + " TANDEM_PTX_FORGET_WAITS=1");
  CHECK(outcome.code != 0);
  CHECK_THAT(outcome.error, Catch::Contains("augment"));
}

TEST_CASE_METHOD(PtxPlayground, "memory is taken before the first step and in none", "[ptx]") {
  const auto allocations = [&](int steps) {
    const Outcome outcome =
        run_program(TANDEM_ON_PTX_BINARY,
                    "train lenet --device cuda:0 --set batch=4 --data '" + data() + "' --out '" +
                        run("steps-" + std::to_string(steps)).string() + "' --steps " + std::to_string(steps),
                    "TANDEM_PTX_EXIT=1 TANDEM_PTX_TELL=1");
    INFO(outcome.error);
    REQUIRE(outcome.code == 0);
    const size_t at = outcome.error.find("calls: ");
    REQUIRE(at != std::string::npos);
    return std::stoi(outcome.error.substr(at + 7));
  };
  CHECK(allocations(1) == allocations(4));
}

TEST_CASE_METHOD(PtxPlayground, "a batch that does not fit a GPU is refused with the largest that does", "[ptx]") {
  check_largest_batch([&](int batch) {
    return run_program(TANDEM_ON_PTX_BINARY,
                       "train alexnet-mini --device cuda:0 --steps 1 --batch " + std::to_string(batch) + " --data '" +
                           data() + "' --out '" + run("batch-" + std::to_string(batch)).string() + "'",
                       "TANDEM_PTX_MEMORY=96");  // 64 of them for libraries
  });
}

TEST_CASE_METHOD(PtxPlayground, "a second device is taken when it is there, and refused when not", "[ptx]") {
  check_succeeded(train_on("cuda:1", "lenet", "second", "TANDEM_PTX_DEVICES=2"));
  const Outcome outcome = train_on("cuda:1", "lenet", "none", "TANDEM_PTX_DEVICES=1");
  check_refused(outcome, 2, "there are only 1 CUDA devices");
}

}  // namespace
}  // namespace tandem
