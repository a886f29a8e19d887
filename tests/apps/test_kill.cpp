// A run that is killed (-9) at random instants, also while it writes a checkpoint, and resumed each time, ends with the
// bits of the run that nobody touched.
#include <catch2/catch.hpp>
#include <chrono>
#include <iostream>
#include <thread>

#include "engine/files/atomic_file.h"
#include "tests/apps/playground.h"

namespace tandem {
namespace {

constexpr int kEpochs = 20, kSteps = kEpochs * kStepsPerEpoch;
// The plateau rule has to be saved and restored, too: every epoch without a better test error drops the rate.
const std::string kRun =
    "--epochs " + std::to_string(kEpochs) +
    " --checkpoint-every 2 --set rate.schedule=plateau --set rate.patience=3 --set rate.factor=0.9 "
    "--set momentum=0.5 --set decay=1e-3 --set augment.flip=true";

bool writes_checkpoint(const fs::path& run) {
  std::error_code gone;
  for (const fs::directory_entry& entry : fs::directory_iterator(run, gone))
    if (is_temporary(entry.path()) && entry.path().filename().string().starts_with("checkpoint-")) return true;
  return false;
}

struct Totals {
  int kills = 0, inside_writes = 0, runs = 0;
};

class KilledRuns {
 public:
  explicit KilledRuns(uint64_t seed) : random_(seed, Purpose::shuffle) {
    check_succeeded(here_.train(kRun, "whole"));
    whole_ = read_whole(here_.checkpoint(kSteps, "whole"));
  }

  Totals kill(int times) {
    while (totals_.kills < times) {
      RunningTandem process(here_.arguments(kRun + " --resume", name()));
      wait_for_instant();
      process.signal(SIGKILL);
      if (process.wait() != -SIGKILL) {  // it had finished before
        check_same_end();
        continue;
      }
      ++totals_.kills;
      totals_.inside_writes += writes_checkpoint(here_.run(name()));
    }
    if (!fs::exists(here_.run(name()) / "result.json")) check_succeeded(here_.train(kRun + " --resume", name()));
    check_same_end();
    return totals_;
  }

 private:
  std::string name() const { return "run-" + std::to_string(totals_.runs); }

  // Every other time within the first tenths of a second of the process's life, else while it writes a checkpoint.
  void wait_for_instant() {
    const uint64_t instant = draws_++;
    using Clock = std::chrono::steady_clock;
    const auto begin = Clock::now();
    const auto delay = std::chrono::microseconds(random_.below(instant, 250'000));
    if (instant % 2 == 0) return std::this_thread::sleep_for(delay);
    const auto patience = std::chrono::seconds(2);
    std::this_thread::sleep_for(delay / 2);
    while (!writes_checkpoint(here_.run(name())) && Clock::now() - begin < patience)
      std::this_thread::sleep_for(std::chrono::microseconds(20));
    std::this_thread::sleep_for(std::chrono::microseconds(random_.below(1'000'000 + instant, 300)));
  }

  // The checkpoint's bits, and a log that has every step once.
  void check_same_end() {
    INFO(name() << ", after " << totals_.kills << " kills");
    CHECK((read_whole(here_.checkpoint(kSteps, name())) == whole_));  // bytes are not for printing
    long step = 0, tests = 0;
    for (const Json& line : here_.log(name()))
      if (line.contains("test_error"))
        ++tests;
      else
        CHECK(line["step"] == ++step);
    CHECK(step == kSteps);
    CHECK(tests == kEpochs);
    CHECK_FALSE(writes_checkpoint(here_.run(name())));
    ++totals_.runs;
  }

  const Playground here_;
  const Random random_;
  uint64_t draws_ = 0;
  std::string whole_;
  Totals totals_;
};

void check_killed(int times) {
  const Totals totals = KilledRuns(1).kill(times);
  std::cout << totals.kills << " kills of " << totals.runs << " runs, " << totals.inside_writes
            << " of them inside a checkpoint's write: all ended with the same bits\n";
  CHECK(totals.inside_writes > 0);
}

TEST_CASE("a run that is killed at any moment and resumed ends with the same bits", "[train]") { check_killed(8); }

TEST_CASE("a run that is killed at 50 instants and resumed ends with the same bits", "[train][slow]") {
  check_killed(50);
}

}  // namespace
}  // namespace tandem
