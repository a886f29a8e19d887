// Tests engine/report/svg and base64: encodings against RFC 4648's own examples.
#include "engine/report/svg.h"

#include <catch2/catch.hpp>
#include <string>

#include "engine/report/base64.h"

using namespace tandem;
using Catch::Matchers::Contains;

namespace {

std::string encoded(const std::string& text) { return base64(std::as_bytes(std::span(text))); }

}  // namespace

TEST_CASE("base64 is RFC 4648's") {
  CHECK(encoded("") == "");
  CHECK(encoded("f") == "Zg==");
  CHECK(encoded("fo") == "Zm8=");
  CHECK(encoded("foo") == "Zm9v");
  CHECK(encoded("foob") == "Zm9vYg==");
  CHECK(encoded("fooba") == "Zm9vYmE=");
  CHECK(encoded("foobar") == "Zm9vYmFy");
  CHECK(encoded("\xff\xfe\xfd\xfb\xef") == "//79++8=");
}

TEST_CASE("text is shortened by characters, not bytes") {
  CHECK(svg::shortened("sandal", 6) == "sandal");
  CHECK(svg::shortened("sandals", 6) == "sanda…");
  CHECK(svg::shortened("äöüäöü", 6) == "äöüäöü");
  CHECK(svg::shortened("äöüäöüß", 3) == "äö…");
  CHECK(svg::shortened("", 3) == "");
}

TEST_CASE("a picture lies inside of the document, as large as its square allows") {
  const std::string wide = svg::document(10, 20, svg::image(1, 2, 30, Image(60, 120)));
  CHECK_THAT(wide, Catch::StartsWith("<svg") && Catch::EndsWith("</svg>\n"));
  // A PNG's first eight bytes make "iVBORw0KGgo" in base64.
  CHECK_THAT(wide,
             Contains("x=\"1.0\" y=\"9.5\" width=\"30.0\" height=\"15.0\" href=\"data:image/png;base64,iVBORw0KGgo"));
  CHECK_THAT(svg::image(0, 0, 30, Image(4, 3)), Contains("x=\"3.8\" y=\"0.0\" width=\"22.5\" height=\"30.0\""));
}

TEST_CASE("text is escaped") {
  CHECK(svg::text(1, 2, "a < b & \"c\" > d\n", "") ==
        "<text x=\"1.0\" y=\"2.0\" >a &lt; b &amp; \"c\" &gt; d</text>\n");
}
