// A golden network as a net of the engine, and the way from the engine's arrays back to the golden's.
#pragma once
#include <cstdint>
#include <vector>

#include "engine/net/net.h"
#include "tests/goldens/dropout_mask.h"
#include "tests/goldens/golden_case.h"
#include "tests/goldens/layout.h"
#include "tests/goldens/network_description.h"

namespace tandem::test {

// All values are in the golden's order (channels first) and of double.
template <class T>
class NetworkModel {
 public:
  using Values = std::vector<double>;
  using A = Compute<T>;

  NetworkModel(const GoldenCase& golden, Device& device);

  // Holds the golden's parameters and batch. A nudge other than 0 names a random choice, for each input value, of
  // itself or one of its two neighbours in float.
  Net<T> make_net(const NetOptions& options, uint64_t nudge = 0) const;

  int batch() const { return batch_; }
  const Values& input() const { return input_; }
  const std::vector<int32_t>& labels() const { return labels_; }
  size_t layers() const { return description_.engine_layers.size(); }

  // `parameter` is an entry of the case's `params`.
  static Values generated(const nlohmann::json& parameter);
  Values gradient(const Net<T>& net, const nlohmann::json& parameter) const;
  Values activation(const Net<T>& net, size_t golden_layer) const;
  Values input_gradient(const Net<T>& net) const;

 private:
  const nlohmann::json& parameters() const { return golden_.parameters().at("params"); }
  ChannelLayout layout(const Net<T>& net, const nlohmann::json& parameter) const;
  Values nudged_input(uint64_t nudge) const;

  const GoldenCase& golden_;
  Device& device_;
  NetworkDescription description_;
  Masks masks_;
  int batch_;
  ImageShape input_shape_;
  Values input_;
  std::vector<int32_t> labels_;
};

std::string two_digits(size_t number);  // as in the names of tensors: "act.03_relu"

}  // namespace tandem::test
