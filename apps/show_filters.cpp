// tandem show filters: what a net's first layer looks for (the paper's figure 3).
#include <iostream>

#include "apps/filter_picture.h"
#include "apps/show.h"
#include "apps/trained_net.h"
#include "engine/core/error.h"

namespace tandem {
namespace {

struct FilterArguments {
  std::string run, out;
};

int show_filters(const FilterArguments& arguments) {
  const auto device = Device::open("cpu");
  const TrainedNet trained = open_trained_net(arguments.run, *device, /*most_images=*/1);
  const auto picture = filter_picture(*trained.net);
  if (!picture)
    throw UsageError(trained.checkpoint.string(), "has no convolution that reads grey or colour images",
                     "its first layer cannot be shown as pictures");
  write_png(arguments.out, *picture);
  const int groups = columns(trained.net->plan());
  std::cout << "Wrote " << arguments.out
            << (groups > 1 ? ": the filters of " + std::to_string(groups) + " columns, one above the other" : "")
            << '\n';
  return kOk;
}

}  // namespace

void add_show_filters(CLI::App& show, Command& command) {
  CLI::App* parser = show.add_subcommand("filters", "Draw the first convolution's filters, a column above the other");
  parser->footer(R"(Example:
  tandem show filters runs/mine --out conv1.png

Each filter is stretched from its least weight (black) to its greatest (white).
)");
  const auto arguments = std::make_shared<FilterArguments>();
  parser->add_option("run", arguments->run, "A run's folder (its newest checkpoint is taken) or a checkpoint")
      ->required();
  parser->add_option("--out", arguments->out, "The picture's file (PNG), which is replaced")->required();
  parser->callback([=, &command] { command = [=] { return show_filters(*arguments); }; });
}

}  // namespace tandem
