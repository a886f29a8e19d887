// Tests engine/report/progress with a clock of the test's own.
#include "engine/report/progress.h"

#include <catch2/catch.hpp>
#include <memory>

#include "tests/temporary_folder.h"

using namespace tandem;

namespace {

TrainingProgress example() {
  TrainingProgress progress;
  progress.epoch = 3;
  progress.epochs = 10;
  progress.step = 1200;
  progress.steps = 4680;
  progress.images = 398750;
  progress.all_images = 600000;
  progress.loss = 0.3124;
  progress.error = 0.112;
  return progress;
}

// Runs `updates` and gives back what was written.
template <class Updates>
std::string written(bool terminal, double& now, Updates updates) {
  const TemporaryFolder folder;
  {
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen((folder / "out").c_str(), "w"), std::fclose);
    ProgressLine line(file.get(), terminal, 10, [&now] { return now; });
    updates(line);
  }
  return read_whole(folder / "out");
}

}  // namespace

TEST_CASE("a progress line shows what is known") {
  CHECK(format_progress(example(), 1250) ==
        "epoch 3/10  step 1,200/4,680  loss 0.312  error 11.2 %  1,250 images/s  2:41 left");
  CHECK(format_progress(example(), 0) == "epoch 3/10  step 1,200/4,680  loss 0.312  error 11.2 %");
  TrainingProgress start;
  start.epoch = 1;
  start.epochs = 2;
  start.steps = 10;
  CHECK(format_progress(start, 0) == "epoch 1/2  step 0/10");

  TrainingProgress once;
  once.images = 1200;
  once.all_images = 4680;
  CHECK(format_progress(once, 1160) == "1,200/4,680 images  1,160 images/s  0:03 left");
  TrainingProgress slow = example();
  slow.loss = 0.00042;
  slow.images = slow.all_images;
  CHECK(format_progress(slow, 2.5) ==
        "epoch 3/10  step 1,200/4,680  loss 4.20e-04  error 11.2 %  2.5 images/s  0:00 left");
}

TEST_CASE("a rate is that of the recent window") {
  RateMeter meter(10);
  CHECK(meter.rate() == 0);
  meter.add(100, 5000);
  CHECK(meter.rate() == 0);
  // 50 units a second for 20 s, then 200 a second: after 10 s more the old rate is forgotten.
  for (int second = 1; second <= 20; ++second) meter.add(100 + second, 5000 + 50 * second);
  CHECK(meter.rate() == Approx(50));
  for (int second = 1; second <= 5; ++second) meter.add(120 + second, 6000 + 200 * second);
  CHECK(meter.rate() == Approx(125));
  for (int second = 6; second <= 10; ++second) meter.add(120 + second, 6000 + 200 * second);
  CHECK(meter.rate() == Approx(200));
}

TEST_CASE("a rate does not depend on how often it is fed") {
  RateMeter meter(10);
  for (long i = 0; i <= 300000; ++i) meter.add(static_cast<double>(i) / 10000, 3 * i);
  CHECK(meter.rate() == Approx(30000));
}

TEST_CASE("a file gets a plain line now and then") {
  double now = 0;
  const std::string text = written(false, now, [&](ProgressLine& line) {
    TrainingProgress progress = example();
    for (int second = 1; second <= 25; ++second) {
      now = second;
      progress.step = second;
      progress.images = 100 * second;
      line.update(progress);
    }
    line.clear();
    line.finish();
  });
  CHECK(text ==
        "epoch 3/10  step 10/4,680  loss 0.312  error 11.2 %  100 images/s  1:39:50 left\n"
        "epoch 3/10  step 20/4,680  loss 0.312  error 11.2 %  100 images/s  1:39:40 left\n"
        "epoch 3/10  step 25/4,680  loss 0.312  error 11.2 %  100 images/s  1:39:35 left\n");
}

TEST_CASE("a terminal gets one line that is rewritten") {
  double now = 0;
  const std::string text = written(true, now, [&](ProgressLine& line) {
    TrainingProgress progress;
    progress.epochs = 1;
    for (int step = 1; step <= 4; ++step) {
      now += 0.0625;  // drawn every second time
      progress.step = step;
      line.update(progress);
    }
    line.clear();
    line.clear();
    line.finish();
  });
  CHECK(text ==
        "\r\033[Kepoch 0/1  step 2/0"
        "\r\033[Kepoch 0/1  step 4/0"
        "\r\033[K"
        "\r\033[Kepoch 0/1  step 4/0\n");
}
