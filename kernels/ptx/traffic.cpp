#include "kernels/ptx/traffic.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "kernels/ptx/execution.h"

namespace tandem::ptx {
namespace {

constexpr uint32_t kSectorBytes = 32, kBanks = 32;

template <class T>
int sort_unique(T* values, int count) {
  if (!std::is_sorted(values, values + count)) std::sort(values, values + count);
  return int(std::unique(values, values + count) - values);
}

void count_global(Execution& run, const Address* addresses, LaneMask active, uint32_t bytes, bool write) {
  uint64_t sectors[kWarpSize * 3], places[kWarpSize];  // vectors have at most 64 bytes: three sectors where misaligned
  int sector_count = 0, place_count = 0;
  for_lanes(active, [&](int lane) {
    const Address first = addresses[lane] / kSectorBytes, last = (addresses[lane] + bytes - 1) / kSectorBytes;
    for (Address sector = first; sector <= last; ++sector) sectors[sector_count++] = sector;
    places[place_count++] = addresses[lane];
  });
  sector_count = sort_unique(sectors, sector_count);
  const uint64_t different_bytes = uint64_t(sort_unique(places, place_count)) * bytes;
  const uint64_t ideal = (different_bytes + kSectorBytes - 1) / kSectorBytes;

  Counters& total = run.counters;
  ++(write ? total.global_stores : total.global_loads);
  total.sectors += uint64_t(sector_count);
  total.ideal_sectors += ideal;
  total.global_bytes += uint64_t(lane_count(active)) * bytes;
  Traffic& here = run.current_traffic();
  ++here.global_requests;
  here.sectors += uint64_t(sector_count);
  here.ideal_sectors += ideal;

  if (!run.settings.block_sectors) return;
  SectorSet& touched = write ? run.stored : run.loaded;
  uint64_t& block_sectors = write ? total.block_store_sectors : total.block_load_sectors;
  for (int i = 0; i < sector_count; ++i) block_sectors += touched.insert(sectors[i]);
}

// How many wavefronts different words of shared memory need, and would need if they were spread over the banks.
struct Wavefronts {
  int needed = 0, ideal = 0;
};

Wavefronts wavefronts_of(uint32_t* words, int count) {
  // The common case: no bank has two different words.
  uint32_t word_of_bank[kBanks], used = 0;
  bool conflict = false;
  for (int i = 0; i < count && !conflict; ++i) {
    const uint32_t bank = words[i] % kBanks;
    conflict = (used >> bank & 1) && word_of_bank[bank] != words[i];
    word_of_bank[bank] = words[i];
    used |= 1u << bank;
  }
  if (!conflict) return {1, 1};

  count = sort_unique(words, count);
  int in_bank[kBanks] = {};
  int busiest = 0;
  for (int i = 0; i < count; ++i) busiest = std::max(busiest, ++in_bank[words[i] % kBanks]);
  return {busiest, (count + int(kBanks) - 1) / int(kBanks)};
}

// Wide accesses take a half or a quarter of the warp at a time, so that each part asks for at most 32 words.
void count_shared(Execution& run, const Address* addresses, LaneMask active, uint32_t bytes) {
  const uint32_t part = bytes <= 4 ? 32 : bytes == 8 ? 16 : 8;
  Wavefronts sum;
  for (uint32_t begin = 0; begin < kWarpSize; begin += part) {
    const LaneMask lanes = active & LaneMask(((uint64_t{1} << part) - 1) << begin);
    if (!lanes) continue;
    uint32_t words[kWarpSize * 4];
    int count = 0;
    for_lanes(lanes, [&](int lane) {
      for (uint32_t byte = 0; byte < bytes; byte += 4) words[count++] = uint32_t(addresses[lane] + byte) / 4;
    });
    const Wavefronts wavefronts = wavefronts_of(words, count);
    sum.needed += wavefronts.needed;
    sum.ideal += wavefronts.ideal;
  }
  Traffic& here = run.current_traffic();
  ++here.shared_requests;
  here.wavefronts += uint64_t(sum.needed);
  here.ideal_wavefronts += uint64_t(sum.ideal);
  ++run.counters.shared_requests;
  run.counters.wavefronts += uint64_t(sum.needed);
  run.counters.ideal_wavefronts += uint64_t(sum.ideal);
}

}  // namespace

Traffic& Traffic::operator+=(const Traffic& other) {
  warp_instructions += other.warp_instructions;
  global_requests += other.global_requests;
  sectors += other.sectors;
  ideal_sectors += other.ideal_sectors;
  shared_requests += other.shared_requests;
  wavefronts += other.wavefronts;
  ideal_wavefronts += other.ideal_wavefronts;
  return *this;
}

bool SectorSet::insert(uint64_t sector) {
  const size_t mask = entries_.size() - 1;
  for (size_t i = (sector * 0x9E3779B97F4A7C15) >> 32 & mask;; i = (i + 1) & mask) {
    Entry& entry = entries_[i];
    if (entry.generation != generation_) {
      entry = {sector, generation_};
      if (++count_ * 2 > entries_.size()) grow();
      return true;
    }
    if (entry.sector == sector) return false;
  }
}

void SectorSet::clear() {
  ++generation_;
  count_ = 0;
}

void SectorSet::grow() {
  const std::vector<Entry> before = std::move(entries_);
  entries_.assign(before.size() * 2, {});
  count_ = 0;
  for (const Entry& entry : before) {
    if (entry.generation == generation_) insert(entry.sector);
  }
}

void count_request(Execution& run, Space space, const Address* addresses, LaneMask active, uint32_t bytes, bool write) {
  if (!active) return;
  if (space == Space::kGeneric) space = space_of(addresses[first_lane(active)]);
  if (space == Space::kGlobal) {
    count_global(run, addresses, active, bytes, write);
  } else if (space == Space::kShared) {
    count_shared(run, addresses, active, bytes);
  } else if (space == Space::kLocal) {
    ++run.counters.local_requests;
  }
}

std::vector<LineTraffic> traffic_by_line(const Execution& run, const std::map<int, std::string>& files) {
  std::map<std::pair<std::string, int>, Traffic> lines;
  for (const Instruction& instruction : run.kernel.code) {
    const Traffic& traffic = run.traffic[size_t(instruction.index)];
    if (traffic.warp_instructions == 0) continue;
    const auto file = files.find(instruction.source.file);
    const bool known = file != files.end();
    lines[{known ? file->second : std::string(), known ? instruction.source.line : instruction.line}] += traffic;
  }
  std::vector<LineTraffic> result;
  for (const auto& [place, traffic] : lines) result.push_back({place.first, place.second, traffic});
  return result;
}

}  // namespace tandem::ptx
