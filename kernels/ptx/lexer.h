// Cuts PTX text into tokens, and reads tokens one by one.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tandem::ptx {

struct Token {
  std::string text;  // a word with its dots ("ld.global.f32"), a string with its quotes, or one character
  int line = 0;
};

std::vector<Token> tokenise(const std::string& text);

// A literal: a whole number, or the bits of a float (0f3F800000) or a double (0d..., or written with a point).
struct Number {
  enum class Kind { kInteger, kFloat, kDouble };
  Kind kind = Kind::kInteger;
  uint64_t bits = 0;
};

bool is_number(const std::string& token);
Number parse_number(const std::string& token);

// Reads a list of tokens from front to back. At its end it yields empty ones, so malformed text runs into an error
// message instead of past the end.
class Cursor {
 public:
  explicit Cursor(std::span<const Token> tokens, int line = 0) : tokens_(tokens), line_(line) {}

  bool at_end() const { return position_ >= tokens_.size(); }
  int line() const { return at_end() ? (tokens_.empty() ? line_ : tokens_.back().line) : tokens_[position_].line; }
  const std::string& peek(size_t ahead = 0) const;
  const std::string& next();
  bool accept(const char* token);  // steps over it if it is there
  void expect(const char* token);  // throws Error if it is not
  int64_t integer();               // steps over a whole number, perhaps with a minus
  void skip_line();                // steps over the rest of the text's line: directives that end without a semicolon
  std::vector<Token> until(const char* token);               // steps over it and returns what was before
  std::vector<Token> parenthesised();                        // "( ... )", returned without the outer parentheses
  const Token& token() const { return tokens_[position_]; }  // not at the end

 private:
  std::span<const Token> tokens_;
  size_t position_ = 0;
  int line_;
};

}  // namespace tandem::ptx
