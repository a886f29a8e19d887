// Numbers as people read them.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace tandem {

double median(std::vector<double> numbers);  // of an even number of them the mean of the middle two; at least one

std::string grouped(int64_t number);             // 60965224 as "60,965,224"
std::string fixed(double number, int decimals);  // 1234.567 to one place as "1,234.6"; nan, inf, -inf as such
std::string human_bytes(uint64_t bytes);         // "512 B", "1.5 KiB", "232.6 MiB", ...
std::string human_duration(double seconds);      // "0:07", "2:41", "1:02:03"; "?" if negative or not finite

}  // namespace tandem
