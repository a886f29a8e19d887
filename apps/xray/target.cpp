#include "apps/xray/target.h"

#include "engine/core/error.h"
#include "engine/core/nearest_word.h"
#include "engine/device/observed_device.h"

namespace tandem {

Target find_target(const std::string& what, const std::string& model, const std::vector<std::string>& overrides) {
  if (model_exists(what)) return {load_model(what, overrides), "", ""};
  Target target{load_model(model, overrides), "", ""};
  std::set<std::string> known = observed_kernels();
  known.insert("gemm");
  if (known.contains(what)) {
    target.kernel = what;
    return target;
  }
  for (const auto& layer : plan_model<float>(target.model).layers) {
    known.insert(layer.name);
    if (layer.name == what) target.layer = what;
  }
  if (!target.layer.empty()) return target;
  const std::string nearest = nearest_word(what, known);
  throw UsageError("'" + what + "'", "is neither a model, nor a layer of " + model + ", nor a kernel",
                   nearest.empty() ? "tandem plan " + model + " shows its layers" : "did you mean " + nearest + "?");
}

}  // namespace tandem
