#include "apps/confusion_report.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/core/error.h"
#include "engine/files/atomic_file.h"
#include "engine/report/confusion_svg.h"
#include "engine/report/numbers.h"
#include "engine/report/table.h"

namespace tandem {
namespace {

constexpr int kMostShown = 20;  // classes, in the terminal

std::string error_text(const Confusion& confusion, int truth) {
  const double error = confusion.error(truth);
  return std::isnan(error) ? "" : fixed(error, 2);
}

std::string whole_table(const Confusion& confusion, const std::vector<std::string>& names) {
  std::vector<std::string> header = {"", "true class", "images", "error, %"};
  for (int predicted = 0; predicted < confusion.classes(); ++predicted) header.push_back(std::to_string(predicted));
  TextTable table(header);
  for (int truth = 0; truth < confusion.classes(); ++truth) {
    std::vector<std::string> row = {std::to_string(truth), names[size_t(truth)], grouped(confusion.images(truth)),
                                    error_text(confusion, truth)};
    for (int predicted = 0; predicted < confusion.classes(); ++predicted)
      row.push_back(confusion.count(truth, predicted) > 0 ? grouped(confusion.count(truth, predicted)) : "");
    table.add_row(row);
  }
  return table.text();
}

std::string worst_classes(const Confusion& confusion, const std::vector<std::string>& names) {
  std::vector<int> order;
  for (int truth = 0; truth < confusion.classes(); ++truth)
    if (confusion.images(truth) > 0) order.push_back(truth);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return confusion.error(a) > confusion.error(b); });
  order.resize(std::min(order.size(), size_t(kMostShown)));
  TextTable table({"true class", "images", "error, %", "most often taken for", "times"});
  for (const int truth : order) {
    const int taken_for = confusion.commonest_mistake(truth);
    const bool never = taken_for < 0;
    table.add_row({names[size_t(truth)], grouped(confusion.images(truth)), error_text(confusion, truth),
                   never ? "" : names[size_t(taken_for)], never ? "" : grouped(confusion.count(truth, taken_for))});
  }
  return table.text();
}

// RFC 4180.
std::string quoted(const std::string& field) {
  std::string text = "\"";
  for (const char character : field) text += character == '"' ? "\"\"" : std::string(1, character);
  return text + "\"";
}

std::string confusion_csv(const Confusion& confusion, const std::vector<std::string>& names) {
  std::string text = "class,images,error";
  for (const std::string& name : names) text += "," + quoted(name);
  for (int truth = 0; truth < confusion.classes(); ++truth) {
    text += "\n" + quoted(names[size_t(truth)]) + "," + std::to_string(confusion.images(truth)) + "," +
            error_text(confusion, truth);
    for (int predicted = 0; predicted < confusion.classes(); ++predicted)
      text += "," + std::to_string(confusion.count(truth, predicted));
  }
  return text + "\n";
}

}  // namespace

std::string confusion_text(const Confusion& confusion, const std::vector<std::string>& names) {
  return confusion.classes() <= kMostShown ? whole_table(confusion, names) : worst_classes(confusion, names);
}

void check_confusion_file(const std::filesystem::path& file) {
  if (file.extension() != ".svg" && file.extension() != ".csv")
    throw UsageError("--out " + file.string(), "ends neither in .svg nor in .csv",
                     "name a picture, such as confusion.svg, or a table, such as confusion.csv");
}

void write_confusion(const std::filesystem::path& file, const std::string& title, const Confusion& confusion,
                     const std::vector<std::string>& names) {
  check_confusion_file(file);
  write_file(file, file.extension() == ".svg" ? confusion_svg(title, names, confusion.counts())
                                              : confusion_csv(confusion, names));
}

}  // namespace tandem
