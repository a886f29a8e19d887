// tandem pack: folders of photographs to shards that training reads without decoding.
#include "engine/data/pack.h"

#include <cstdio>
#include <iostream>
#include <numeric>
#include <optional>

#include "apps/commands.h"
#include "engine/report/numbers.h"
#include "engine/report/progress.h"

namespace tandem {
namespace {

struct PackArguments {
  std::string source, target, broken = "fail";
  bool resize_only = false;
  PackOptions options;
};

void print(const PackIndex& index, const std::string& target) {
  for (const auto& [split, counts] : index.shards)
    std::cout << to_string(split) << ": " << grouped(std::accumulate(counts.begin(), counts.end(), 0L))
              << " photographs in " << counts.size() << (counts.size() == 1 ? " shard\n" : " shards\n");
  std::cout << index.class_names.size() << " classes, short side " << index.side
            << (index.framing == Framing::whole ? ", aspect kept" : ", square") << '\n';
  if (!index.broken.empty())
    std::cout << index.broken.size() << " broken photographs left out; " << target << "/pack.json names them\n";
  const std::string classes = std::to_string(index.class_names.size());
  std::cout << "Next you could try:\n  tandem check data " << target << "\n  tandem train alexnet-2012 --data "
            << target << " --set net.classes=" << classes << " --set fc8.outputs=" << classes << '\n';
}

void show(ProgressLine& line, long done, long all) {
  TrainingProgress progress;
  progress.images = done;
  progress.all_images = all;
  line.update(progress);
}

int pack(PackArguments arguments) {
  arguments.options.framing = arguments.resize_only ? Framing::whole : Framing::centre_square;
  arguments.options.skip_broken = arguments.broken == "skip";
  ProgressLine packing(stderr);
  std::optional<ProgressLine> measuring;  // its time begins when packing has ended
  const PackObserver observer{
      .packed = [&](long done, long all) { show(packing, done, all); },
      .measured =
          [&](long done, long all) {
            packing.clear();
            if (!measuring) measuring.emplace(stderr);
            show(*measuring, done, all);
          },
      .left_out =
          [&](const std::string& photograph, const std::string& reason) {
            packing.clear();
            std::cerr << "left out " << photograph << ": " << reason << '\n';
          },
  };
  const PackIndex index = pack(arguments.source, arguments.target, arguments.options, observer);
  packing.clear();
  measuring.reset();
  print(index, arguments.target);
  return kOk;
}

}  // namespace

void add_pack(CLI::App& tandem, Command& command) {
  CLI::App* parser = tandem.add_subcommand("pack", "Pack folders of photographs for training");
  parser->footer(R"(Examples:
  tandem pack imagenet packed                    # imagenet/train/CLASS/*.JPEG and imagenet/val/CLASS/*.JPEG
  tandem pack photos packed --side 128 --broken skip

JPEG, PNG, BMP and GIF; classes are the folders of DIR/train by name. Training reads DIR itself, too, but decodes every
photograph again in every epoch, and measures the training set before it begins. Packing that was stopped goes on when
the command is repeated.
)");
  const auto arguments = std::make_shared<PackArguments>();
  PackOptions& options = arguments->options;
  parser->add_option("dir", arguments->source, "Folder with train/CLASS/ and val/CLASS/ (or test/CLASS/)")->required();
  parser->add_option("out", arguments->target, "Folder for the shards, pack.json and statistics.safetensors")
      ->required();
  parser->add_option("--side", options.side, "Length of the short side, in pixels")
      ->check(CLI::Range(1, kMaximumPhotographSide))
      ->capture_default_str();
  parser->add_flag("--resize-only", arguments->resize_only,
                   "Keep the aspect instead of cutting out the middle square (training still reads the squares)");
  parser->add_option("--broken", arguments->broken, "A photograph that cannot be read: fail, or skip and name it")
      ->check(CLI::IsMember({"fail", "skip"}))
      ->capture_default_str();
  parser->add_option("--shard", options.shard_photographs, "Photographs in a shard")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  parser->add_option("--threads", options.threads, "CPU threads; 0: one for each processor")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  parser->callback([=, &command] { command = [=] { return pack(*arguments); }; });
}

}  // namespace tandem
