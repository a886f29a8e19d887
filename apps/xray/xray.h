// What the microscope sees: each call of a kernel in one training step, counted by the interpreter.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "engine/device/observed_device.h"
#include "kernels/ptx/counters.h"

namespace tandem {

// All calls of one entry of the kernel table in one pass of one layer.
struct Sight {
  std::string layer, pass, kernel;
  int calls = 0;
  size_t fewest_bytes = 0, elements = 0;
  int launches = 0;
  ptx::Counters counters = {};  // without lines

  double moved_bytes() const { return 32.0 * double(counters.block_load_sectors + counters.block_store_sectors); }
};

// A line of a .cu file and what it cost, over all launches.
using Lines = std::map<std::pair<std::string, int>, ptx::Traffic>;

class Microscope final : public KernelObserver {
 public:
  void look_at(const std::string& layer, const std::string& pass);  // what the next calls belong to
  void before(const KernelCall& call) override;
  void after(const KernelCall&) override {}
  void count(const ptx::Counters& counters);  // a launch, of the call before

  const std::vector<Sight>& sights() const { return sights_; }  // in the order of first calls
  const Lines& lines() const { return lines_; }

 private:
  std::string layer_, pass_;
  std::vector<Sight> sights_;
  Sight* current_ = nullptr;
  Lines lines_;
};

}  // namespace tandem
