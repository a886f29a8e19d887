#include "engine/report/numbers.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace tandem {

namespace {

// Puts commas into the whole part of a number that is written out, sign and decimals or not.
std::string with_commas(std::string digits) {
  const size_t first = digits.find_first_of("0123456789");
  size_t end = digits.find('.');
  if (end == std::string::npos) end = digits.size();
  for (size_t position = end; position > first + 3;) digits.insert(position -= 3, ",");
  return digits;
}

}  // namespace

double median(std::vector<double> numbers) {
  std::sort(numbers.begin(), numbers.end());
  const size_t n = numbers.size();
  return (numbers[(n - 1) / 2] + numbers[n / 2]) / 2;
}

std::string grouped(int64_t number) { return with_commas(std::to_string(number)); }

std::string fixed(double number, int decimals) {
  if (!std::isfinite(number)) return std::isnan(number) ? "nan" : number > 0 ? "inf" : "-inf";
  std::string text(static_cast<size_t>(std::snprintf(nullptr, 0, "%.*f", decimals, number)), '\0');
  std::snprintf(text.data(), text.size() + 1, "%.*f", decimals, number);
  return with_commas(text);
}

std::string human_bytes(uint64_t bytes) {
  if (bytes < 1024) return grouped(static_cast<int64_t>(bytes)) + " B";
  const char* const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = static_cast<double>(bytes) / 1024;
  int unit = 0;
  // 1023.95 would be rounded to 1024.0 below.
  for (; value >= 1023.95 && unit < 5; ++unit) value /= 1024;
  return fixed(value, 1) + " " + units[unit];
}

std::string human_duration(double seconds) {
  if (!(seconds >= 0 && seconds < 1e15)) return "?";
  const int64_t total = std::llround(seconds);
  char text[40];
  if (total < 3600)
    std::snprintf(text, sizeof text, "%d:%02d", static_cast<int>(total / 60), static_cast<int>(total % 60));
  else
    std::snprintf(text, sizeof text, "%lld:%02d:%02d", static_cast<long long>(total / 3600),
                  static_cast<int>(total / 60 % 60), static_cast<int>(total % 60));
  return text;
}

}  // namespace tandem
