// A data set of a few dozen images of noise, which tests of `tandem train` make, and runs beside it.
#pragma once
#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "engine/core/random.h"
#include "tests/apps/process.h"
#include "tests/engine/data/test_files.h"
#include "tests/temporary_folder.h"

namespace tandem {

using Json = nlohmann::json;
using test::Bytes;

constexpr int kTrainImages = 40, kTestImages = 25, kBatch = 10, kStepsPerEpoch = kTrainImages / kBatch;
inline const std::map<std::string, int> kSplits = {{"train", kTrainImages}, {"t10k", kTestImages}};

inline Bytes random_bytes(size_t count, uint64_t seed, int below) {
  const Random random(seed, Purpose::augment);
  Bytes bytes(count);
  for (size_t i = 0; i < count; ++i) bytes[i] = uint8_t(random.below(i, below));
  return bytes;
}

inline Bytes labels_below(int classes, int count) {
  Bytes labels(count);
  for (int i = 0; i < count; ++i) labels[i] = uint8_t(i % classes);
  return labels;
}

// An IDX data set of noise, a model's folders and runs beside it.
struct Playground : TemporaryFolder {
  explicit Playground(uint32_t side = 28, int classes = 10) {
    for (const auto& [split, count] : kSplits) {
      write_images(split, test::idx({uint32_t(count), side, side},
                                    random_bytes(size_t(count) * side * side, uint64_t(count), 256)));
      write_labels(split, labels_below(classes, count));
    }
  }
  void write_images(const std::string& split, const Bytes& bytes) const {
    write("data/" + split + "-images-idx3-ubyte", bytes);
  }
  void write_labels(const std::string& split, const Bytes& labels) const {
    write("data/" + split + "-labels-idx1-ubyte", test::idx({uint32_t(labels.size())}, labels));
  }
  std::string data() const { return (path() / "data").string(); }
  fs::path run(const std::string& name = "run") const { return path() / name; }

  // Trains LeNet by default, in batches of kBatch and with one thread (the images are few).
  std::vector<std::string> arguments(const std::string& more, const std::string& name = "run",
                                     const std::string& model = "lenet") const {
    std::vector<std::string> all = {"train",    model, "--data",    data(), "--out", run(name).string(),
                                    "--device", "cpu", "--threads", "1",    "--set", "batch=" + std::to_string(kBatch)};
    std::istringstream words(more);
    for (std::string word; words >> word;) all.push_back(word);
    return all;
  }
  Outcome train(const std::string& more, const std::string& name = "run", const std::string& model = "lenet") const {
    std::string line;
    for (const std::string& word : arguments(more, name, model)) line += "'" + word + "' ";
    return tandem(line);
  }
  fs::path checkpoint(long step, const std::string& name = "run") const {
    return run(name) / ("checkpoint-" + std::to_string(step) + ".safetensors");
  }
  std::vector<Json> log(const std::string& name = "run") const {
    std::vector<Json> lines;
    std::istringstream text(read_whole(run(name) / "log.jsonl"));
    for (std::string line; std::getline(text, line);) lines.push_back(Json::parse(line));
    return lines;
  }
};

inline void check_succeeded(const Outcome& outcome) {
  INFO(outcome.error);
  REQUIRE(outcome.code == 0);
  CHECK(outcome.error.empty());
}

// `train(batch)` has too little memory for all images at once: it should name the largest batch for which it has
// enough.
inline void check_largest_batch(const std::function<Outcome(int batch)>& train) {
  const Outcome refused = train(kTrainImages);
  check_refused(refused, 1, " would fit");
  const std::string option = "--batch ";
  const size_t at = refused.error.rfind(option);
  REQUIRE(at != std::string::npos);
  const int largest = std::stoi(refused.error.substr(at + option.size()));
  REQUIRE(largest < kTrainImages);
  check_succeeded(train(largest));
  check_refused(train(largest + 1), 1, option + std::to_string(largest) + " would fit");
}

}  // namespace tandem
