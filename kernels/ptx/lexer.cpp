#include "kernels/ptx/lexer.h"

#include <bit>
#include <cctype>
#include <cstdlib>

#include "kernels/ptx/error.h"

namespace tandem::ptx {
namespace {

bool in_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$' || c == '%'; }

class Lexer {
 public:
  explicit Lexer(const std::string& text) : text_(text) {}

  std::vector<Token> run() {
    while (position_ < text_.size()) token();
    return std::move(tokens_);
  }

 private:
  char at(size_t i) const { return i < text_.size() ? text_[i] : '\0'; }

  void token() {
    const char c = at(position_), following = at(position_ + 1);
    if (c == '\n') {
      ++line_;
      ++position_;
    } else if (std::isspace(static_cast<unsigned char>(c))) {
      ++position_;
    } else if (c == '/' && following == '/') {
      while (position_ < text_.size() && at(position_) != '\n') ++position_;
    } else if (c == '/' && following == '*') {
      comment();
    } else if (c == '"') {
      string();
    } else if (in_word(c) || (c == '.' && in_word(following))) {
      word();
    } else {
      take(position_ + 1);
    }
  }

  void comment() {
    const size_t end = text_.find("*/", position_ + 2);
    if (end == std::string::npos) fail_at(line_, "a comment that does not end");
    for (; position_ < end + 2; ++position_) line_ += at(position_) == '\n';
  }

  void string() {
    const size_t end = text_.find('"', position_ + 1);
    if (end == std::string::npos) fail_at(line_, "a string that does not end");
    take(end + 1);
  }

  // A word goes on over dots and double colons that another word follows: "ld.global.L2::128B.f32".
  void word() {
    size_t end = position_ + 1;
    while (true) {
      if (in_word(at(end)) || (at(end) == '.' && in_word(at(end + 1)))) {
        ++end;
      } else if (at(end) == ':' && at(end + 1) == ':') {
        end += 2;
      } else {
        break;
      }
    }
    take(end);
  }

  void take(size_t end) {
    tokens_.push_back({text_.substr(position_, end - position_), line_});
    position_ = end;
  }

  const std::string& text_;
  std::vector<Token> tokens_;
  size_t position_ = 0;
  int line_ = 1;
};

}  // namespace

std::vector<Token> tokenise(const std::string& text) { return Lexer(text).run(); }

bool is_number(const std::string& token) {
  return !token.empty() && std::isdigit(static_cast<unsigned char>(token[0]));
}

Number parse_number(const std::string& token) {
  const char second = token.size() > 2 && token[0] == '0' ? char(std::tolower(token[1])) : '\0';
  const char* digits = token.c_str() + 2;
  if (second == 'f') return {Number::Kind::kFloat, std::strtoull(digits, nullptr, 16)};
  if (second == 'd') return {Number::Kind::kDouble, std::strtoull(digits, nullptr, 16)};
  if (second == 'b') return {Number::Kind::kInteger, std::strtoull(digits, nullptr, 2)};
  if (token.find('.') != std::string::npos) {
    return {Number::Kind::kDouble, std::bit_cast<uint64_t>(std::strtod(token.c_str(), nullptr))};
  }
  return {Number::Kind::kInteger, std::strtoull(token.c_str(), nullptr, 0)};  // stops before a "U"
}

const std::string& Cursor::peek(size_t ahead) const {
  static const std::string end;
  return position_ + ahead < tokens_.size() ? tokens_[position_ + ahead].text : end;
}

const std::string& Cursor::next() {
  const std::string& token = peek();
  if (token.empty()) fail_at(line(), "the text ends too early");
  ++position_;
  return token;
}

bool Cursor::accept(const char* token) {
  if (peek() != token) return false;
  ++position_;
  return true;
}

void Cursor::expect(const char* token) {
  if (!accept(token)) fail_at(line(), "'" + std::string(token) + "' expected, found '" + peek() + "'");
}

int64_t Cursor::integer() {
  const bool negative = accept("-");
  if (!is_number(peek())) fail_at(line(), "a number expected, found '" + peek() + "'");
  const auto value = static_cast<int64_t>(parse_number(next()).bits);
  return negative ? -value : value;
}

void Cursor::skip_line() {
  const int line = this->line();
  while (!at_end() && this->line() == line) ++position_;
}

std::vector<Token> Cursor::until(const char* token) {
  std::vector<Token> before;
  while (!accept(token)) {
    if (at_end()) fail_at(line(), "the text ends before '" + std::string(token) + "'");
    before.push_back(tokens_[position_++]);
  }
  return before;
}

std::vector<Token> Cursor::parenthesised() {
  expect("(");
  std::vector<Token> inside;
  for (int depth = 1;;) {
    if (peek() == "(") ++depth;
    if (peek() == ")" && --depth == 0) break;
    if (at_end()) fail_at(line(), "a parenthesis that does not close");
    inside.push_back(tokens_[position_++]);
  }
  expect(")");
  return inside;
}

}  // namespace tandem::ptx
