// Runs the layers of a model on the interpreter, one by one, under the microscope.
#pragma once
#include <functional>
#include <string>

#include "apps/xray/microscope.h"
#include "apps/xray/target.h"

namespace tandem {

// A layer sees as many images as make its largest activation about this many elements, at least one and at most the
// batch that was asked for; what it does is then taken for that batch in proportion. So does the update: of at most so
// many parameters.
inline constexpr long kTrialElements = 1 << 20;

// One training step of `batch` images: each layer of the target forward and backward, at its real size, and unless the
// target is one layer the update. Says when a layer begins, since all of them take some seconds.
Microscope look(const Target& target, int batch, const std::function<void(const std::string& layer)>& begins);

}  // namespace tandem
