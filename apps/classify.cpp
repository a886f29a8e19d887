// tandem classify: what a net takes images for, in the terminal and as a picture (the paper's figure 4, left).
#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>

#include "apps/commands.h"
#include "apps/query_images.h"
#include "apps/trained_net.h"
#include "engine/files/atomic_file.h"
#include "engine/report/classification_svg.h"
#include "engine/report/numbers.h"
#include "engine/report/table.h"
#include "engine/train/prediction.h"
#include "engine/train/tally.h"

namespace tandem {
namespace {

constexpr int kShown = 5;  // classes of each image

struct ClassifyArguments {
  std::string run, data, out;
  std::vector<std::string> images;
  int views = 1;
  bool json = false;
  DeviceArguments device;
};

ClassifiedImage classified_image(const TrainedNet& trained, const QueryImages& query, size_t number,
                                 std::span<const double> probabilities) {
  const auto label = query.labels[number];
  ClassifiedImage image{
      .image = query.picture(number), .caption = label ? trained.class_name(*label) : query.names[number], .bars = {}};
  for (const int one : likeliest(probabilities, kShown))
    image.bars.push_back({trained.class_name(one), probabilities[size_t(one)], label == one});
  return image;
}

std::vector<ClassifiedImage> classify_all(const TrainedNet& trained, const QueryImages& query, int views) {
  const std::vector<CropWindow> windows = view_windows(*trained.transform, views);
  BatchReader reader(query.data, *trained.transform, trained.net->options().batch, /*seed=*/0, /*start=*/0,
                     ReadMode::test);
  std::vector<ClassifiedImage> classified;
  while (classified.size() < query.names.size()) {
    const Prediction prediction = predict(*trained.net, *trained.augmenter, windows, reader.next());
    for (int i = 0; i < prediction.images; ++i)
      classified.push_back(classified_image(trained, query, classified.size(), prediction.of(i)));
  }
  return classified;
}

// Full and half blocks, at most `width` characters; none for what is not a number.
std::string bar(double share, int width) {
  if (!(share > 0)) return "";
  const long halves = std::lround(2 * width * share);
  std::string text;
  for (long i = 0; i < halves / 2; ++i) text += "█";
  return halves % 2 == 1 ? text + "▌" : text;
}

void print_text(const QueryImages& query, const std::vector<ClassifiedImage>& classified) {
  for (size_t i = 0; i < classified.size(); ++i) {
    const bool has_label = query.labels[i].has_value();
    std::cout << (i > 0 ? "\n" : "") << query.names[i] << (has_label ? ": " + classified[i].caption : "") << '\n';
    size_t widest = 0;
    for (const auto& one : classified[i].bars) widest = std::max(widest, text_width(one.name));
    for (const auto& one : classified[i].bars) {
      const std::string percent = fixed(100 * one.probability, 2), blocks = bar(one.probability, 30);
      std::cout << (one.is_true ? "* " : "  ") << one.name << std::string(widest - text_width(one.name) + 2, ' ')
                << std::string(6 - percent.size(), ' ') << percent << " %" << (blocks.empty() ? "" : "  ") << blocks
                << '\n';
    }
  }
}

using Json = nlohmann::ordered_json;

void print_json(const QueryImages& query, const std::vector<ClassifiedImage>& classified) {
  Json json = Json::array();
  for (size_t i = 0; i < classified.size(); ++i) {
    Json image = {{"image", query.names[i]}};
    if (query.labels[i]) image["true_class"] = classified[i].caption;
    for (const auto& one : classified[i].bars)
      image["classes"].push_back({{"name", one.name}, {"probability", one.probability}});
    json.push_back(image);
  }
  std::cout << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

int classify(const ClassifyArguments& arguments) {
  const auto device = open_device(arguments.device);
  const TrainedNet trained = open_trained_net(arguments.run, *device, int(arguments.images.size()));
  const QueryImages query = read_query_images(arguments.images, trained, arguments.data);
  const std::vector<ClassifiedImage> classified = classify_all(trained, query, arguments.views);
  (arguments.json ? print_json : print_text)(query, classified);
  if (arguments.out.empty()) return kOk;
  write_file(arguments.out, classification_svg(classified));
  if (!arguments.json) std::cout << "\nWrote " << arguments.out << '\n';
  return kOk;
}

}  // namespace

void add_classify(CLI::App& tandem, Command& command) {
  CLI::App* parser = tandem.add_subcommand("classify", "Show the five classes that a net finds likeliest for images");
  parser->footer(R"(Examples:
  tandem classify runs/mine cat.jpg dog.png --out classified.svg
  tandem classify runs/mine 0 1 2 3 --data /usr/share/datasets/fashion-mnist     # test images by their numbers

A photograph becomes the square that the net was trained on: its short side is resized, its middle is taken. The class
that an image really has, where that is known, is marked with a star, and by a red bar in the picture.
)");
  const auto arguments = std::make_shared<ClassifyArguments>();
  parser->add_option("run", arguments->run, "A run's folder (its newest checkpoint is taken) or a checkpoint")
      ->required();
  parser->add_option("image", arguments->images, kQueryImagesHelp)->required();
  parser->add_option("--data", arguments->data, "Folder of the data set, to take test images by their numbers");
  add_views_argument(*parser, arguments->views);
  parser->add_option("--out", arguments->out, "Draw images and bars into this file (SVG), which is replaced");
  parser->add_flag("--json", arguments->json, "Print JSON instead of text");
  add_device_arguments(*parser, arguments->device);
  parser->callback([=, &command] { command = [=] { return classify(*arguments); }; });
}

}  // namespace tandem
