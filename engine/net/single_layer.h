// One planned layer with memory around it and no net: for tests, benchmarks and the microscope.
#pragma once
#include <vector>

#include "engine/net/layer.h"

namespace tandem {

// Where the output and its gradient lie: in memory of their own, or in that of the first input and its gradient, as a
// Net places them for layers that allow it.
enum class Placement { separate, in_place };

// Numbers from -0.5 to 0.5: the time of a pass and the bytes it moves do not depend on what they are.
template <class T>
void fill_randomly(Array<T>& array, uint64_t seed);

template <class T>
class SingleLayer {
 public:
  struct Shapes {
    std::vector<ImageShape> inputs;
    ImageShape output;  // what plan() returned for them
  };

  // `layer` is planned and outlives this object. Without `input_gradients` the layer is told that nobody wants them, as
  // the first one of a net is.
  SingleLayer(Layer<T>& layer, const Shapes& shapes, int batch, Device& device,
              Placement placement = Placement::separate, bool want_input_gradients = true);
  SingleLayer(const SingleLayer&) = delete;
  SingleLayer& operator=(const SingleLayer&) = delete;

  void fill_randomly();  // everything that a pass reads; labels are 0
  // To be called after every change of parameters' values, as a Net's parameters_changed(): GEMM reads a rounded copy.
  void round_parameters();

  void forward(bool training = true);
  void backward(GradientMode mode = GradientMode::overwrite);  // a loss layer's is that of the mean loss

  int batch() const { return batch_; }
  bool is_loss() const { return is_loss_; }

  // Memory of the passes, [batch][shape] each; the caller fills inputs, parameters, labels, and for backward the output
  // gradient. In place, `output` and `output_gradient` are inputs[0] and input_gradients[0]; a loss layer has neither.
  std::vector<Array<T>> inputs, input_gradients;
  std::vector<Array<Compute<T>>> parameters, parameter_gradients;
  Array<T> output, output_gradient;
  Array<std::byte> kept, scratch;
  Array<int32_t> labels;  // [batch]

 private:
  Pass<T> pass(bool training) const;

  Layer<T>& layer_;
  const int batch_;
  Device& device_;
  const bool is_loss_;
  std::vector<Array<T>> operands_;  // parameters rounded to T, where that is another type
  std::vector<const T*> input_pointers_, operand_pointers_;
  std::vector<const Compute<T>*> parameter_pointers_;
  std::vector<T*> input_gradient_pointers_;
  std::vector<Compute<T>*> parameter_gradient_pointers_;
};

}  // namespace tandem
