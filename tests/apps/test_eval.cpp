// tandem eval, classify, show filters and show neighbours as a user meets them.
#include <catch2/catch.hpp>
#include <cmath>
#include <sstream>

#include "engine/data/decode.h"
#include "engine/report/image.h"
#include "tests/apps/playground.h"

namespace tandem {
namespace {

using Catch::Contains;

const std::string kOnCpu = " --device cpu --threads 1 ";

std::string in_quotes(const fs::path& path) { return "'" + path.string() + "' "; }

// Two short runs of LeNet on one data set of noise.
struct TrainedPlayground : Playground {
  TrainedPlayground() {
    check_succeeded(train("--epochs 1", "first"));
    check_succeeded(train("--epochs 2 --seed 2", "second"));
  }
  std::string from_data() const { return "--data " + in_quotes(data()) + kOnCpu; }
  Outcome eval(const std::string& runs, const std::string& more = "") const {
    return tandem("eval " + runs + from_data() + more);
  }
  Json eval_json(const std::string& runs, const std::string& more = "") const {
    const Outcome outcome = eval(runs, "--json " + more);
    check_succeeded(outcome);
    return Json::parse(outcome.out);
  }
  std::string first() const { return in_quotes(run("first")); }
  std::string second() const { return in_quotes(run("second")); }
};

std::string all_test_images() {
  std::string numbers;
  for (int i = 0; i < kTestImages; ++i) numbers += std::to_string(i) + " ";
  return numbers;
}

const std::string kPhoto = "'" TANDEM_TEST_DATA "/photos/rgb.jpg' ";

TEST_CASE("eval's figures are consistent with each other", "[eval]") {
  const TrainedPlayground here;
  const Json json = here.eval_json(here.second(), "--confusion");
  CHECK(json.at("images") == kTestImages);
  CHECK(json.at("views") == 1);
  REQUIRE(json.at("classes").size() == 10);
  long wrong = 0, images = 0;
  for (size_t truth = 0; truth < 10; ++truth) {
    const Json& row = json.at("classes").at(truth);
    long sum = 0;
    for (const long times : row.at("taken_for").get<std::vector<long>>()) sum += times;
    CHECK(sum == row.at("images"));
    CHECK(sum == (truth < 5 ? 3 : 2));  // 25 images in turn
    const long mistakes = sum - row.at("taken_for").at(truth).get<long>();
    CHECK(row.at("error").get<double>() == Approx(100.0 * double(mistakes) / double(sum)));
    wrong += mistakes;
    images += sum;
  }
  CHECK(images == kTestImages);
  CHECK(json.at("error").get<double>() == Approx(100.0 * double(wrong) / kTestImages));
  CHECK(json.at("top5_error").get<double>() <= json.at("error").get<double>());
  CHECK(json.at("nets").at(0).at("step") == 2 * kStepsPerEpoch);
  CHECK(json.at("nets").at(0).at("loss") == json.at("loss"));
}

TEST_CASE("eval averages the predictions of several nets", "[eval]") {
  const TrainedPlayground here;
  const Json one = here.eval_json(here.first()), both = here.eval_json(here.first() + here.second()),
             twice = here.eval_json(here.first() + here.first());
  REQUIRE(both.at("nets").size() == 2);
  CHECK(both.at("nets").at(0) == one.at("nets").at(0));
  CHECK(twice.at("error") == one.at("error"));
  CHECK(twice.at("loss").get<double>() == Approx(one.at("loss").get<double>()).epsilon(1e-12));
  // -log is convex: the loss of the mean is at most the mean of the losses.
  const double mean_loss =
      (both.at("nets").at(0).at("loss").get<double>() + both.at("nets").at(1).at("loss").get<double>()) / 2;
  CHECK(both.at("loss").get<double>() < mean_loss);
  const Outcome text = here.eval(here.first() + here.second());
  check_succeeded(text);
  CHECK_THAT(text.out, Contains("/first: lenet after 4 steps") && Contains("/second: lenet after 8 steps") &&
                           Contains("mean of the 2 nets' predictions: error "));
}

TEST_CASE("ten views of whole images are the image and its mirror image", "[eval]") {
  const TrainedPlayground here;
  const Json one = here.eval_json(here.first()), ten = here.eval_json(here.first(), "--views 10");
  CHECK(ten.at("views") == 10);
  CHECK(ten.at("loss") != one.at("loss"));
  CHECK_THAT(here.eval(here.first(), "--views 10").out, Contains("25 images of the test set, 10 views each: error "));
  check_refused(here.eval(here.first(), "--views 3"), 2, "--views");
}

TEST_CASE("eval shows and writes the confusion table", "[eval]") {
  const TrainedPlayground here;
  const std::string picture = (here.path() / "c.svg").string(), table = (here.path() / "c.csv").string();
  const Outcome outcome = here.eval(here.first(), "--confusion --out '" + picture + "'");
  check_succeeded(outcome);
  CHECK_THAT(outcome.out, Contains("true class") && Contains("error, %"));
  CHECK_THAT(read_whole(picture), Catch::StartsWith("<svg") && Contains("% of 25 images wrong"));
  check_succeeded(here.eval(here.first(), "--out '" + table + "'"));
  const std::string csv = read_whole(table);
  CHECK_THAT(csv, Catch::StartsWith("class,images,error,\"0\",\"1\","));
  CHECK(std::count(csv.begin(), csv.end(), '\n') == 11);
  check_refused(here.eval(here.first(), "--out c.txt"), 2, "c.txt");
  const Outcome unwritable = here.eval(here.first(), "--out /nowhere/c.svg");
  CHECK_THAT(unwritable.out, Contains("25 images of the test set: error"));  // hours of work are not lost
  check_refused({unwritable.code, "", unwritable.error}, 1, "/nowhere/c.svg");
}

TEST_CASE("nets of other classes are not averaged", "[eval]") {
  const TrainedPlayground here;
  const Playground other(28, 5);
  check_succeeded(other.train("--epochs 1"));
  check_refused(here.eval(here.first() + in_quotes(other.run())), 2, "knows other classes than");
  check_refused(here.eval(here.first() + in_quotes(here.path() / "nowhere")), 2, "nowhere");
}

TEST_CASE("classify agrees with eval", "[eval]") {
  const TrainedPlayground here;
  const Outcome outcome = tandem("classify " + here.second() + all_test_images() + here.from_data() + "--json");
  check_succeeded(outcome);
  const Json images = Json::parse(outcome.out);
  REQUIRE(images.size() == kTestImages);
  int wrong = 0, outside = 0;
  for (size_t i = 0; i < kTestImages; ++i) {
    const Json& image = images.at(i);
    CHECK(image.at("image") == "test image " + std::to_string(i));
    CHECK(image.at("true_class") == std::to_string(i % 10));
    REQUIRE(image.at("classes").size() == 5);
    bool found = false;
    double last = 1;
    for (const Json& one : image.at("classes")) {
      CHECK(one.at("probability").get<double>() <= last);
      last = one.at("probability").get<double>();
      found = found || one.at("name") == image.at("true_class");
    }
    wrong += image.at("classes").at(0).at("name") != image.at("true_class");
    outside += !found;
  }
  const Json evaluation = here.eval_json(here.second());
  CHECK(evaluation.at("error").get<double>() == Approx(100.0 * wrong / kTestImages));
  CHECK(evaluation.at("top5_error").get<double>() == Approx(100.0 * outside / kTestImages));
}

TEST_CASE("classify prints and draws photographs", "[eval]") {
  const TrainedPlayground here;
  const fs::path picture = here.path() / "classified.svg";
  const Outcome outcome =
      tandem("classify " + here.first() + kPhoto + kPhoto + kOnCpu + "--views 10 --out " + in_quotes(picture));
  check_succeeded(outcome);
  CHECK_THAT(outcome.out, Contains("rgb.jpg\n") && Contains(" %  "));
  CHECK_THAT(read_whole(picture), Catch::StartsWith("<svg") && Contains(">rgb.jpg</text>"));
}

TEST_CASE("a grey net sees a photograph's luma", "[eval]") {
  const TrainedPlayground here;
  const Bytes rgb = random_bytes(28 * 28 * 3, 7, 256);
  Image photograph(28, 28);
  std::copy(rgb.begin(), rgb.end(), photograph.rgb.begin());
  write_png(here.path() / "photograph.png", photograph);
  Bytes grey(kTestImages * 28 * 28, 0);
  for (size_t i = 0; i < 28 * 28; ++i)  // Rec. 601
    grey[i] = uint8_t(std::lround(0.299 * rgb[3 * i] + 0.587 * rgb[3 * i + 1] + 0.114 * rgb[3 * i + 2]));
  here.write_images("t10k", test::idx({kTestImages, 28, 28}, grey));
  const Outcome outcome = tandem("classify " + here.second() + in_quotes(here.path() / "photograph.png") + "0 " +
                                 here.from_data() + "--json");
  check_succeeded(outcome);
  const Json images = Json::parse(outcome.out);
  for (size_t i = 0; i < 5; ++i) {
    const Json &ours = images.at(0).at("classes").at(i), &expected = images.at(1).at("classes").at(i);
    CHECK(ours.at("name") == expected.at("name"));
    CHECK(ours.at("probability").get<double>() == Approx(expected.at("probability").get<double>()).epsilon(1e-3));
  }
}

TEST_CASE("classify names what it cannot read", "[eval]") {
  const TrainedPlayground here;
  here.write("text.jpg", std::string_view("this is no photograph"));
  const auto classify = [&](const std::string& arguments) {
    return tandem("classify " + here.first() + arguments + kOnCpu);
  };
  check_refused(classify(in_quotes(here.path() / "text.jpg")), 1, "text.jpg");
  check_refused(classify(in_quotes(here.path() / "nothing.jpg")), 1, "nothing.jpg");
  check_refused(classify(kPhoto + in_quotes(here.path() / "text.jpg")), 1, "text.jpg");
  check_refused(classify("7 "), 2, "7: is no file; add --data DIR");
  check_refused(classify("25 --data " + in_quotes(here.data())), 2, "numbered from 0 to 24");
  check_refused(classify(""), 2, "image");
  check_refused(tandem("classify " + in_quotes(here.path() / "nowhere") + kPhoto), 2, "nowhere");
  const Outcome unwritable = classify(kPhoto + "--out /nowhere/c.svg ");
  check_refused({unwritable.code, "", unwritable.error}, 1, "/nowhere/c.svg");
}

TEST_CASE("a test image that is also a training image is its own nearest neighbour", "[eval]") {
  TrainedPlayground here;
  // The training images' first ones.
  here.write_images("t10k", test::idx({kTestImages, 28, 28}, random_bytes(kTestImages * 28 * 28, kTrainImages, 256)));
  const fs::path picture = here.path() / "neighbours.svg";
  const Outcome outcome =
      tandem("show neighbours " + here.second() + "3 17 " + here.from_data() + "--count 4 --out " + in_quotes(picture));
  check_succeeded(outcome);
  // A row: the image and its class where they begin, the neighbour's number, its class, its distance.
  std::istringstream lines(outcome.out);
  std::vector<std::string> rows;
  for (std::string line; std::getline(lines, line);) rows.push_back(line);
  REQUIRE(rows.size() == 2 + 4 + 1 + 4 + 1);
  CHECK_THAT(rows[2], Catch::Matches("test image 3 +3 +3 +3 +0\\.0000"));
  CHECK_THAT(rows[7], Catch::Matches("test image 17 +7 +17 +7 +0\\.0000"));
  CHECK_THAT(rows[3], !Contains("0.0000"));
  CHECK_THAT(read_whole(picture), Catch::StartsWith("<svg") && Contains(">0.00</text>"));

  check_refused(tandem("show neighbours " + here.first() + "3 " + here.from_data()), 2, "--out");
  check_refused(tandem("show neighbours " + here.first() + "99 --out x.svg " + here.from_data()), 2, "99");
  check_refused(tandem("show neighbours " + here.first() + "1 --limit 41 --out x.svg " + here.from_data()), 2, "41");
}

TEST_CASE("show filters draws a net's columns one above the other", "[eval]") {
  const Playground here;
  check_succeeded(here.train("--steps 1", "run", "alexnet-mini"));
  const fs::path picture = here.path() / "filters.png";
  const Outcome outcome = tandem("show filters " + in_quotes(here.run()) + "--out " + in_quotes(picture));
  check_succeeded(outcome);
  CHECK_THAT(outcome.out, Contains("2 columns"));
  const Image image = read_image(picture);
  // 16 filters a column, of 5 x 5 weights at 8 pixels each, 2 pixels apart; the columns 8 pixels more.
  CHECK(image.width == 16 * (40 + 2) + 2);
  CHECK(image.height == 2 * (40 + 4) + 8);
  CHECK(read_whole(picture) == read_whole(here.run() / "conv1.png"));

  check_refused(tandem("show filters " + in_quotes(here.path() / "nowhere") + "--out x.png"), 2, "nowhere");
  check_refused(tandem("show filters " + in_quotes(here.run()) + "--out /nowhere/x.png"), 1, "/nowhere/x.png");
}

}  // namespace
}  // namespace tandem
