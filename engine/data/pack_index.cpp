#include "engine/data/pack_index.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/core/error.h"

namespace tandem {
namespace {

using nlohmann::json;

constexpr const char* kFormat = "tandem-pack-1";

}  // namespace

std::filesystem::path pack_index_file(const std::filesystem::path& folder) { return folder / "pack.json"; }

std::filesystem::path pack_statistics_file(const std::filesystem::path& folder) {
  return folder / "statistics.safetensors";
}

std::filesystem::path shard_file(const std::filesystem::path& folder, Split split, size_t number) {
  std::string digits = std::to_string(number);
  digits.insert(0, 5 - std::min<size_t>(5, digits.size()), '0');
  return folder / (to_string(split) + "-" + digits + ".safetensors");
}

std::string to_json(const PackIndex& index) {
  nlohmann::ordered_json text = {{"format", kFormat},
                                 {"side", index.side},
                                 {"framing", to_string(index.framing)},
                                 {"classes", index.class_names},
                                 {"shards", json::object()},
                                 {"broken", index.broken}};
  for (const auto& [split, counts] : index.shards) text["shards"][to_string(split)] = counts;
  return text.dump(1) + "\n";
}

PackIndex parse_pack_index(std::string_view text, const std::string& where) {
  PackIndex index;
  try {
    const json parsed = json::parse(text);
    if (parsed.at("format") != kFormat)
      throw Error(where, "is of the format " + parsed.at("format").dump() + ", this version reads " + kFormat);
    index.side = parsed.at("side").get<int>();
    for (const Framing framing : {Framing::centre_square, Framing::whole})
      if (parsed.at("framing") == to_string(framing)) index.framing = framing;
    index.class_names = parsed.at("classes").get<std::vector<std::string>>();
    for (const Split split : {Split::train, Split::test})
      if (parsed.at("shards").contains(to_string(split)))
        index.shards[split] = parsed.at("shards").at(to_string(split)).get<std::vector<long>>();
    index.broken = parsed.at("broken").get<std::map<std::string, std::string>>();
  } catch (const json::exception& error) {
    throw Error(where, std::string("is no index of packed photographs: ") + error.what());
  }
  if (index.side < 1 || index.side > kMaximumPhotographSide || index.class_names.empty())
    throw Error(where, "is no index of packed photographs: the side or the classes cannot be");
  return index;
}

}  // namespace tandem
