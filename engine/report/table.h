// Tables of text for the terminal.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

namespace tandem {

size_t text_width(const std::string& text);  // in UTF-8 characters

// Columns as wide as their widest cell, two spaces apart. A column of numbers stands to the right, one of words to the
// left: it is of numbers if every cell that is not empty begins with a digit, a sign or a point. Widths count UTF-8
// characters. A row may be shorter than the header; a longer one is a std::logic_error.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> header) : header_(std::move(header)) {}

  void add_row(std::vector<std::string> cells);
  void add_rule();  // a line across, as above a sum

  std::string text() const;  // header, rule, rows; each line ends in a newline, none in spaces

 private:
  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;  // an empty one is a rule
};

}  // namespace tandem
