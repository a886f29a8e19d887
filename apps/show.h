// What `tandem show` can draw: each function describes one picture's command, as those in commands.h do, and lives in
// the file of its name.
#pragma once
#include "apps/commands.h"

namespace tandem {

void add_show_augment(CLI::App& show, Command& command);
void add_show_curves(CLI::App& show, Command& command);
void add_show_filters(CLI::App& show, Command& command);
void add_show_layers(CLI::App& show, Command& command);
void add_show_neighbours(CLI::App& show, Command& command);

}  // namespace tandem
