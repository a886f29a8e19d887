// recipe.toml, the rates it gives, and what it does with an image.
#include "engine/train/recipe.h"

#include "engine/data/transform.h"
#include "engine/train/sgd.h"
#include "tests/fuzz/target.h"

void tandem::fuzz::read(Bytes input) {
  const Recipe recipe = parse_recipe(Options::parse(std::string(text(input)), "recipe.toml"));
  PlateauState plateau;
  for (const double epoch : {0.0, 0.5, 7.0, 1e6}) {
    rates_at(recipe, epoch, plateau);
    recipe.rate.update(plateau, 50);
  }
  constexpr ImageFormat kFormat{32, 32, 3};
  const Normaliser mean(recipe.input.subtract, kFormat,
                        std::vector<float>(recipe.input.subtract == Subtract::none   ? 0
                                           : recipe.input.subtract == Subtract::mean ? 3
                                                                                     : kFormat.elements()));
  Transform(kFormat, recipe.input, recipe.augment, mean, ColourPca{});
}
