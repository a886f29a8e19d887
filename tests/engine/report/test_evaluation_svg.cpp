// Tests the pictures of evaluations, engine/report/classification_svg, confusion_svg and neighbour_svg, by what stands
// where in them.
#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>

#include "engine/report/classification_svg.h"
#include "engine/report/confusion_svg.h"
#include "engine/report/neighbour_svg.h"

using namespace tandem;
using Catch::Matchers::Contains;

namespace {

size_t count(const std::string& text, const std::string& part) {
  size_t found = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

const Image kDot(2, 2, {1, 2, 3});

}  // namespace

TEST_CASE("a classified image has a bar a class, as long as it is likely") {
  const std::string svg = classification_svg(
      {{kDot, "cat.jpg", {{"tabby <cat>", 0.75, true}, {"lynx", 0.25, false}, {"fox", NAN, false}}}});
  CHECK(count(svg, "<image") == 1);
  CHECK_THAT(svg, Contains(">cat.jpg</text>") && Contains(">tabby &lt;cat&gt;</text>") && Contains(">75.0 %</text>"));
  // A full bar has 184 pixels.
  CHECK_THAT(svg, Contains("width=\"138.0\" height=\"19.0\" fill=\"#ef9a96\""));
  CHECK_THAT(svg, Contains("width=\"46.0\" height=\"19.0\" fill=\"#a9cbea\""));
  CHECK(count(svg, "width=\"nan\"") == 0);
}

TEST_CASE("four classified images stand side by side") {
  const ClassifiedImage image{kDot, "", {{"a", 1, false}}};
  const std::string five = classification_svg({5, image}), four = classification_svg({4, image});
  CHECK(count(five, "<image x=\"16.0\"") == 2);
  CHECK(count(four, "<image x=\"16.0\"") == 1);
  CHECK(count(classification_svg({}), "<image") == 0);
}

TEST_CASE("a confusion's picture has its counts, its names and its errors") {
  const std::vector<uint32_t> counts = {3, 1, 0, 0, 1234, 0, 0, 0, 0};
  const std::string svg = confusion_svg("T", {"cat", "dog", "none"}, counts);
  CHECK_THAT(svg, Contains(">3</text>") && Contains(">1</text>") && Contains(">1,234</text>"));
  CHECK(count(svg, ">0</text>") == 0);
  CHECK(count(svg, ">cat</text>") == 2);
  CHECK(count(svg, ">25.0 %</text>") == 1);
  CHECK(count(svg, ">0.0 %</text>") == 2);
  CHECK(count(svg, "nan") == 0);
  CHECK_THROWS_AS(confusion_svg("T", {"cat", "dog"}, counts), std::logic_error);
}

TEST_CASE("tables of many classes stay readable") {
  for (const int classes : {21, 61, 1000}) {
    std::vector<std::string> names;
    for (int i = 0; i < classes; ++i) names.push_back("class-" + std::to_string(i));
    std::vector<uint32_t> counts(size_t(classes) * size_t(classes), 7);
    const std::string svg = confusion_svg("T", names, counts);
    CHECK(count(svg, ">7</text>") == 0);
    CHECK(count(svg, ">class-20</text>") == (classes <= 60 ? 2 : 0));
    CHECK(count(svg, "<image") == 1);
    CHECK(svg.size() < 1'000'000);
  }
}

TEST_CASE("neighbours are framed by whether their class is the same") {
  const std::string svg = neighbour_svg({{kDot, "cat", {{kDot, "cat", 1.5, true}, {kDot, "dog", 12.346, false}}},
                                         {kDot, "x.png", {{kDot, "dog", 2, {}}}}});
  CHECK(count(svg, "<image") == 5);
  CHECK(count(svg, "stroke=\"#2ca02c\"") == 1);
  CHECK(count(svg, "stroke=\"#d62728\"") == 1);
  CHECK_THAT(svg, Contains(">12.35</text>") && Contains(">x.png</text>"));
}
