// tandem bench data: how fast images come from the disk, decoded where they must be, before anything is done to them.
#include <algorithm>
#include <cmath>
#include <ctime>
#include <memory>

#include "apps/bench/bench.h"
#include "apps/bench/report.h"
#include "apps/bench/stopwatch.h"
#include "engine/core/random.h"
#include "engine/data/open.h"
#include "engine/report/numbers.h"

namespace tandem {
namespace {

struct DataArguments {
  std::string folder;
  long images = 1000;
  OutputArguments output;
};

double processor_seconds() { return double(std::clock()) / CLOCKS_PER_SEC; }

// In the order of a training epoch, on one thread.
int bench_data(const DataArguments& arguments) {
  const auto dataset = open_dataset(arguments.folder, Split::train);
  const std::vector<uint32_t> order = permutation(1, 0, uint32_t(dataset->size()));
  nlohmann::json setting = bench_setting("data");
  setting["data"] = dataset->name();
  setting["images"] = arguments.images;
  Report report(arguments.output, std::move(setting));
  std::vector<uint8_t> pixels(size_t(dataset->format().elements()));
  int32_t label = 0;
  const double used_before = processor_seconds();
  const double seconds = seconds_of([&] {
    for (long i = 0; i < arguments.images; ++i) dataset->read(order[size_t(i) % order.size()], pixels.data(), &label);
  });
  const double used = processor_seconds() - used_before;
  const double by_clock = double(arguments.images) / std::max(seconds, 1e-9);
  const double by_processor = double(arguments.images) / std::max(used, 1e-9);
  report.finish(dataset->name() + ": " + grouped(std::lround(by_clock)) + " images/s on one thread (" +
                    grouped(std::lround(by_processor)) + " per second of processor time)\n",
                {{.work = "reading", .seconds = {seconds}}, {.work = "reading, processor", .seconds = {used}}});
  return kOk;
}

}  // namespace

void add_bench_data(CLI::App& bench, Command& command) {
  CLI::App* data = bench.add_subcommand("data", "Reading a training set, in a random order, on one thread");
  data->footer("Example:\n  tandem bench data packed\n");
  const auto arguments = std::make_shared<DataArguments>();
  data->add_option("folder", arguments->folder, "Folder of the data set")->required();
  data->add_option("--images", arguments->images, "How many to read")
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str();
  add_json_argument(*data, arguments->output);
  data->callback([=, &command] { command = [=] { return bench_data(*arguments); }; });
}

}  // namespace tandem
