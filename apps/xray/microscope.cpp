#include "apps/xray/microscope.h"

#include <algorithm>

namespace tandem {
namespace {

void add(ptx::Counters& sum, const ptx::Counters& more) {
  sum.warp_instructions += more.warp_instructions;
  sum.thread_instructions += more.thread_instructions;
  sum.divergent_branches += more.divergent_branches;
  sum.sectors += more.sectors;
  sum.ideal_sectors += more.ideal_sectors;
  sum.shared_requests += more.shared_requests;
  sum.wavefronts += more.wavefronts;
  sum.ideal_wavefronts += more.ideal_wavefronts;
  sum.block_load_sectors += more.block_load_sectors;
  sum.block_store_sectors += more.block_store_sectors;
}

}  // namespace

void Microscope::look_at(const std::string& layer, const std::string& pass, double scale) {
  looking_ = true;
  layer_ = layer;
  pass_ = pass;
  scale_ = scale;
}

void Microscope::look_away() { looking_ = false; }

void Microscope::before(const KernelCall& call) {
  if (!looking_ || (!only_.empty() && only_ != call.name)) return;
  const auto found = std::find_if(sights_.begin(), sights_.end(), [&](const Sight& sight) {
    return sight.layer == layer_ && sight.pass == pass_ && sight.kernel == call.name;
  });
  current_ = size_t(found - sights_.begin());
  if (found == sights_.end()) sights_.push_back({.layer = layer_, .pass = pass_, .kernel = call.name, .scale = scale_});
  Sight& sight = sights_[current_];
  ++sight.calls;
  sight.fewest_bytes += call.bytes_read + call.bytes_written;
  sight.elements += call.elements;
  sight.multiply_adds += call.multiply_adds;
}

void Microscope::count(const ptx::runtime::LaunchRecord& record) {
  if (current_ == kNone) return;
  Sight& sight = sights_[current_];
  ++sight.launches;
  const ptx::Counters& counters = record.result.counters;
  add(sight.counters, counters);
  for (const ptx::LineTraffic& line : counters.lines)
    if (!line.file.empty()) lines_[{line.file, line.line}] += line.traffic;
  const LaunchShape shape{record.kernel, record.symbol, int(record.block.x * record.block.y * record.block.z),
                          record.dynamic_shared_bytes};
  if (std::find(shapes_.begin(), shapes_.end(), shape) == shapes_.end()) shapes_.push_back(shape);
}

}  // namespace tandem
