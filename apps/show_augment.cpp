// tandem show augment: what training really sees of a few images, by the same draws and the same kernels.
#include <algorithm>
#include <cmath>
#include <iostream>

#include "apps/model_folder.h"
#include "apps/show.h"
#include "engine/core/error.h"
#include "engine/data/augmenter.h"
#include "engine/data/open.h"
#include "engine/report/image_grid.h"
#include "engine/train/recipe.h"

namespace tandem {
namespace {

struct AugmentArguments {
  std::string data, out = "augment.png";
  ModelArguments model{.model = "alexnet-2012", .overrides = {}};
  DeviceArguments device;
  int images = 8, epochs = 7, first_epoch = 1;
  bool subtracted = false;
};

constexpr int kGap = 4;
constexpr int kSmallest = 96;  // pixels that a picture should be wide, so that small images can be seen

// Images from all over the training set, in the order of a contact sheet: each as in test first, then as training draws
// it in one epoch after another.
Batch draw_sheet(const Dataset& dataset, const Transform& transform, const AugmentArguments& arguments, uint64_t seed) {
  const int images = int(std::min<long>(arguments.images, dataset.size()));
  const long elements = dataset.format().elements();
  Batch sheet;
  sheet.count = images * (1 + arguments.epochs);
  sheet.images.resize(size_t(sheet.count) * elements);
  uint8_t* to = sheet.images.data();
  for (int i = 0; i < images; ++i) {
    const long index = i * dataset.size() / images;
    int32_t label = 0;
    const uint8_t* stored = to;
    dataset.read(index, to, &label);
    for (int column = 0; column <= arguments.epochs; ++column, to += elements) {
      if (column > 0) std::copy_n(stored, elements, to);
      const long epoch = arguments.first_epoch + column - 2;  // counted from 0
      sheet.draws.push_back(column == 0 ? transform.view(transform.centre()) : transform.draw(seed, epoch, index));
    }
  }
  return sheet;
}

// The network's input as a picture: `offset`, grey levels [height][width][channels], added to it again.
Image picture(const float* input, const ImageFormat& format, float scale, const std::vector<float>& offset) {
  Image image(format.height, format.width);
  for (long pixel = 0; pixel < format.pixels(); ++pixel) {
    for (int c = 0; c < 3; ++c) {
      const size_t k = size_t(pixel) * format.channels + std::min(c, format.channels - 1);
      const float level = input[k] / scale + offset[k];
      image.rgb[size_t(pixel) * 3 + c] = uint8_t(std::lround(std::clamp(level, 0.0f, 255.0f)));
    }
  }
  return image;
}

std::vector<float> mean_window(const Transform& transform, const CropWindow& window) {
  const ImageFormat whole = transform.resized(), part = transform.output();
  std::vector<float> values;
  for (int h = 0; h < part.height; ++h) {
    for (int w = 0; w < part.width; ++w) {
      const int column = window.left + (window.flip ? part.width - 1 - w : w);
      const auto from = transform.mean().begin() + (long(window.top + h) * whole.width + column) * whole.channels;
      values.insert(values.end(), from, from + whole.channels);
    }
  }
  return values;
}

int show_augment(const AugmentArguments& arguments) {
  const Recipe recipe = parse_recipe(load_model(arguments.model.model, arguments.model.overrides).recipe);
  const auto dataset = open_dataset(arguments.data, Split::train);
  const ImageFormat stored = dataset->format();
  if (stored.channels != 1 && stored.channels != 3)
    throw UsageError(dataset->name(), "has " + to_string(stored) + " images, which cannot be shown as pictures");
  // What cannot be is complained about before the training set is read.
  const Transform trial(stored, recipe.input, recipe.augment, Normaliser(Subtract::none, stored, {}), ColourPca{});
  const TrainingStatistics statistics = measure_training_set(recipe.input, recipe.augment, *dataset);
  const Transform transform(stored, recipe.input, recipe.augment, statistics.normaliser, statistics.colours);

  const Batch sheet = draw_sheet(*dataset, transform, arguments, recipe.seed);
  const auto device = open_device(arguments.device);
  Augmenter augmenter(transform, *device, sheet.count);
  augmenter.load(sheet);
  const size_t elements = size_t(transform.output().elements());
  const Array<float> input(*device, elements * sheet.count);
  augmenter.write(input.data());
  const std::vector<float> values = input.download();

  const std::vector<float> middle_grey(elements, 128);
  std::vector<Image> pictures;
  for (int i = 0; i < sheet.count; ++i) {
    const std::vector<float> offset =
        arguments.subtracted ? middle_grey : mean_window(transform, sheet.draws[i].mean_window);
    const Image image = picture(values.data() + i * elements, transform.output(), float(recipe.input.scale), offset);
    pictures.push_back(enlarge(image, (kSmallest + image.width - 1) / image.width));
  }
  write_png(arguments.out, image_grid(pictures, 1 + arguments.epochs, kGap));
  std::cout << "Wrote " << arguments.out << ": " << sheet.count / (1 + arguments.epochs)
            << " training images, a row each; first as in test, then as training sees them in epochs "
            << arguments.first_epoch << " to " << arguments.first_epoch + arguments.epochs - 1 << '\n';
  return kOk;
}

}  // namespace

void add_show_augment(CLI::App& show, Command& command) {
  CLI::App* parser = show.add_subcommand("augment", "Draw what training sees of a data set, epoch after epoch");
  parser->footer(R"(Examples:
  tandem show augment DIR
  tandem show augment /usr/share/datasets/fashion-mnist --model alexnet-mini --set augment.flip=true
  tandem show augment DIR --set augment.colour.rule=paper --set augment.colour.deviation=0.5 --out strong.png

A row an image. The pictures are the network's input, made by the same kernels and the same random draws as in
`tandem train` with this model and seed, with the mean added again so that eyes know them.
)");
  const auto arguments = std::make_shared<AugmentArguments>();
  parser->add_option("data", arguments->data, "Folder of the data set")->required();
  parser->add_option("--model", arguments->model.model, "Whose recipe: a model's name or its folder")
      ->capture_default_str();
  add_override_argument(*parser, arguments->model);
  parser->add_option("--images", arguments->images, "How many images")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  parser->add_option("--epochs", arguments->epochs, "How many epochs")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  parser->add_option("--first-epoch", arguments->first_epoch, "The first of them, counted from 1")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  parser->add_flag("--subtracted", arguments->subtracted, "Leave the mean subtracted: the network's 0 is middle grey");
  parser->add_option("--out", arguments->out, "The picture's file, which is replaced")->capture_default_str();
  add_device_arguments(*parser, arguments->device);
  parser->callback([=, &command] { command = [=] { return show_augment(*arguments); }; });
}

}  // namespace tandem
