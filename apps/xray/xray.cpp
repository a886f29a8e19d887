#include "apps/xray/xray.h"

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

void Microscope::look_at(const std::string& layer, const std::string& pass) {
  layer_ = layer;
  pass_ = pass;
}

void Microscope::before(const KernelCall& call) {
  const auto found = std::find_if(sights_.begin(), sights_.end(), [&](const Sight& sight) {
    return sight.layer == layer_ && sight.pass == pass_ && sight.kernel == call.name;
  });
  if (found != sights_.end()) {
    current_ = &*found;
  } else {
    current_ = &sights_.emplace_back(Sight{.layer = layer_, .pass = pass_, .kernel = call.name});
  }
  ++current_->calls;
  current_->fewest_bytes += call.bytes_read + call.bytes_written;
  current_->elements += call.elements;
}

void Microscope::count(const ptx::Counters& counters) {
  if (!current_) return;
  ++current_->launches;
  add(current_->counters, counters);
  for (const ptx::LineTraffic& line : counters.lines) {
    if (!line.file.empty()) lines_[{line.file, line.line}] += line.traffic;
  }
}

}  // namespace tandem
