// A photograph as training wants it, whether it is read from its own file or packed first.
#pragma once
#include <filesystem>
#include <string>

#include "engine/report/image.h"

namespace tandem {

constexpr int kPhotographSide = 256;  // Krizhevsky et al. 2012, section 2
constexpr int kMaximumPhotographSide = 4096;

enum class Framing {
  centre_square,  // side x side, from the middle
  whole,          // the aspect is kept
};

std::string to_string(Framing framing);  // "centre-square", "whole"

// The picture in `path` with its short side resized to `side`. Throws Error that names the file.
Image read_photograph(const std::filesystem::path& path, int side, Framing framing);

// Throws UsageError, which begins with `where`, unless 1 <= side <= kMaximumPhotographSide.
void check_photograph_side(int side, const std::string& where);

}  // namespace tandem
