// What a run's log says about a net beside its loss: how large weights and updates are, as cuda-convnet printed it, and
// which units do nothing.
#pragma once
#include <string>
#include <vector>

#include "engine/net/net.h"

namespace tandem {

struct ParameterStatistics {
  std::string name;   // "conv1.weights"
  double value = 0;   // mean |w|, after the update
  double update = 0;  // mean |dw| of that update: its v
  double ratio() const { return value > 0 ? update / value : 0; }
};

// A unit is dead in a batch if its output is 0 for every image: of a fully-connected layer one unit, of a convolution
// one channel, over all its pixels. (What is dead in one batch can be alive in another; in a large batch, most is not.)
struct DeadUnits {
  std::string layer;  // the ReLU
  double share = 0;   // of its units, from 0 to 1
};

struct NetStatistics {
  std::vector<ParameterStatistics> parameters;
  std::vector<DeadUnits> relus;
};

// Measures one step of training. All sums are made on the device, in a fixed order; they read every ReLU's output once,
// and the weights and momentum once.
class StatisticsMeter {
 public:
  // Device memory that one takes, in bytes.
  static size_t memory_use(const NetOutline& plan);

  explicit StatisticsMeter(AnyNet<float>& net);

  void begin();            // before the forward pass
  NetStatistics finish();  // after the update

 private:
  void look_at(int layer);
  double mean_magnitude(const float* values, size_t n) const;

  AnyNet<float>& net_;
  Array<float> partial_, sums_;  // column_sum's
  Array<float> magnitudes_;
  std::vector<DeadUnits> relus_;
};

}  // namespace tandem
