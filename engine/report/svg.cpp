#include "engine/report/svg.h"

#include <algorithm>
#include <cstdio>

#include "engine/report/base64.h"

namespace tandem::svg {

namespace {

std::string escape(const std::string& text) {
  std::string escaped;
  for (char character : text) {
    if (character == '&')
      escaped += "&amp;";
    else if (character == '<')
      escaped += "&lt;";
    else if (character == '>')
      escaped += "&gt;";
    else if (static_cast<unsigned char>(character) >= ' ')  // XML allows no control characters
      escaped += character;
  }
  return escaped;
}

}  // namespace

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

std::string line(double x1, double y1, double x2, double y2, const std::string& style) {
  return "<line x1=\"" + number(x1) + "\" y1=\"" + number(y1) + "\" x2=\"" + number(x2) + "\" y2=\"" + number(y2) +
         "\" " + style + "/>\n";
}

std::string rectangle(double x, double y, double width, double height, const std::string& style) {
  return "<rect x=\"" + number(x) + "\" y=\"" + number(y) + "\" width=\"" + number(width) + "\" height=\"" +
         number(height) + "\" " + style + "/>\n";
}

std::string text(double x, double y, const std::string& text, const std::string& style) {
  return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" " + style + ">" + escape(text) + "</text>\n";
}

std::string image(double x, double y, int side, const Image& image) {
  const int longest = std::max(image.height, image.width);
  const Image crisp = longest < side ? enlarge(image, (side + longest - 1) / longest) : image;
  const double scale = double(side) / longest, width = scale * image.width, height = scale * image.height;
  return "<image x=\"" + number(x + (side - width) / 2) + "\" y=\"" + number(y + (side - height) / 2) + "\" width=\"" +
         number(width) + "\" height=\"" + number(height) + "\" href=\"data:image/png;base64," +
         base64(encode_png(crisp)) + "\"/>\n";
}

std::string shortened(const std::string& text, size_t characters) {
  size_t seen = 0, cut = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) == 0x80) continue;  // goes on with a character
    if (++seen == characters) cut = i;
  }
  return seen <= characters ? text : text.substr(0, cut) + "…";
}

std::string document(int width, int height, const std::string& body) {
  const std::string w = std::to_string(width), h = std::to_string(height);
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + w + "\" height=\"" + h + "\" viewBox=\"0 0 " + w + " " +
         h +
         "\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#222222\">\n"
         "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n" +
         body + "</svg>\n";
}

}  // namespace tandem::svg
