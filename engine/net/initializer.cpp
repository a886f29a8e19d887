#include "engine/net/initializer.h"

#include <cmath>

#include "engine/core/error.h"
#include "engine/core/options.h"
#include "engine/core/random.h"

namespace tandem {

Initializer parse_initializer(const Options& options, const std::string& key, const Initializer& otherwise) {
  using Kind = Initializer::Kind;
  if (!options.has(key)) return otherwise;
  if (options.is_number(key)) return {Kind::constant, options.real(key)};
  if (options.is_table(key)) {
    const Options table = options.table(key);
    const bool normal = table.has("normal");
    const double value = normal ? table.real("normal") : table.real("constant");
    if (normal && value < 0) throw UsageError(table.where("normal"), "a standard deviation cannot be negative");
    return {normal ? Kind::normal : Kind::constant, value};
  }
  const std::string name = options.text(key);
  if (name == "uniform") return {Kind::uniform, 0};
  if (name == "xavier") return {Kind::xavier, 0};
  if (name == "he") return {Kind::he, 0};
  throw UsageError(options.where(key), "there is no initialiser '" + name + "'",
                   "use a number, uniform, xavier, he or { normal = 0.01 }");
}

std::vector<float> draw_initial_values(const Initializer& initializer, uint64_t seed, uint32_t parameter, long count,
                                       long fan_in, long fan_out) {
  using Kind = Initializer::Kind;
  const Random random(seed, Purpose::initialise, parameter);
  const auto symmetric = [&](long i) { return 2 * random.uniform(uint64_t(i)) - 1; };
  const double uniform_bound = 1 / std::sqrt(double(fan_in)), xavier_bound = std::sqrt(6.0 / double(fan_in + fan_out)),
               he_deviation = std::sqrt(2.0 / double(fan_in));
  const auto value = [&](long i) {
    switch (initializer.kind) {
      case Kind::constant:
        return initializer.value;
      case Kind::normal:
        return initializer.value * random.normal(uint64_t(i));
      case Kind::uniform:
        return uniform_bound * symmetric(i);
      case Kind::xavier:
        return xavier_bound * symmetric(i);
      case Kind::he:
        return he_deviation * random.normal(uint64_t(i));
    }
    return 0.0;
  };
  std::vector<float> values(count);
  for (long i = 0; i < count; ++i) values[i] = float(value(i));
  return values;
}

}  // namespace tandem
