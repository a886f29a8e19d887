// How long a training step should take on a GPU, and the least that it could take: both counted, neither measured.
#pragma once
#include <string>
#include <vector>

#include "apps/model_folder.h"
#include "apps/xray/step_work.h"

namespace tandem {

struct StepModel {
  int batch = 0;
  LeastWork least;
  std::vector<KernelWork> work;
};

// The calls of a step are counted on a GPU on paper. How many bytes, instructions and launches a kernel takes beyond
// the fewest is what the microscope saw of it: `sights` is of the whole step.
StepModel model_step(const ModelFolder& model, int batch, const std::vector<Sight>& sights);

// A row a GPU and kind of arithmetic.
std::string step_table(const StepModel& model);
std::vector<std::string> to_json(const StepModel& model);  // the floor's work, then a line a row

}  // namespace tandem
