#include "engine/report/table.h"

#include <algorithm>
#include <stdexcept>

namespace tandem {

namespace {

bool looks_like_a_number(const std::string& text) {
  return std::string("0123456789+-.").find(text.front()) != std::string::npos;
}

}  // namespace

size_t text_width(const std::string& text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](unsigned char byte) { return (byte & 0xC0) != 0x80; }));
}

void TextTable::add_row(std::vector<std::string> cells) {
  if (cells.size() > header_.size()) throw std::logic_error("TextTable: a row has more cells than the header");
  cells.resize(header_.size());
  rows_.push_back(std::move(cells));
}

void TextTable::add_rule() { rows_.emplace_back(); }

std::string TextTable::text() const {
  const size_t columns = header_.size();
  std::vector<size_t> widths(columns);
  std::vector<bool> words(columns, false), numbers(columns, false);
  size_t total = 0;
  for (size_t column = 0; column < columns; ++column) {
    widths[column] = text_width(header_[column]);
    for (const auto& row : rows_) {
      if (row.empty() || row[column].empty()) continue;
      widths[column] = std::max(widths[column], text_width(row[column]));
      (looks_like_a_number(row[column]) ? numbers : words)[column] = true;
    }
    total += widths[column] + (column > 0 ? 2 : 0);
  }

  std::string text;
  auto add_line = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (size_t column = 0; column < columns; ++column) {
      const std::string blank(widths[column] - text_width(cells[column]), ' ');
      if (column > 0) line += "  ";
      line += numbers[column] && !words[column] ? blank + cells[column] : cells[column] + blank;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  };
  const std::string rule = std::string(total, '-') + "\n";
  add_line(header_);
  text += rule;
  for (const auto& row : rows_) {
    if (row.empty())
      text += rule;
    else
      add_line(row);
  }
  return text;
}

}  // namespace tandem
