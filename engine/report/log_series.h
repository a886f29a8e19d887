// Learning curves out of a run's log.jsonl.
#pragma once
#include <filesystem>
#include <string>

#include "engine/report/curve_svg.h"

namespace tandem {

// The values of `key` over epochs, from the lines that have it; null, a value that was not finite, becomes NaN and so a
// gap. An Error, which names the line, if the log cannot be read or is no such log.
Series read_series(const std::filesystem::path& log, const std::string& key, const std::string& name);

}  // namespace tandem
