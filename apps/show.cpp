#include "apps/show.h"

namespace tandem {

void add_show(CLI::App& tandem, Command& command) {
  CLI::App* show = tandem.add_subcommand("show", "Draw what runs have left behind");
  show->require_subcommand(0, 1);
  add_show_augment(*show, command);
  add_show_curves(*show, command);
  add_show_filters(*show, command);
  add_show_layers(*show, command);
  add_show_neighbours(*show, command);
}

}  // namespace tandem
