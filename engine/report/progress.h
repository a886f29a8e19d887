// How far a training run, or other work on many images, is, live.
#pragma once
#include <cstdint>
#include <cstdio>
#include <deque>
#include <functional>
#include <limits>
#include <string>
#include <utility>

namespace tandem {

// Without epochs it is work that goes through its images once.
struct TrainingProgress {
  static constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

  int epoch = 0, epochs = 0;           // the epoch under way, from 1
  long step = 0, steps = 0;            // done, and of the whole run
  int64_t images = 0, all_images = 0;  // likewise
  double loss = kUnknown;
  double error = kUnknown;  // a fraction: 0.112 is shown as 11.2 %
};

// "epoch 3/10  step 1,200/4,680  loss 0.312  error 11.2 %  1,250 images/s  2:41 left", or without epochs
// "1,200/4,680 images  1,250 images/s  0:03 left". Unknown values are left out,
// also the rate (and with it the time left) while it is not positive.
std::string format_progress(const TrainingProgress& progress, double images_per_second);

// Units a second over the last `window` seconds: recent enough to follow a change, long enough not to jitter.
class RateMeter {
 public:
  explicit RateMeter(double window = 15) : window_(window) {}
  void add(double seconds, int64_t total);  // `total` units were done at this time; times do not go back
  double rate() const;                      // 0 before there are two times
  void restart() { samples_.clear(); }      // what was done until now no longer counts: there was a pause

 private:
  double window_;
  std::deque<std::pair<double, int64_t>> samples_;
};

// On a terminal one line that is rewritten in place, ten times a second at most; otherwise (a file, a pipe) a plain
// line every `interval` seconds, so that logs stay readable. Other output between updates wants a clear() before it.
class ProgressLine {
 public:
  using Clock = std::function<double()>;  // seconds from any origin

  explicit ProgressLine(std::FILE* stream, double interval = 10);
  ProgressLine(std::FILE* stream, bool terminal, double interval, Clock clock);  // for tests
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void update(const TrainingProgress& progress);  // after every step: it is cheap
  void clear();                                   // takes the line off the terminal; the next update redraws it
  void finish();                                  // leaves the last state as a line of its own; a pause follows

 private:
  void draw();

  std::FILE* stream_;
  bool terminal_;
  double interval_;
  Clock clock_;
  RateMeter meter_;
  TrainingProgress last_;
  double next_;  // when to draw again
  bool drawn_ = false;
};

}  // namespace tandem
