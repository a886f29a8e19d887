// The three things that `tandem check` can look at. Each prints what it finds and returns an exit code.
#pragma once
#include <string>

#include "apps/commands.h"

namespace tandem {

int check_env(const DeviceArguments& device);

// Every parameter tensor's gradient against central differences, in double on the CPU, in a small copy of the model.
int check_gradients(const ModelArguments& model, uint64_t seed);

int check_data(const std::string& folder);

}  // namespace tandem
