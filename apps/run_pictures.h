// The pictures that a finished run leaves in its folder.
#pragma once
#include "engine/data/dataset.h"
#include "engine/data/transform.h"
#include "engine/net/net.h"
#include "engine/train/run_folder.h"

namespace tandem {

// curve.svg from the run's log, conv1.png from the first convolution's weights (if the net has one), and
// predictions.png from the first test images.
void draw_run_pictures(const RunFolder& folder, AnyNet<float>& net, const Dataset& test, const Transform& transform);

}  // namespace tandem
