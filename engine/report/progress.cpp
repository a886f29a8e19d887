#include "engine/report/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <cmath>

#include "engine/report/numbers.h"

namespace tandem {

namespace {

constexpr double kRedraw = 0.1;         // seconds between two drawings on a terminal
constexpr double kSampleSpacing = 0.1;  // of a RateMeter, so that thousands of steps a second cost no memory
const char* const kClear = "\r\033[K";  // to the line's start, and erase it

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::string format_loss(double loss) {
  if (std::isfinite(loss) && loss != 0 && std::abs(loss) < 0.01) {
    char text[32];
    std::snprintf(text, sizeof text, "%.2e", loss);
    return text;
  }
  return fixed(loss, 3);
}

// A line longer than the terminal is wide would wrap, and \r would not reach its start.
std::string cut_to_width(const std::string& text, int descriptor) {
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return text;
  return text.substr(0, size.ws_col - 1u);
}

}  // namespace

std::string format_progress(const TrainingProgress& progress, double images_per_second) {
  std::string text = progress.epochs > 0 ? "epoch " + grouped(progress.epoch) + "/" + grouped(progress.epochs) +
                                               "  step " + grouped(progress.step) + "/" + grouped(progress.steps)
                                         : grouped(progress.images) + "/" + grouped(progress.all_images) + " images";
  if (!std::isnan(progress.loss)) text += "  loss " + format_loss(progress.loss);
  if (!std::isnan(progress.error)) text += "  error " + fixed(100 * progress.error, 1) + " %";
  if (images_per_second > 0) {
    const double left = static_cast<double>(progress.all_images - progress.images) / images_per_second;
    text += "  " + fixed(images_per_second, images_per_second < 10 ? 1 : 0) + " images/s";
    if (left >= 0) text += "  " + human_duration(left) + " left";
  }
  return text;
}

void RateMeter::add(double seconds, int64_t total) {
  // The newest sample moves on until it is far enough from the one before; the first never moves.
  if (samples_.size() > 1 && seconds - samples_[samples_.size() - 2].first < kSampleSpacing) samples_.pop_back();
  samples_.emplace_back(seconds, total);
  while (samples_.size() > 2 && samples_[1].first <= seconds - window_) samples_.pop_front();
}

double RateMeter::rate() const {
  if (samples_.size() < 2) return 0;
  const double seconds = samples_.back().first - samples_.front().first;
  return seconds > 0 ? static_cast<double>(samples_.back().second - samples_.front().second) / seconds : 0;
}

ProgressLine::ProgressLine(std::FILE* stream, double interval)
    : ProgressLine(stream, isatty(fileno(stream)) == 1, interval, steady_seconds) {}

ProgressLine::ProgressLine(std::FILE* stream, bool terminal, double interval, Clock clock)
    : stream_(stream),
      terminal_(terminal),
      interval_(terminal ? kRedraw : interval),
      clock_(std::move(clock)),
      next_(clock_() + interval_) {}

void ProgressLine::update(const TrainingProgress& progress) {
  const double now = clock_();
  last_ = progress;
  meter_.add(now, progress.images);
  if (now < next_) return;
  draw();
  // From now, not from when it was due: after a long pause one line is enough.
  next_ = now + interval_;
}

void ProgressLine::draw() {
  const std::string text = format_progress(last_, meter_.rate());
  if (terminal_)
    std::fprintf(stream_, "%s%s", kClear, cut_to_width(text, fileno(stream_)).c_str());
  else
    std::fprintf(stream_, "%s\n", text.c_str());
  std::fflush(stream_);
  drawn_ = terminal_;
}

void ProgressLine::clear() {
  if (!drawn_) return;
  std::fprintf(stream_, "%s", kClear);
  std::fflush(stream_);
  drawn_ = false;
}

void ProgressLine::finish() {
  draw();
  meter_.restart();
  if (!drawn_) return;
  std::fprintf(stream_, "\n");
  std::fflush(stream_);
  drawn_ = false;
}

}  // namespace tandem
