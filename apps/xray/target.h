// What the user wants to look at.
#pragma once
#include <string>
#include <vector>

#include "apps/model_folder.h"
#include "apps/xray/microscope.h"

namespace tandem {

struct Target {
  ModelFolder model;
  std::string layer;   // only this one; empty: all
  std::string kernel;  // only this entry of the kernel table; empty: all
};

// `what` is the name of a layer of `model`, of an entry of the kernel table that a step of `model` calls, or a model,
// which then takes the place of `model`. `overrides` are load_model's. Throws UsageError for what is none of these,
// naming the nearest.
Target find_target(const std::string& what, const std::string& model, const std::vector<std::string>& overrides);

}  // namespace tandem
