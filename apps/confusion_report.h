// Which classes a net takes for which, for people and for other programs.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "engine/train/confusion.h"

namespace tandem {

// For the terminal: the whole table with each class's error where it has 20 classes or fewer, else the 20 classes with
// the greatest error and what they are taken for most often.
std::string confusion_text(const Confusion& confusion, const std::vector<std::string>& names);

// Throws UsageError unless the file's name ends in .svg (a picture) or .csv (a row for each true class: name, images,
// error in per cent, how often it was taken for each class).
void check_confusion_file(const std::filesystem::path& file);
void write_confusion(const std::filesystem::path& file, const std::string& title, const Confusion& confusion,
                     const std::vector<std::string>& names);

}  // namespace tandem
