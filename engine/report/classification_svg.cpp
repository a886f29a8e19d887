#include "engine/report/classification_svg.h"

#include <algorithm>
#include <cmath>

#include "engine/report/numbers.h"
#include "engine/report/svg.h"

namespace tandem {

namespace {

constexpr int kColumns = 4, kMargin = 16;  // the margin is also between images
constexpr int kSide = 184;                 // of an image, and a bar's full length
constexpr int kCaption = 24, kBar = 19, kGap = 2;
constexpr size_t kCaptionLetters = 22, kNameLetters = 21;
constexpr const char *kTrue = "#ef9a96", *kOther = "#a9cbea", *kTrack = "#f0f2f5";

std::string draw_bar(double x, double y, const ClassifiedImage::Bar& bar) {
  const double length = kSide * (std::isfinite(bar.probability) ? bar.probability : 0);
  const std::string fill = "fill=\"" + std::string(bar.is_true ? kTrue : kOther) + "\"";
  return svg::rectangle(x, y, kSide, kBar, "fill=\"" + std::string(kTrack) + "\"") +
         svg::rectangle(x, y, length, kBar, fill) +
         svg::text(x + 5, y + 13.5, svg::shortened(bar.name, kNameLetters), "font-size=\"11\"") +
         svg::text(x + kSide - 5, y + 13.5, fixed(100 * bar.probability, 1) + " %",
                   "font-size=\"11\" text-anchor=\"end\"");
}

std::string draw_image(double x, double y, const ClassifiedImage& image) {
  std::string body = svg::image(x, y, kSide, image.image);
  body += svg::text(x + kSide / 2.0, y + kSide + 16, svg::shortened(image.caption, kCaptionLetters),
                    "text-anchor=\"middle\" font-weight=\"bold\"");
  for (size_t i = 0; i < image.bars.size(); ++i)
    body += draw_bar(x, y + kSide + kCaption + double(i) * (kBar + kGap), image.bars[i]);
  return body;
}

}  // namespace

std::string classification_svg(const std::vector<ClassifiedImage>& images) {
  const int count = int(images.size()), columns = std::clamp(count, 1, kColumns);
  const int rows = (count + columns - 1) / columns;
  size_t bars = 0;
  for (const ClassifiedImage& image : images) bars = std::max(bars, image.bars.size());
  const int width = kSide + kMargin, height = kSide + kCaption + int(bars) * (kBar + kGap) + kMargin;
  std::string body;
  for (int i = 0; i < count; ++i)
    body += draw_image(kMargin + i % columns * width, kMargin + i / columns * height, images[size_t(i)]);
  return svg::document(kMargin + columns * width, kMargin + rows * height, body);
}

}  // namespace tandem
