// tandem show curves: several runs in one chart.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <map>

#include "apps/show.h"
#include "engine/core/error.h"
#include "engine/files/atomic_file.h"
#include "engine/report/log_series.h"
#include "engine/train/run_folder.h"

namespace tandem {
namespace {

struct CurvesArguments {
  std::vector<std::string> runs;
  std::string out, what = "loss";
};

struct Curve {
  std::string title, axis;
};

// What a run's log.jsonl has, by its key there.
const std::map<std::string, Curve> kCurves = {
    {"loss", {"Training loss", "loss"}},        {"error", {"Training error", "error, %"}},
    {"test_error", {"Test error", "error, %"}}, {"test_top5_error", {"Test error, top 5", "error, %"}},
    {"test_loss", {"Test loss", "loss"}},       {"rate", {"Learning rate", "rate"}},
};

// The folders' own names where these tell the runs apart, else the paths as given.
std::vector<std::string> labels(const std::vector<std::string>& runs) {
  std::vector<std::string> names;
  for (const std::string& run : runs) {
    const std::filesystem::path path = std::filesystem::absolute(run).lexically_normal();
    names.push_back((path.has_filename() ? path : path.parent_path()).filename().string());
  }
  std::vector<std::string> sorted = names;
  std::sort(sorted.begin(), sorted.end());
  return std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end() ? names : runs;
}

int show_curves(const CurvesArguments& arguments) {
  const std::vector<std::string> names = labels(arguments.runs);
  std::vector<Series> series;
  for (size_t i = 0; i < names.size(); ++i) {
    const std::filesystem::path log = RunFolder(arguments.runs[i]).log();
    if (!std::filesystem::exists(log))
      throw UsageError(arguments.runs[i], "has no log.jsonl", "name the folders of runs");
    series.push_back(read_series(log, arguments.what, names[i]));
  }
  const Curve& curve = kCurves.at(arguments.what);
  write_file(arguments.out, curve_svg(curve.title, "epoch", curve.axis, series));
  std::cout << "Wrote " << arguments.out << '\n';
  return kOk;
}

}  // namespace

void add_show_curves(CLI::App& show, Command& command) {
  CLI::App* parser = show.add_subcommand("curves", "Draw the learning curves of several runs into one SVG");
  parser->footer("Example:\n  tandem show curves runs/lenet runs/lenet-relu --out curves.svg\n");
  const auto arguments = std::make_shared<CurvesArguments>();
  parser->add_option("run", arguments->runs, "The runs' folders; each curve is called by its folder's name")
      ->required();
  parser->add_option("--out", arguments->out, "The picture's file, which is replaced")->required();
  parser
      ->add_option("--what", arguments->what,
                   "loss, error or rate, of the training batches; test_error, test_top5_error or test_loss, after each "
                   "epoch")
      ->check(CLI::IsMember(kCurves))
      ->capture_default_str();
  parser->callback([=, &command] { command = [=] { return show_curves(*arguments); }; });
}

}  // namespace tandem
