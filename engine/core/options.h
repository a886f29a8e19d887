// One table of a TOML file, read strictly: a key that nobody asked for is an error, as is a value of the wrong type.
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace tandem {

// Usage: read every key you know with integer(), text(), ..., then call finish(), which refuses what is left.
//
// Copies share one state. Tables obtained from a table are remembered by it, so finish() on the outermost one checks
// all that were handed out. Every complaint is a UsageError that begins with where(); a key without a default is
// required. Asking has() or is_...() makes a key known, not read: a value that is there but never read is refused by
// finish().
class Options {
 public:
  static Options parse_file(const std::filesystem::path& path);
  static Options parse(const std::string& text, const std::string& name);  // `name` stands for the file in messages

  bool has(const std::string& key) const;
  bool is_table(const std::string& key) const;
  bool is_array(const std::string& key) const;
  bool is_text(const std::string& key) const;
  bool is_number(const std::string& key) const;  // whole or not

  long integer(const std::string& key) const;
  long integer(const std::string& key, long otherwise) const;
  int count(const std::string& key) const;  // a whole number from 1 to 2^31-1
  int count(const std::string& key, int otherwise) const;
  double real(const std::string& key) const;  // finite; whole numbers are accepted
  double real(const std::string& key, double otherwise) const;
  bool boolean(const std::string& key) const;
  bool boolean(const std::string& key, bool otherwise) const;
  std::string text(const std::string& key) const;
  std::string text(const std::string& key, const std::string& otherwise) const;

  std::vector<long> integers(const std::string& key) const;
  std::vector<double> reals(const std::string& key) const;
  std::vector<std::string> texts(const std::string& key) const;

  Options table(const std::string& key) const;
  Options optional_table(const std::string& key) const;       // an empty table where the key is absent
  std::vector<Options> tables(const std::string& key) const;  // an array of tables: [[key]]

  // The file, the line and the table, as "net.toml:14 [[layer]] conv2" (a table's own `name` names it), or "net.toml".
  std::string where() const;
  // The same for a key's value, to begin a complaint about it: "net.toml:17 [[layer]] conv2: key 'pad'".
  std::string where(const std::string& key) const;

  // Refuses a key that was not read, with its line, the nearest known key and all that are known.
  void finish() const;

  // Overrides one value: set("rate.base", "0.1"). `value` is a TOML value; a bare word is text. Tables on the path are
  // created where missing. To be called before any table has been handed out (std::logic_error otherwise).
  void set(const std::string& path, const std::string& value);

  // This table as TOML text, overrides included; keys in alphabetical order.
  std::string toml() const;

 private:
  struct Node;
  explicit Options(std::shared_ptr<Node> node);
  std::shared_ptr<Node> node_;
};

}  // namespace tandem
