#include "apps/xray/tables.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "engine/report/numbers.h"
#include "engine/report/table.h"

namespace tandem {
namespace {

constexpr double kMega = 1e6, kMicro = 1e-6;

std::string ratio(double actual, double ideal) { return ideal > 0 ? fixed(actual / ideal, 2) : ""; }

// Without namespaces and what every kernel takes: "lrn_forward_kernel<float, 5>".
std::string short_name(const std::string& kernel) {
  const size_t end = kernel.find("_kernel");
  const size_t begin = end == std::string::npos ? end : kernel.rfind(':', end);
  if (begin == std::string::npos) return kernel;
  return kernel.substr(begin + 1, kernel.find('(', end) - begin - 1);
}

std::vector<std::string> traffic_row(const Sight& sight) {
  const ptx::Counters& counters = sight.counters;
  const bool seen = !sight.is_gemm();
  const auto if_seen = [&](std::string text) { return seen ? std::move(text) : std::string(); };
  return {sight.layer,
          sight.pass,
          sight.kernel,
          fixed(sight.scale * double(sight.fewest_bytes) / kMega, 2),
          if_seen(fixed(sight.scale * sight.moved_bytes() / kMega, 2)),
          if_seen(ratio(sight.moved_bytes(), double(sight.fewest_bytes))),
          if_seen(ratio(double(counters.sectors), double(counters.ideal_sectors))),
          ratio(double(counters.wavefronts), double(counters.ideal_wavefronts)),
          if_seen(ratio(double(counters.thread_instructions), double(sight.elements))),
          if_seen(ratio(100.0 * double(counters.divergent_branches), double(counters.warp_instructions)))};
}

}  // namespace

std::string traffic_table(const std::vector<Sight>& sights) {
  std::vector<std::string> header = {"layer",   "pass",       "kernel",        "fewest MB",   "moved MB",
                                     "/fewest", "sec./ideal", "shared /ideal", "instr./elem", "diverg. %"};
  for (const Gpu& gpu : gpus()) header.push_back(gpu.name + " us*");
  TextTable table(header);
  std::vector<double> sums(gpus().size());
  for (const Sight& sight : sights) {
    std::vector<std::string> row = traffic_row(sight);
    for (size_t g = 0; g < gpus().size(); ++g) {
      const double seconds = predicted_seconds(sight, gpus()[g]);
      sums[g] += seconds;
      row.push_back(fixed(seconds / kMicro, 1));
    }
    table.add_row(row);
  }
  table.add_rule();
  std::vector<std::string> row(header.size() - sums.size());
  row[0] = "sum";
  for (const double seconds : sums) row.push_back(fixed(seconds / kMicro, 1));
  table.add_row(row);
  return table.text();
}

std::string compiler_table(const std::vector<LaunchedKernel>& kernels) {
  std::vector<std::string> header = {"kernel", "block", "dyn. shared"};
  for (const Gpu& gpu : gpus())
    for (const char* what : {" regs", " shared", " spills", " occup. %"}) header.push_back(gpu.architecture + what);
  TextTable table(header);
  for (const LaunchedKernel& kernel : kernels) {
    std::vector<std::string> row = {short_name(kernel.shape.kernel), std::to_string(kernel.shape.block_threads),
                                    std::to_string(kernel.shape.dynamic_shared_bytes)};
    for (const KernelOnGpu& on : kernel.on) {
      row.push_back(std::to_string(on.compiled.registers));
      row.push_back(std::to_string(on.compiled.shared_bytes));
      row.push_back(std::to_string(on.compiled.spill_bytes));
      row.push_back(fixed(100 * on.occupancy, 0));
    }
    table.add_row(row);
  }
  return table.text();
}

std::string worst_lines_table(const Lines& lines) {
  const auto waste = [](const ptx::Traffic& traffic) {
    return traffic.sectors - traffic.ideal_sectors + traffic.wavefronts - traffic.ideal_wavefronts;
  };
  std::vector<std::pair<Lines::key_type, ptx::Traffic>> worst(lines.begin(), lines.end());
  std::sort(worst.begin(), worst.end(),
            [&](const auto& a, const auto& b) { return waste(a.second) > waste(b.second); });
  constexpr size_t kShown = 10;
  TextTable table({"line", "requests", "sectors", "/ideal", "wavefronts", "/ideal"});
  for (size_t i = 0; i < std::min(kShown, worst.size()) && waste(worst[i].second) > 0; ++i) {
    const auto& [where, traffic] = worst[i];
    table.add_row({std::filesystem::path(where.first).filename().string() + ":" + std::to_string(where.second),
                   grouped(int64_t(traffic.global_requests + traffic.shared_requests)),
                   grouped(int64_t(traffic.sectors)), ratio(double(traffic.sectors), double(traffic.ideal_sectors)),
                   grouped(int64_t(traffic.wavefronts)),
                   ratio(double(traffic.wavefronts), double(traffic.ideal_wavefronts))});
  }
  return table.text();
}

std::string to_json(const Sight& sight) {
  const ptx::Counters& counters = sight.counters;
  nlohmann::json json = {{"layer", sight.layer},
                         {"pass", sight.pass},
                         {"kernel", sight.kernel},
                         {"scale", sight.scale},
                         {"calls", sight.calls},
                         {"launches", sight.launches},
                         {"elements", sight.elements},
                         {"fewest_bytes", sight.fewest_bytes},
                         {"predicted_unmeasured_seconds", nlohmann::json::object()}};
  if (sight.is_gemm()) {
    json["multiply_adds"] = sight.multiply_adds;
  } else {
    json["moved_bytes"] = sight.moved_bytes();
    json["sectors"] = counters.sectors;
    json["ideal_sectors"] = counters.ideal_sectors;
    json["wavefronts"] = counters.wavefronts;
    json["ideal_wavefronts"] = counters.ideal_wavefronts;
    json["thread_instructions"] = counters.thread_instructions;
    json["warp_instructions"] = counters.warp_instructions;
    json["divergent_branches"] = counters.divergent_branches;
  }
  for (const Gpu& gpu : gpus()) json["predicted_unmeasured_seconds"][gpu.name] = predicted_seconds(sight, gpu);
  return json.dump();
}

std::string to_json(const LaunchedKernel& kernel) {
  nlohmann::json json = {{"compiled", short_name(kernel.shape.kernel)},
                         {"block_threads", kernel.shape.block_threads},
                         {"dynamic_shared_bytes", kernel.shape.dynamic_shared_bytes}};
  for (size_t g = 0; g < kernel.on.size(); ++g)
    json[gpus()[g].architecture] = {{"registers", kernel.on[g].compiled.registers},
                                    {"static_shared_bytes", kernel.on[g].compiled.shared_bytes},
                                    {"spill_bytes", kernel.on[g].compiled.spill_bytes},
                                    {"occupancy", kernel.on[g].occupancy}};
  return json.dump();
}

}  // namespace tandem
