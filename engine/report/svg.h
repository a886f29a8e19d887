// The pieces of an SVG document: what every chart is made of. Positions and sizes are pixels, with one decimal.
#pragma once
#include <string>

#include "engine/report/image.h"

namespace tandem::svg {

std::string number(double value);

// `style` is attributes, such as "stroke=\"#444444\"".
std::string line(double x1, double y1, double x2, double y2, const std::string& style);
std::string rectangle(double x, double y, double width, double height, const std::string& style);

// Any UTF-8 characters; what XML does not allow is left out.
std::string text(double x, double y, const std::string& text, const std::string& style);

// An image inside of the document, as large as fits into a square of this side, in its middle. One that is smaller is
// repeated pixel by pixel first, so that no viewer blurs it.
std::string image(double x, double y, int side, const Image& image);

// `text`, or where it is longer than so many characters as many of its first ones as fit with "…" at the end.
std::string shortened(const std::string& text, size_t characters);

// The whole: `body` on white, in a dark grey sans-serif of 12 pixels.
std::string document(int width, int height, const std::string& body);

}  // namespace tandem::svg
