// tandem train and tandem eval as a user meets them, on data sets of a few dozen images that the tests make.
#include <catch2/catch.hpp>
#include <chrono>
#include <set>
#include <thread>

#include "engine/device/device.h"
#include "tests/apps/playground.h"
#include "tests/engine/file_size_limit.h"

namespace tandem {
namespace {

using Catch::Contains;

// A failure after training has begun: what was printed before does not matter.
void check_failed(const Outcome& outcome, int code, const std::string& culprit) {
  check_refused({outcome.code, "", outcome.error}, code, culprit);
}

// Waits until the run has logged so many lines.
void await_log(const fs::path& run, long lines) {
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = read_whole(run / "log.jsonl");
    if (std::count(text.begin(), text.end(), '\n') >= lines) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  FAIL("the run did not get under way");
}

std::string two_decimals(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}

TEST_CASE("a batch that --memory does not allow is refused with the largest that it does", "[train]") {
  const Playground here;
  check_largest_batch([&](int batch) {
    const std::string number = std::to_string(batch);
    return here.train("--steps 1 --memory 32 --batch " + number, "batch-" + number, "alexnet-mini");
  });
}

TEST_CASE("a run leaves what it promises, and eval agrees with it", "[train]") {
  const Playground here;
  const Outcome outcome = here.train("--epochs 2");
  check_succeeded(outcome);
  CHECK_THAT(outcome.out, Contains("Training lenet") && Contains("epoch 2/2") && Contains("Next you could try"));

  long step = 0, epoch = 0;
  Json last_test;
  for (const Json& line : here.log()) {
    INFO(line.dump());
    if (line.contains("test_error")) {
      CHECK(line.at("epoch") == ++epoch);
      CHECK(line.at("step") == epoch * kStepsPerEpoch);
      CHECK(line.at("test_error").get<double>() >= 0);
      CHECK(line.at("test_error").get<double>() <= 100);
      CHECK(line.at("test_loss").get<double>() > 0);
      last_test = line;
      continue;
    }
    CHECK(line.at("step") == ++step);
    CHECK(line.at("epoch").get<double>() == Approx(double(step) / kStepsPerEpoch));
    CHECK(line.at("loss").get<double>() > 0);
    CHECK(line.at("rate") == 0.9);
    CHECK(line.at("images_per_s").get<double>() > 0);
  }
  CHECK(step == 2 * kStepsPerEpoch);
  CHECK(epoch == 2);

  CHECK(fs::exists(here.checkpoint(4)));
  CHECK(fs::exists(here.checkpoint(8)));
  for (const std::string picture : {"conv1.png", "predictions.png"})
    CHECK(read_whole(here.run() / picture).starts_with("\x89PNG\r\n\x1a\n"));
  CHECK_THAT(read_whole(here.run() / "curve.svg"), Contains("<svg") && Contains("</svg>"));
  const Json result = Json::parse(read_whole(here.run() / "result.json"));
  for (const std::string key : {"step", "test_error", "test_loss"}) CHECK(result.at(key) == last_test.at(key));

  const std::string arguments = "' --device cpu --threads 1 --data '" + here.data() + "'";
  const Outcome of_run = tandem("eval '" + here.run().string() + arguments);
  const Outcome of_checkpoint = tandem("eval '" + here.checkpoint(8).string() + arguments);
  check_succeeded(of_run);
  CHECK(of_run.out == of_checkpoint.out);
  CHECK_THAT(of_run.out, Contains("lenet after 8 steps, 25 images of the test set") &&
                             Contains(": error " + two_decimals(last_test.at("test_error").get<double>()) + " %"));
  CHECK_THAT(tandem("eval '" + here.run().string() + arguments + " --split train").out,
             Contains("40 images of the train set"));
  CHECK_THAT(tandem("eval '" + here.checkpoint(4).string() + arguments).out, Contains("after 4 steps"));
}

TEST_CASE("the newest two checkpoints are kept, or as many as asked, and the best", "[train]") {
  const Playground here;
  const auto kept = [&](const std::string& name) {
    std::set<long> steps;
    for (long step = 1; step <= 24; ++step)
      if (fs::exists(here.checkpoint(step, name))) steps.insert(step);
    return steps;
  };
  const auto expected = [&](const std::string& name, std::set<long> newest) {
    const Json result = Json::parse(read_whole(here.run(name) / "result.json"));
    double least = 101;
    long best = 0;
    for (const Json& line : here.log(name))
      if (line.contains("test_error") && line["test_error"].get<double>() < least) {
        least = line["test_error"];
        best = line["step"];
      }
    CHECK(result.at("best_step") == best);
    CHECK(result.at("best_test_error") == least);
    newest.insert(best);
    return newest;
  };
  const Outcome outcome = here.train("--epochs 6 --checkpoint-every 3");
  check_succeeded(outcome);
  CHECK(kept("run") == expected("run", {21, 24}));
  const long best = Json::parse(read_whole(here.run() / "result.json"))["best_step"];
  if (best != 24) CHECK_THAT(outcome.out, Contains("checkpoint-" + std::to_string(best) + ".safetensors, after which"));
  check_succeeded(here.train("--epochs 6 --checkpoint-every 3 --keep 4", "more"));
  CHECK(kept("more") == expected("more", {18, 20, 21, 24}));
}

TEST_CASE("--init begins with the layers of another run that fit", "[train]") {
  const Playground here;
  check_succeeded(here.train("--epochs 1", "first"));
  const std::string init = "--init " + here.run("first").string();
  const Outcome outcome = here.train("--steps 1 --set fc4.outputs=90 " + init);
  check_succeeded(outcome);
  CHECK_THAT(outcome.out, Contains("checkpoint-4.safetensors: conv1, conv2 and fc3\n") &&
                              Contains("Initialised anew: fc4 (fc4.weights is 84x120 there, 90x120 here)\n") &&
                              Contains("Initialised anew: fc5 (fc5.weights is 10x84 there, 10x90 here)\n"));
  // The same net and rate 0: the first run's error, without a step that changes it.
  check_succeeded(here.train("--steps 4 --rate 0 " + init, "same"));
  CHECK(here.log("same").back()["test_loss"] == here.log("first").back()["test_loss"]);

  check_refused(here.train("--init " + here.data(), "none"), 2, "has no checkpoint");
  check_refused(here.train("--init " + here.data() + "/train-images-idx3-ubyte", "none"), 1, "train-images");
  check_refused(here.train(init, "none", "alexnet-mini"), 2, "has no layer that fits");
  CHECK_FALSE(fs::exists(here.run("none")));
}

TEST_CASE("a geometric schedule's run cannot change its length", "[train]") {
  const Playground here;
  const std::string geometric = "--set rate.schedule=geometric --set rate.pieces=2 --set rate.overall=10 ";
  check_succeeded(here.train(geometric + "--epochs 2 --steps 4"));
  check_refused(here.train("--steps 8 --epochs 3 --resume"), 2, "spreads its geometric schedule over 2 epochs");
  check_succeeded(here.train("--steps 8 --resume"));
  check_succeeded(here.train(geometric + "--epochs 2 --steps 8", "at-once"));
  CHECK((read_whole(here.checkpoint(8)) == read_whole(here.checkpoint(8, "at-once"))));
}

TEST_CASE("a finished run is only made longer, and ends as if it had been so long at once", "[train]") {
  const Playground here;
  check_succeeded(here.train("--epochs 1"));
  const std::string result = read_whole(here.run() / "result.json");
  check_refused(here.train("--epochs 1"), 2, "finished");
  check_refused(here.train("--epochs 1 --resume"), 2, "has done 4 steps, and 4 are asked for");
  check_refused(here.train("--resume"), 2, "has done 4 steps, and 4 are asked for");
  check_refused(here.train("--steps 2 --resume"), 2, "has done 4 steps, and 2 are asked for");
  CHECK(read_whole(here.run() / "result.json") == result);

  check_succeeded(here.train("--epochs 3 --resume"));
  check_succeeded(here.train("--epochs 3", "at-once"));
  CHECK((read_whole(here.checkpoint(12)) == read_whole(here.checkpoint(12, "at-once"))));
  CHECK(here.log().size() == 12 + 3);
  CHECK(Json::parse(read_whole(here.run() / "result.json")).at("step") == 12);
}

TEST_CASE("a run is resumed with its own settings", "[train]") {
  const Playground here;
  check_succeeded(here.train("--epochs 1 --rate 0.5 --set conv1.outputs=8"));
  check_refused(here.train("--epochs 2 --resume --rate 0.9"), 2, "other settings");
  check_refused(here.train("--epochs 2 --resume --set act1.type=relu"), 2, "other settings");
  check_succeeded(here.train("--epochs 2 --resume"));
  CHECK(here.log().back().at("step") == 8);
  CHECK(here.log().at(6).at("rate") == 0.5);
}

TEST_CASE("a run keeps its precision", "[train]") {
  const Playground here;
  check_succeeded(here.train("--epochs 1 --precision bf16"));
  CHECK_THAT(read_whole(here.run() / "recipe.toml"), Contains("precision = 'bf16'"));
  check_refused(here.train("--epochs 2 --resume --precision float32"), 2, "other settings");
  check_succeeded(here.train("--epochs 2 --resume"));
  check_succeeded(here.train("--epochs 2 --precision bf16", "at-once"));
  CHECK((read_whole(here.checkpoint(8)) == read_whole(here.checkpoint(8, "at-once"))));

  check_succeeded(here.train("--epochs 1", "float32"));
  check_refused(here.train("--epochs 2 --resume --precision bf16", "float32"), 2, "other settings");
  check_succeeded(here.train("--epochs 2 --resume --precision float32", "float32"));

  const auto evaluate = [&](const std::string& more) {
    return tandem("eval '" + here.run().string() + "' --device cpu --threads 1 --data '" + here.data() + "'" + more);
  };
  const double loss = here.log().back().at("test_loss");
  CHECK(Json::parse(evaluate(" --json").out).at("loss") == loss);
  CHECK(Json::parse(evaluate(" --json --precision bf16").out).at("loss") == loss);
  const double in_float32 = Json::parse(evaluate(" --json --precision float32").out).at("loss");
  CHECK(in_float32 == Approx(loss).epsilon(0.02));
  CHECK(in_float32 != loss);
  check_refused(evaluate(" --precision fp8"), 2, "fp8");
  check_refused(here.train("--precision fp8", "none"), 2, "fp8");
}

TEST_CASE("colour noise goes on in a resumed run as in one without a break", "[train]") {
  const Playground here;
  fs::create_directory(here.path() / "cifar");
  for (const std::string file :
       {"data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"}) {
    Bytes records;
    for (int image = 0; image < 8; ++image) {
      const Bytes pixels = random_bytes(3072, uint64_t(file[file.size() - 1] * 8 + image), 256);
      records.push_back(uint8_t(image));
      records.insert(records.end(), pixels.begin(), pixels.end());
    }
    here.write("cifar/" + file + ".bin", records);
  }
  const std::string data = "' --data '" + (here.path() / "cifar").string() + "' --device cpu --threads 2";
  const auto train = [&](const std::string& run, const std::string& more) {
    return tandem("train cifar-80sec --out '" + here.run(run).string() + data +
                  " --set batch=8 --set augment.flip=true --set augment.colour.rule=" + more);
  };
  const auto losses = [&](const std::string& run) {
    std::map<long, double> all;
    for (const Json& line : here.log(run))
      if (line.contains("loss")) all[line.at("step").get<long>()] = line.at("loss").get<double>();
    return all;
  };
  check_succeeded(train("whole", "cuda-convnet --steps 8"));
  check_succeeded(train("broken", "cuda-convnet --steps 3"));
  check_succeeded(train("broken", "cuda-convnet --steps 8 --resume"));
  check_succeeded(train("plain", "none --steps 8"));
  CHECK(losses("whole").size() == 8);
  CHECK(losses("broken") == losses("whole"));
  CHECK(losses("plain") != losses("whole"));
  check_succeeded(tandem("eval '" + here.run("broken").string() + data));

  check_refused(here.train("--epochs 1 --set augment.colour.rule=paper", "grey"), 2, "three channels");
}

TEST_CASE("--resume needs a folder", "[train]") {
  const Playground here;
  check_refused(tandem("train lenet --resume --data '" + here.data() + "'"), 2, "--out");
}

TEST_CASE("a run that was killed before its first checkpoint starts afresh", "[train]") {
  const Playground here;
  RunningTandem process(here.arguments("--epochs 1000000"));
  await_log(here.run(), 2);
  process.signal(SIGKILL);
  REQUIRE(process.wait() == -SIGKILL);
  for (const fs::directory_entry& entry : fs::directory_iterator(here.run()))
    if (entry.path().extension() == ".safetensors") fs::remove(entry.path());
  SECTION("as a new run") { check_succeeded(here.train("--steps 3")); }
  SECTION("or as a resumed one") { check_succeeded(here.train("--steps 3 --resume")); }
  CHECK(here.log().size() == 3 + 1);
  CHECK(fs::exists(here.checkpoint(3)));
}

TEST_CASE("a run that was killed goes on from its checkpoint", "[train]") {
  const Playground here;
  check_succeeded(here.train("--epochs 20", "whole"));
  RunningTandem process(here.arguments("--epochs 20 --checkpoint-every 3"));
  await_log(here.run(), 20);
  process.signal(SIGKILL);
  process.wait();
  check_refused(here.train("--epochs 20"), 2, "--resume");
  check_succeeded(here.train("--epochs 20 --resume"));
  CHECK((read_whole(here.checkpoint(80)) == read_whole(here.checkpoint(80, "whole"))));
  CHECK(here.log().size() == 80 + 20);
}

TEST_CASE("a run that was killed before its result gets it", "[train]") {
  const Playground here;
  check_succeeded(here.train("--epochs 1"));
  Json before = Json::parse(read_whole(here.run() / "result.json"));
  fs::remove(here.run() / "result.json");
  check_succeeded(here.train("--epochs 1 --resume"));
  Json after = Json::parse(read_whole(here.run() / "result.json"));
  before.erase("seconds");
  after.erase("seconds");
  CHECK(after == before);
}

TEST_CASE("Ctrl-C saves, and the resumed run ends with the same checkpoint", "[train]") {
  const Playground here;
  const std::string length = "--epochs 50";  // 200 steps
  check_succeeded(here.train(length, "whole"));
  for (const long lines : {7, 40}) {
    RunningTandem process(here.arguments(length + (lines > 7 ? " --resume" : "")));
    await_log(here.run(), lines);
    process.signal(SIGINT);
    REQUIRE(process.wait() == 130);
    CHECK_FALSE(fs::exists(here.run() / "result.json"));
  }
  check_succeeded(here.train("--resume"));  // how long it shall be is known
  CHECK((read_whole(here.checkpoint(200)) == read_whole(here.checkpoint(200, "whole"))));
  CHECK(here.log().size() == 200 + 50);
  CHECK(fs::exists(here.run() / "result.json"));
}

TEST_CASE("a run made longer and stopped is not finished, and stays longer", "[train]") {
  const Playground here;
  check_succeeded(here.train("--epochs 1"));
  RunningTandem process(here.arguments("--epochs 1000 --resume"));
  await_log(here.run(), 10);
  process.signal(SIGTERM);
  REQUIRE(process.wait() == 130);
  CHECK_FALSE(fs::exists(here.run() / "result.json"));
  CHECK_THAT(read_whole(here.run() / "recipe.toml"), Contains("epochs = 1000"));
}

TEST_CASE("a data set that is missing or broken is named", "[train]") {
  const Playground here;
  const fs::path images = fs::path(here.data()) / "train-images-idx3-ubyte";
  SECTION("no folder") {
    fs::remove_all(here.data());
    check_refused(here.train(""), 1, here.data());
  }
  SECTION("an empty folder") {
    fs::remove_all(here.data());
    fs::create_directory(here.data());
    check_refused(here.train(""), 1, "holds no data set");
  }
  SECTION("a missing file") {
    fs::remove(fs::path(here.data()) / "t10k-labels-idx1-ubyte");
    check_refused(here.train(""), 1, "t10k-labels-idx1-ubyte");
  }
  SECTION("a truncated IDX file") {
    fs::resize_file(images, fs::file_size(images) - 1);
    check_refused(here.train(""), 1, "train-images-idx3-ubyte");
  }
  SECTION("a damaged gzip file") {
    const Bytes whole = test::gzip(random_bytes(10'000, 1, 256));
    Bytes damaged = whole;
    damaged[damaged.size() / 2] ^= 1;
    fs::remove(images);
    here.write("data/train-images-idx3-ubyte.gz", damaged);
    check_refused(here.train(""), 1, "train-images-idx3-ubyte.gz");
  }
  SECTION("a label that cannot be") {
    Bytes labels = labels_below(10, kTrainImages);
    labels[7] = 255;
    here.write_labels("train", labels);
    check_refused(here.train(""), 1, "label 255");
  }
  SECTION("more classes than the net has") {
    here.write_labels("train", labels_below(12, kTrainImages));
    check_refused(here.train(""), 2, "12 classes, but lenet has 10");
  }
  SECTION("fewer images than a batch") { check_refused(here.train("--batch 41"), 2, "only 40 images"); }
  SECTION("more images wanted than there are") { check_refused(here.train("--set limit=41"), 2, "41"); }
  CHECK_FALSE(fs::exists(here.run()));
}

TEST_CASE("images of another size than the net's are refused", "[train]") {
  const Playground here(20);
  check_refused(here.train(""), 2, "20x20x1 images, but lenet takes 28x28x1");
}

TEST_CASE("a broken CIFAR-10 is named", "[train]") {
  const Playground here;
  fs::remove_all(here.data());
  const Bytes record = test::cifar_record(3);
  for (const std::string file : {"data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5"})
    here.write("data/" + file + ".bin", record);
  SECTION("truncated") {
    here.write("data/test_batch.bin", Bytes(record.begin(), record.end() - 1));
    check_refused(here.train("", "run", "cifar-80sec"), 1, "test_batch.bin");
  }
  SECTION("with a label that cannot be") {
    here.write("data/test_batch.bin", test::cifar_record(10));
    check_refused(here.train("", "run", "cifar-80sec"), 1, "label 10");
  }
}

TEST_CASE("an --out that cannot be is refused", "[train]") {
  const Playground here;
  here.write("file", {1});
  check_refused(here.train("", "file"), 2, "is a file");
  here.write("mine/thesis.tex", {1});
  check_refused(here.train("", "mine"), 2, "not a run");
  check_failed(here.train("", "file/run"), 1, "file/run");
}

TEST_CASE("settings that cannot be are refused", "[train]") {
  const Playground here;
  check_refused(here.train("--rate fast"), 2, "rate");
  check_refused(here.train("--epochs 0"), 2, "epochs");
  check_refused(here.train("--seed -1"), 2, "seed");
  check_refused(here.train("--checkpoint-every -1"), 2, "--checkpoint-every");
  const auto on_device = [&](const std::string& device) {
    return tandem("train lenet --data '" + here.data() + "' --out '" + here.run().string() + "' --device " + device);
  };
  check_refused(on_device("gpu"), 2, "gpu");
  if (cuda_device_count() == 0) check_refused(on_device("cuda:0"), 2, "cuda:0");
  CHECK_FALSE(fs::exists(here.run()));
}

TEST_CASE("only a checkpoint of this program is evaluated or resumed", "[train]") {
  const Playground here, other(20);
  check_succeeded(here.train("--epochs 1"));
  const auto eval = [&](const fs::path& what, const Playground& playground) {
    return tandem("eval '" + what.string() + "' --device cpu --data '" + playground.data() + "'");
  };
  check_refused(eval(here.path() / "nowhere", here), 2, "nowhere");
  check_refused(eval(here.data(), here), 2, "has no checkpoint-*.safetensors");
  check_refused(eval(fs::path(here.data()) / "train-images-idx3-ubyte", here), 1, "train-images-idx3-ubyte");
  check_refused(eval(here.run(), other), 2, "20x20x1 images");
  const fs::path checkpoint = here.checkpoint(4);

  // Another net's checkpoint in this run's place.
  check_succeeded(here.train("--epochs 1 --set conv1.outputs=8", "wider"));
  const std::string whole = read_whole(checkpoint);
  write_plainly(checkpoint, read_whole(here.checkpoint(4, "wider")));
  check_refused(here.train("--epochs 2 --resume"), 2, "other settings");

  write_plainly(checkpoint, whole.substr(0, whole.size() / 2));
  check_refused(eval(here.run(), here), 1, "checkpoint-4.safetensors");
  check_refused(here.train("--epochs 2 --resume"), 1, "checkpoint-4.safetensors");
}

TEST_CASE("a full disk ends a run with one sentence, and the checkpoint stays", "[train]") {
  const Playground here;
  check_succeeded(here.train("--epochs 1"));
  const std::string before = read_whole(here.checkpoint(4));
  {
    const FileSizeLimit limit(200'000);  // a checkpoint has half a million bytes
    check_failed(here.train("--epochs 2 --resume"), 1, "File too large");
  }
  CHECK((read_whole(here.checkpoint(4)) == before));
  CHECK_FALSE(fs::exists(here.checkpoint(8)));
  for (const fs::directory_entry& entry : fs::directory_iterator(here.run()))
    CHECK_THAT(entry.path().filename().string(), !Contains("tmp"));
  check_succeeded(here.train("--epochs 2 --resume"));
  CHECK(here.log().size() == 8 + 2);
}

TEST_CASE("a run that diverges exits with 3, names a layer, and keeps its checkpoint", "[train]") {
  const Playground here;
  const auto check_diverged = [&](const std::string& more) {
    const Outcome outcome = here.train("--epochs 3 " + more, "run", "lenet-relu");
    check_failed(outcome, 3, "not finite");
    CHECK_THAT(outcome.error, Catch::Matches("[^]*not finite is (conv|act|pool|fc)[1-5];[^]*"));
  };
  check_diverged("--rate 1e30");
  check_diverged("--set rate.schedule=steps --set rate.at=[1] --set rate.factor=1e30");  // after one good epoch
  CHECK_FALSE(fs::exists(here.run() / "result.json"));
  CHECK(fs::exists(here.checkpoint(4)));
  check_succeeded(tandem("eval '" + here.run().string() + "' --device cpu --data '" + here.data() + "'"));
}

}  // namespace
}  // namespace tandem
