// tandem show neighbours: the training images that a net finds most like given ones (the paper's figure 4, right).
#include <iostream>

#include "apps/query_images.h"
#include "apps/show.h"
#include "apps/trained_net.h"
#include "engine/data/open.h"
#include "engine/data/picture.h"
#include "engine/files/atomic_file.h"
#include "engine/report/neighbour_svg.h"
#include "engine/report/numbers.h"
#include "engine/report/progress.h"
#include "engine/report/table.h"
#include "engine/train/neighbours.h"
#include "engine/train/net_input.h"

namespace tandem {
namespace {

struct NeighbourArguments {
  std::string run, data, out;
  std::vector<std::string> images;
  int count = 6;  // as in the paper
  long limit = 0;
  DeviceArguments device;
};

// Calls use(number, activations) for each image, with those of the last hidden layer for its centre.
template <class Use>
void for_hidden_activations(const TrainedNet& trained, const Dataset& data, const Use& use) {
  const int layer = last_hidden_layer(trained.net->plan());
  const size_t length = size_t(trained.net->plan().layers[size_t(layer)].output.elements());
  std::vector<float> activations;
  trained.net->watch([&](int watched) {  // later layers may take its memory
    if (watched == layer) activations = trained.net->activation(layer);
  });
  BatchReader reader(data, *trained.transform, trained.net->options().batch, /*seed=*/0, /*start=*/0, ReadMode::test);
  for (long number = 0; number < data.size();) {
    const Batch& batch = reader.next();
    set_input(*trained.net, *trained.augmenter, batch);
    trained.net->forward(/*training=*/false, /*seed=*/0, /*step=*/0);
    for (size_t i = 0; i < size_t(batch.count); ++i, ++number)
      use(number, std::span<const float>(activations).subspan(i * length, length));
  }
  trained.net->watch({});
}

NearestNeighbours search(const TrainedNet& trained, const QueryImages& query, const Dataset& training, int count) {
  std::vector<float> queries;
  for_hidden_activations(trained, query.data, [&](long, std::span<const float> activations) {
    queries.insert(queries.end(), activations.begin(), activations.end());
  });
  const size_t length = queries.size() / query.names.size();
  NearestNeighbours neighbours(std::move(queries), length, size_t(count));
  ProgressLine line(stderr);
  for_hidden_activations(trained, training, [&](long number, std::span<const float> activations) {
    neighbours.add(number, activations);
    line.update({.images = number + 1, .all_images = training.size()});
  });
  return neighbours;
}

std::vector<NeighbourRow> rows(const TrainedNet& trained, const QueryImages& query, const Dataset& training,
                               const NearestNeighbours& neighbours) {
  std::vector<NeighbourRow> rows;
  std::vector<uint8_t> pixels(size_t(training.format().elements()));
  int32_t label = 0;
  for (size_t i = 0; i < query.names.size(); ++i) {
    const auto truth = query.labels[i];
    NeighbourRow row{query.picture(i), truth ? trained.class_name(*truth) : query.names[i], {}};
    for (const Neighbour& neighbour : neighbours.of(i)) {
      training.read(neighbour.index, pixels.data(), &label);
      row.neighbours.push_back({.image = picture(pixels.data(), training.format()),
                                .name = trained.class_name(label),
                                .distance = neighbour.distance,
                                .is_same = truth ? std::optional(*truth == label) : std::nullopt});
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

void print_table(const QueryImages& query, const std::vector<NeighbourRow>& rows, const NearestNeighbours& neighbours) {
  TextTable table({"image", "class", "training image", "its class", "distance"});
  for (size_t i = 0; i < rows.size(); ++i) {
    if (i > 0) table.add_rule();
    for (size_t n = 0; n < rows[i].neighbours.size(); ++n)
      table.add_row({n == 0 ? query.names[i] : "", n == 0 && query.labels[i] ? rows[i].caption : "",
                     std::to_string(neighbours.of(i)[n].index), rows[i].neighbours[n].name,
                     fixed(rows[i].neighbours[n].distance, 4)});
  }
  std::cout << table.text();
}

int show_neighbours(const NeighbourArguments& arguments) {
  const auto device = open_device(arguments.device);
  const TrainedNet trained = open_trained_net(arguments.run, *device);
  auto training = open_dataset(arguments.data, Split::train);
  if (arguments.limit > 0) training = subset(std::move(training), arguments.limit);
  check_trained_for(trained, *training);
  const QueryImages query = read_query_images(arguments.images, trained, arguments.data);
  const NearestNeighbours neighbours = search(trained, query, *training, arguments.count);
  const std::vector<NeighbourRow> found = rows(trained, query, *training, neighbours);
  print_table(query, found, neighbours);
  write_file(arguments.out, neighbour_svg(found));
  std::cout << "Wrote " << arguments.out << '\n';
  return kOk;
}

}  // namespace

void add_show_neighbours(CLI::App& show, Command& command) {
  CLI::App* parser =
      show.add_subcommand("neighbours", "Find the training images that a net finds most like given ones");
  parser->footer(R"(Examples:
  tandem show neighbours runs/mine 0 1 2 --data /usr/share/datasets/fashion-mnist --out neighbours.svg
  tandem show neighbours runs/mine elephant.jpg --data DIR --out neighbours.svg

Two images are alike when the last hidden layer answers alike: when the Euclidean distance of its activations is small.
)");
  const auto arguments = std::make_shared<NeighbourArguments>();
  parser->add_option("run", arguments->run, "A run's folder (its newest checkpoint is taken) or a checkpoint")
      ->required();
  parser->add_option("image", arguments->images, kQueryImagesHelp)->required();
  parser->add_option("--data", arguments->data, "Folder of the data set, whose training images are searched")
      ->required();
  parser->add_option("--out", arguments->out, "The picture's file (SVG), which is replaced")->required();
  parser->add_option("--count", arguments->count, "How many neighbours of each image")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  parser->add_option("--limit", arguments->limit, "Search the first so many training images only; 0: all")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  add_device_arguments(*parser, arguments->device);
  parser->callback([=, &command] { command = [=] { return show_neighbours(*arguments); }; });
}

}  // namespace tandem
