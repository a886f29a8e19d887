// What the microscope sees: each call of a kernel in a training step, counted by the interpreter.
#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/device/observed_device.h"
#include "kernels/ptx/counters.h"
#include "kernels/ptx/runtime/control.h"

namespace tandem {

// A compiled kernel, and how it was launched.
struct LaunchShape {
  std::string kernel, symbol;
  int block_threads = 0;
  size_t dynamic_shared_bytes = 0;

  auto operator<=>(const LaunchShape&) const = default;
};

// All calls of one entry of the kernel table, or of GEMM, in one pass of one layer.
struct Sight {
  std::string layer, pass, kernel;
  double scale = 1;  // so many times as much is to do in the step that was asked for
  int calls = 0;
  size_t fewest_bytes = 0, elements = 0, multiply_adds = 0;  // of the calls seen, as is all that follows
  int launches = 0;
  ptx::Counters counters = {};  // without lines

  bool is_gemm() const { return kernel == "gemm"; }
  double moved_bytes() const {  // the vendor's GEMM is not seen, and taken to be perfect
    return is_gemm() ? double(fewest_bytes) : 32.0 * double(counters.block_load_sectors + counters.block_store_sectors);
  }
};

// A line of a .cu file and what it cost, over all launches.
using Lines = std::map<std::pair<std::string, int>, ptx::Traffic>;

class Microscope final : public KernelObserver {
 public:
  // Only calls of `kernel` count; empty: all.
  explicit Microscope(std::string kernel = "") : only_(std::move(kernel)) {}

  // What the next calls belong to.
  void look_at(const std::string& layer, const std::string& pass, double scale);
  void look_away();  // the next calls do not count

  void before(const KernelCall& call) override;
  void after(const KernelCall&) override { current_ = kNone; }
  void count(const ptx::runtime::LaunchRecord& record);  // of the call that is being made

  const std::vector<Sight>& sights() const { return sights_; }        // in the order of first calls
  const std::vector<LaunchShape>& shapes() const { return shapes_; }  // different ones, in the order of first launches
  const Lines& lines() const { return lines_; }

 private:
  static constexpr size_t kNone = size_t(-1);

  std::string only_;
  bool looking_ = false;
  std::string layer_, pass_;
  double scale_ = 1;
  std::vector<Sight> sights_;
  size_t current_ = kNone;
  std::vector<LaunchShape> shapes_;
  Lines lines_;
};

}  // namespace tandem
