// Counts what memory requests cost, see counters.h.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "kernels/ptx/counters.h"
#include "kernels/ptx/lanes.h"
#include "kernels/ptx/memory.h"

namespace tandem::ptx {

struct Execution;

// A set of sectors that is emptied in no time: entries of earlier generations count as absent.
class SectorSet {
 public:
  bool insert(uint64_t sector);  // whether it is new
  void clear();

 private:
  struct Entry {
    uint64_t sector = 0;
    uint32_t generation = 0;
  };
  void grow();

  std::vector<Entry> entries_ = std::vector<Entry>(256);
  uint32_t generation_ = 1;
  size_t count_ = 0;
};

// A request of the current instruction: each active lane accesses `bytes` at its address.
void count_request(Execution& run, Space space, const Address* addresses, LaneMask active, uint32_t bytes, bool write);

// What the instructions of the kernel have counted, summed by source line.
std::vector<LineTraffic> traffic_by_line(const Execution& run, const std::map<int, std::string>& files);

}  // namespace tandem::ptx
