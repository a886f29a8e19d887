// A run whose loss stays where guessing puts it, at ln(classes), and what is known about it.
#pragma once
#include <optional>
#include <string>

#include "engine/net/net_plan.h"

namespace tandem {

class FlatStart {
 public:
  explicit FlatStart(const NetOutline& plan);

  // To be told of every step's loss. Once, when the first steps are over, gives a note for the user if the mean loss of
  // their second half is still that of guessing.
  std::optional<std::string> note(long step, double loss);

 private:
  double guessing_;     // ln(classes)
  std::string remedy_;  // what this net could do about it
  double sum_ = 0;
  long count_ = 0;
};

}  // namespace tandem
