// Tests engine/report/axis and curve_svg: ticks against round numbers, curves by the points their paths go through.
#include "engine/report/curve_svg.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "engine/core/error.h"
#include "engine/report/axis.h"

using namespace tandem;
using Catch::Matchers::Contains;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

size_t count(const std::string& text, const std::string& part) {
  size_t found = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

// The series' paths: what stands between d=" and the next quote.
std::string path(const std::string& svg) {
  const size_t begin = svg.find("<path d=\"");
  return begin == std::string::npos ? "" : svg.substr(begin + 9, svg.find('"', begin + 9) - begin - 9);
}

using Labels = std::vector<std::string>;

}  // namespace

TEST_CASE("ticks are round numbers") {
  CHECK(Axis(0, 1, 0, 100, false).labels() == Labels{"0.0", "0.2", "0.4", "0.6", "0.8", "1.0"});
  CHECK(Axis(3, 4680, 0, 100, false).labels() == Labels{"1,000", "2,000", "3,000", "4,000"});
  CHECK(Axis(-0.013, 0.027, 0, 100, false).labels() == Labels{"-0.01", "0.00", "0.01", "0.02"});
  CHECK(Axis(1e8, 3e8, 0, 100, false).labels() == Labels{"1e+08", "1.5e+08", "2e+08", "2.5e+08", "3e+08"});
  CHECK(Axis(7, 7, 0, 100, false).labels() == Labels{"4", "6", "8", "10"});
  CHECK(Axis(0, 0, 0, 100, false).labels() == Labels{"-0.4", "-0.2", "0.0", "0.2", "0.4"});
}

TEST_CASE("logarithmic ticks are powers of ten, and their parts where there are few") {
  CHECK(Axis(0.001, 10, 0, 100, true).labels() == Labels{"0.001", "0.01", "0.1", "1", "10"});
  CHECK(Axis(0.03, 2.3, 0, 100, true).labels() == Labels{"0.05", "0.1", "0.2", "0.5", "1", "2"});
  CHECK(Axis(1.2, 2.1, 0, 100, true).labels() == Labels{"1.2", "1.4", "1.6", "1.8", "2.0"});
}

TEST_CASE("there are two to ten ticks whatever the range") {
  for (double low : {-1e12, -3.7, 0.0, 1e-9, 0.5, 123456.0})
    for (double size = 1e-6; size < 1e15; size *= 1.37) {
      for (bool logarithmic : {false, true}) {
        if (logarithmic && low <= 0) continue;
        const Axis axis(low, low + size, 0, 100, logarithmic);
        INFO(low << " + " << size << (logarithmic ? " log" : ""));
        CHECK(axis.ticks().size() >= 2);
        CHECK(axis.ticks().size() <= 10);
        for (double tick : axis.ticks()) CHECK((axis.pixel(tick) > -0.01 && axis.pixel(tick) < 100.01));
      }
    }
}

TEST_CASE("values go to pixels") {
  const Axis linear(10, 20, 300, 100, false);
  CHECK(linear.pixel(10) == Approx(300));
  CHECK(linear.pixel(12.5) == Approx(250));
  CHECK(linear.pixel(20) == Approx(100));
  const Axis logarithmic(0.01, 100, 0, 400, true);
  CHECK(logarithmic.pixel(0.1) == Approx(100));
  CHECK(logarithmic.pixel(1) == Approx(200));
}

TEST_CASE("a curve passes through its points") {
  const std::string svg = curve_svg("T", "step", "loss", {{"train", {0, 1, 2}, {0, 10, 5}}});
  // The plot is 72..560 wide and, with 8 pixels to spare, 376 down to 56 high.
  CHECK(path(svg) == "M72.0 376.0L316.0 56.0L560.0 216.0");
  CHECK_THAT(svg, Contains(">train</text>") && Contains(">step</text>") && Contains(">loss</text>"));
  const std::string log = curve_svg("T", "step", "loss", {{"train", {0, 1, 2}, {0.01, 0.1, 1}}}, true);
  CHECK(path(log) == "M72.0 376.0L316.0 216.0L560.0 56.0");
}

TEST_CASE("values that cannot be shown leave a gap") {
  const std::vector<double> x = {0, 1, 2, 3, 4};
  CHECK(path(curve_svg("", "", "", {{"a", x, {0, 10, kNaN, 10, 0}}})) ==
        "M72.0 376.0L194.0 56.0M438.0 56.0L560.0 376.0");
  CHECK(path(curve_svg("", "", "", {{"a", x, {0, INFINITY, 10, 1e305, 0}}})) == "M72.0 376.0M316.0 56.0M560.0 376.0");
  CHECK(count(path(curve_svg("", "", "", {{"a", x, {1, 0, 10, -1, 1}}}, true)), "M") == 3);
}

TEST_CASE("nothing and one point are charts, too") {
  for (bool log_y : {false, true}) {
    for (const std::vector<Series>& none :
         {std::vector<Series>{}, {{"a", {}, {}}}, {{"a", {1}, {kNaN}}}, {{"a", {kNaN}, {1}}}}) {
      const std::string svg = curve_svg("T", "x", "y", none, log_y);
      CHECK_THAT(svg, Contains("no values yet"));
      CHECK(count(svg, "<path") == 0);
    }
    const std::string one = curve_svg("T", "x", "y", {{"a", {5}, {2}}}, log_y);
    CHECK(count(one, "<circle") == 1);
    CHECK(count(one, "nan") == 0);
    CHECK(count(one, "inf") == 0);
  }
}

TEST_CASE("long curves are thinned out, their peaks kept") {
  Series series{"long", {}, {}};
  for (int i = 0; i < 100000; ++i) {
    series.x.push_back(i);
    series.y.push_back(i == 77777 ? 50 : std::sin(0.01 * i));
  }
  const std::string line = path(curve_svg("", "", "", {series}));
  const size_t points = count(line, "M") + count(line, "L");
  CHECK(points <= 2000);
  CHECK(points > 1500);
  CHECK(count(line, " 56.0") == 1);  // the peak, at the plot's top
}

TEST_CASE("text is escaped and uneven series are refused") {
  const std::string svg = curve_svg("a < b & \"c\" > d\n", "x", "y", {});
  CHECK_THAT(svg, Contains("a &lt; b &amp; \"c\" &gt; d<"));
  CHECK_THROWS_WITH(curve_svg("", "", "", {{"odd", {1, 2}, {1}}}), Contains("curve 'odd': has 2 x but 1 y values"));
}
