#include "kernels/ptx/parser.h"

#include <algorithm>
#include <cctype>

#include "kernels/ptx/error.h"

namespace tandem::ptx {
namespace {

class Parser {
 public:
  explicit Parser(std::span<const Token> tokens) : tokens_(tokens) {}

  ParsedModule run() {
    while (!tokens_.at_end()) item();
    return std::move(module_);
  }

 private:
  void item() {
    const std::string& word = tokens_.peek();
    if (word == ".version" || word == ".target" || word == ".address_size") {
      tokens_.skip_line();
    } else if (word == ".file" || word == ".loc") {
      file_or_location();
    } else if (word == ".section") {
      tokens_.until("}");
    } else if (tokens_.accept(";")) {
    } else {
      declaration();
    }
  }

  void declaration() {
    bool external = false;
    for (; tokens_.peek() == ".visible" || tokens_.peek() == ".weak" || tokens_.peek() == ".extern" ||
           tokens_.peek() == ".common";
         tokens_.next()) {
      external |= tokens_.peek() == ".extern";
    }
    const std::string word = tokens_.peek();
    if (word == ".entry" || word == ".func") {
      function(external);
    } else if (word == ".global" || word == ".const" || word == ".shared") {
      variable(word == ".global" ? Space::kGlobal : word == ".const" ? Space::kConstant : Space::kShared);
    } else if (!word.empty() && word[0] == '.') {
      tokens_.until(";");
    } else {
      fail_at(tokens_.line(), "'" + word + "' is not understood");
    }
  }

  void variable(Space space) {
    tokens_.next();
    const int line = tokens_.line();
    const std::vector<Token> tokens = tokens_.until(";");
    Cursor cursor(tokens, line);
    ParsedModule::Global global{parse_variable(cursor, space), {}};
    if (cursor.accept("=")) {
      for (; !cursor.at_end(); cursor.next()) global.initialiser.push_back(cursor.token());
    }
    module_.globals.push_back(std::move(global));
  }

  void function(bool external) {
    Function function;
    function.external = external;
    function.is_kernel = tokens_.next() == ".entry";
    if (tokens_.peek() == "(") function.results = tokens_.parenthesised();
    function.name = tokens_.next();
    if (tokens_.peek() == "(") function.parameters = tokens_.parenthesised();
    while (tokens_.peek() != "{" && tokens_.peek() != ";") {
      if (tokens_.at_end()) fail_at(tokens_.line(), "function " + function.name + " has no body");
      function.attributes.push_back(tokens_.token());
      tokens_.next();
    }
    if (tokens_.accept(";")) {  // a declaration; the definition may have come before or may follow
      function.external = true;
      module_.functions.try_emplace(function.name, function);
      return;
    }
    tokens_.expect("{");
    body(function);
    if (function.is_kernel) module_.kernels.push_back(function.name);
    module_.functions[function.name] = std::move(function);
  }

  void body(Function& function) {
    std::vector<Token> statement;
    const auto add = [&](Statement::Kind kind, int line) {
      function.body.push_back({kind, std::move(statement), line, source_});
      statement.clear();
    };
    for (int depth = 1; depth > 0;) {
      if (tokens_.at_end()) fail_at(tokens_.line(), "function " + function.name + " does not end");
      const std::string& word = tokens_.peek();
      const int line = tokens_.line();
      if (statement.empty() && (word == ".loc" || word == ".file")) {
        file_or_location();
      } else if (statement.empty() && word == "{") {
        add(Statement::Kind::kOpen, line);
        ++depth;
        tokens_.next();
      } else if (statement.empty() && word == "}") {
        if (--depth > 0) add(Statement::Kind::kClose, line);
        tokens_.next();
      } else if (word == ";") {
        if (!statement.empty()) add(Statement::Kind::kInstruction, statement[0].line);
        tokens_.next();
      } else if (word == ":" && statement.size() == 1 && statement[0].text[0] != '.' &&
                 tokens_.peek(1) != ".branchtargets" && tokens_.peek(1) != ".callprototype") {
        add(Statement::Kind::kLabel, line);
        tokens_.next();
      } else {
        statement.push_back(tokens_.token());
        tokens_.next();
      }
    }
  }

  // .file 1 "lrn.cu"   .loc 1 30 5, function_name ..., inlined_at ...
  void file_or_location() {
    const int line = tokens_.line();
    const bool is_file = tokens_.next() == ".file";
    const int number = int(tokens_.integer());
    if (is_file) {
      const std::string quoted = tokens_.next();
      module_.files[number] = quoted.size() >= 2 ? quoted.substr(1, quoted.size() - 2) : quoted;
    } else {
      source_ = {number, int(tokens_.integer())};
    }
    if (!tokens_.at_end() && tokens_.line() == line) tokens_.skip_line();
  }

  Cursor tokens_;
  ParsedModule module_;
  SourceLine source_;
};

}  // namespace

Variable parse_variable(Cursor& tokens, Space space) {
  Variable variable;
  variable.space = space;
  uint64_t vector_length = 1;
  while (!tokens.peek().empty() && tokens.peek()[0] == '.') {
    const std::string word = tokens.next();
    if (word == ".align") {
      variable.align = uint64_t(tokens.integer());
    } else if (word == ".v2" || word == ".v4") {
      vector_length = uint64_t(word[2] - '0');
    } else if (const Type type = parse_type(word.substr(1)); type != Type::kNone) {
      variable.type = type;
    }
  }
  variable.name = tokens.next();
  variable.bytes = uint64_t(bytes_of(variable.type)) * vector_length;
  variable.align = std::max({variable.align, std::min<uint64_t>(variable.bytes, 16), uint64_t{1}});
  while (tokens.accept("[")) {
    if (tokens.accept("]")) {
      variable.bytes = 0;
      continue;
    }
    variable.bytes *= uint64_t(tokens.integer());
    tokens.expect("]");
  }
  return variable;
}

ParsedModule parse(const std::string& text) {
  const std::vector<Token> tokens = tokenise(text);
  return Parser(tokens).run();
}

}  // namespace tandem::ptx
