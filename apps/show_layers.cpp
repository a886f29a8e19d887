// tandem show layers: how large a run's weights and updates are, and which of its units do nothing.
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "apps/show.h"
#include "engine/core/error.h"
#include "engine/files/atomic_file.h"
#include "engine/report/curve_svg.h"
#include "engine/report/numbers.h"
#include "engine/report/table.h"
#include "engine/train/run_folder.h"

namespace tandem {
namespace {

using Json = nlohmann::json;

struct LayersArguments {
  std::string run, out;
};

// The log's lines that say how the layers are.
std::vector<Json> read_lines(const std::filesystem::path& log) {
  std::ifstream file(log);
  if (!file) throw UsageError(log.string(), "cannot be read", "name the folder of a run");
  std::vector<Json> lines;
  for (std::string line; std::getline(file, line);)
    if (Json json = Json::parse(line, nullptr, false); json.is_object() && json.contains("parameters"))
      lines.push_back(std::move(json));
  if (lines.empty()) throw UsageError(log.string(), "says nothing about layers yet", "train a little longer");
  return lines;
}

std::string short_number(const Json& number) {
  if (!number.is_number()) return "nan";  // null in the log
  char text[32];
  std::snprintf(text, sizeof text, "%.2e", number.get<double>());
  return text;
}

std::string text_of(const Json& line) {
  std::string text = "After step " + grouped(line.at("step").get<long>()) + ":\n\n";
  TextTable parameters({"parameters", "mean |w|", "mean |dw|", "|dw| / |w|"});
  for (const auto& [name, values] : line.at("parameters").items())
    parameters.add_row({name, short_number(values.at("mean_abs")), short_number(values.at("mean_abs_update")),
                        short_number(values.at("ratio"))});
  text += parameters.text();
  if (line.at("dead_units").empty()) return text;
  TextTable dead({"ReLU", "dead units, %"});
  for (const auto& [name, share] : line.at("dead_units").items())
    dead.add_row({name, fixed(100 * share.get<double>(), 1)});
  return text + '\n' + dead.text() + "A unit (a convolution's channel) is dead if it is 0 for the whole batch.\n";
}

void draw(const std::vector<Json>& lines, const std::filesystem::path& path) {
  std::vector<Series> series;
  for (const auto& [name, unused] : lines.back().at("parameters").items()) {
    Series ratio{name, {}, {}};
    for (const Json& line : lines) {
      const Json& value = line.at("parameters").at(name).at("ratio");
      if (!value.is_number()) continue;
      ratio.x.push_back(line.at("epoch").get<double>());
      ratio.y.push_back(value.get<double>());
    }
    series.push_back(std::move(ratio));
  }
  write_file(path, curve_svg("Size of updates beside that of weights", "epoch", "|dw| / |w|", series, /*log_y=*/true));
  std::cout << "Wrote " << path.string() << '\n';
}

int show_layers(const LayersArguments& arguments) {
  const std::filesystem::path log = RunFolder(arguments.run).log();
  try {
    const std::vector<Json> lines = read_lines(log);
    std::cout << text_of(lines.back());
    if (!arguments.out.empty()) draw(lines, arguments.out);
  } catch (const Json::exception& error) {
    throw Error(log.string(), std::string("is not a run's log: ") + error.what());
  }
  return kOk;
}

}  // namespace

void add_show_layers(CLI::App& show, Command& command) {
  CLI::App* parser = show.add_subcommand("layers", "Print how large a run's weights and updates are, and dead ReLUs");
  parser->footer("Example:\n  tandem show layers runs/mine --out updates.svg\n");
  const auto arguments = std::make_shared<LayersArguments>();
  parser->add_option("run", arguments->run, "The run's folder")->required();
  parser->add_option("--out", arguments->out, "Also draw |dw| / |w| over the epochs into this SVG");
  parser->callback([=, &command] { command = [=] { return show_layers(*arguments); }; });
}

}  // namespace tandem
