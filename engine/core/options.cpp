#include "engine/core/options.h"

#include <toml++/toml.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string_view>

#include "engine/core/error.h"
#include "engine/core/nearest_word.h"

namespace tandem {

// What the copies of an Options share. `document` keeps the whole file alive for the tables inside it.
struct Options::Node {
  std::shared_ptr<toml::table> document;
  toml::table* table;
  std::string file;
  std::string label;  // "[[layer]] conv2"; empty for the whole file
  std::string line;   // "net.toml:14"
  std::set<std::string> known;
  std::set<std::string> read;
  std::map<std::string, std::vector<std::shared_ptr<Node>>> children;

  std::string where() const { return label.empty() ? file : line + " " + label; }

  // The source of an overridden value is the option that gave it, which has no lines.
  std::string line_of(const toml::node& value) const {
    const toml::source_region& source = value.source();
    const std::string path = source.path ? *source.path : file;
    const bool has_line = source.begin.line > 0 && path.rfind("--set ", 0) != 0;
    return has_line ? path + ":" + std::to_string(source.begin.line) : path;
  }
  std::string where(const toml::node& value) const { return line_of(value) + (label.empty() ? "" : " " + label); }

  const toml::node* find(const std::string& key) {
    known.insert(key);
    return table->get(key);
  }
  const toml::node* read_if_present(const std::string& key) {
    read.insert(key);
    return find(key);
  }
  const toml::node& require(const std::string& key) {
    const toml::node* value = read_if_present(key);
    if (value) return *value;
    std::set<std::string> unread;
    for (const auto& [name, unused] : *table)
      if (!read.count(std::string(name.str()))) unread.insert(std::string(name.str()));
    const std::string slip = nearest_word(key, unread);
    throw UsageError(where(), "key '" + key + "' is missing", slip.empty() ? "" : "is '" + slip + "' a slip for it?");
  }
};

namespace {

constexpr std::uintmax_t kLargestFile = 16 << 20;

std::string describe(const toml::node& value) {
  if (const auto* text = value.as_string()) return "text '" + text->get() + "'";
  if (value.is_table()) return "a table";
  if (value.is_array()) return "a list";
  std::ostringstream out;
  out << toml::node_view<const toml::node>(value);
  return out.str();
}

[[noreturn]] void refuse(const std::string& where, const std::string& key, const std::string& wanted,
                         const toml::node& found) {
  throw UsageError(where, "key '" + key + "' should be " + wanted + ", found " + describe(found));
}

// Each reader turns a node into a value, or says no; its Kind names what it wants, alone and in a list.
struct Integer {
  using Value = long;
  static constexpr const char* kOne = "a whole number";
  static constexpr const char* kMany = "a list of whole numbers";
  static bool read(const toml::node& node, Value& value) {
    if (!node.is_integer()) return false;
    value = node.as_integer()->get();
    return true;
  }
};

struct Real {
  using Value = double;
  static constexpr const char* kOne = "a finite number";
  static constexpr const char* kMany = "a list of finite numbers";
  static bool read(const toml::node& node, Value& value) {
    if (!node.is_number()) return false;
    value = node.is_integer() ? static_cast<double>(node.as_integer()->get()) : node.as_floating_point()->get();
    return std::isfinite(value);
  }
};

struct Boolean {
  using Value = bool;
  static constexpr const char* kOne = "true or false";
  static bool read(const toml::node& node, Value& value) {
    if (!node.is_boolean()) return false;
    value = node.as_boolean()->get();
    return true;
  }
};

struct Text {
  using Value = std::string;
  static constexpr const char* kOne = "text";
  static constexpr const char* kMany = "a list of texts";
  static bool read(const toml::node& node, Value& value) {
    if (!node.is_string()) return false;
    value = node.as_string()->get();
    return true;
  }
};

template <class Kind, class Node>
typename Kind::Value read_one(Node& table, const std::string& key) {
  const toml::node& node = table.require(key);
  typename Kind::Value value;
  if (!Kind::read(node, value)) refuse(table.where(node), key, Kind::kOne, node);
  return value;
}

template <class Kind, class Node>
std::vector<typename Kind::Value> read_list(Node& table, const std::string& key) {
  const toml::node& node = table.require(key);
  if (!node.is_array()) refuse(table.where(node), key, Kind::kMany, node);
  std::vector<typename Kind::Value> values;
  for (const toml::node& item : *node.as_array()) {
    typename Kind::Value value;
    if (!Kind::read(item, value)) refuse(table.where(item), key, Kind::kMany, item);
    values.push_back(value);
  }
  return values;
}

std::string join(const std::set<std::string>& words) {
  std::string joined;
  for (const std::string& word : words) joined += (joined.empty() ? "" : ", ") + word;
  return joined;
}

toml::table parse_toml(const std::string& text, const std::string& name) {
  try {
    return toml::parse(std::string_view(text), std::string_view(name));
  } catch (const toml::parse_error& error) {
    throw UsageError(name + ":" + std::to_string(error.source().begin.line), std::string(error.description()));
  }
}

}  // namespace

Options::Options(std::shared_ptr<Node> node) : node_(std::move(node)) {}

Options Options::parse(const std::string& text, const std::string& name) {
  auto node = std::make_shared<Node>();
  node->document = std::make_shared<toml::table>(parse_toml(text, name));
  node->table = node->document.get();
  node->file = name;
  node->line = name;
  return Options(node);
}

Options Options::parse_file(const std::filesystem::path& path) {
  std::error_code failure;
  const std::uintmax_t size = std::filesystem::file_size(path, failure);
  if (failure) throw UsageError(path.string(), "cannot be read: " + failure.message());
  if (size > kLargestFile) throw UsageError(path.string(), "is larger than 16 MiB and cannot be a TOML file of ours");
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (size > 0) text << file.rdbuf();
  if (!file || !text) throw UsageError(path.string(), "cannot be read");
  return parse(text.str(), path.string());
}

bool Options::has(const std::string& key) const { return node_->find(key) != nullptr; }

bool Options::is_table(const std::string& key) const {
  const toml::node* value = node_->find(key);
  return value && value->is_table();
}

bool Options::is_array(const std::string& key) const {
  const toml::node* value = node_->find(key);
  return value && value->is_array();
}

bool Options::is_text(const std::string& key) const {
  const toml::node* value = node_->find(key);
  return value && value->is_string();
}

bool Options::is_number(const std::string& key) const {
  const toml::node* value = node_->find(key);
  return value && value->is_number();
}

long Options::integer(const std::string& key) const { return read_one<Integer>(*node_, key); }

long Options::integer(const std::string& key, long otherwise) const {
  return node_->read_if_present(key) ? integer(key) : otherwise;
}

int Options::count(const std::string& key) const {
  const long value = integer(key);
  if (value < 1 || value > std::numeric_limits<int>::max())
    refuse(node_->where(*node_->table->get(key)), key, "a whole number from 1 to 2147483647", *node_->table->get(key));
  return static_cast<int>(value);
}

int Options::count(const std::string& key, int otherwise) const {
  return node_->read_if_present(key) ? count(key) : otherwise;
}

double Options::real(const std::string& key) const { return read_one<Real>(*node_, key); }

double Options::real(const std::string& key, double otherwise) const {
  return node_->read_if_present(key) ? real(key) : otherwise;
}

bool Options::boolean(const std::string& key) const { return read_one<Boolean>(*node_, key); }

bool Options::boolean(const std::string& key, bool otherwise) const {
  return node_->read_if_present(key) ? boolean(key) : otherwise;
}

std::string Options::text(const std::string& key) const { return read_one<Text>(*node_, key); }

std::string Options::text(const std::string& key, const std::string& otherwise) const {
  return node_->read_if_present(key) ? text(key) : otherwise;
}

std::vector<long> Options::integers(const std::string& key) const { return read_list<Integer>(*node_, key); }

std::vector<double> Options::reals(const std::string& key) const { return read_list<Real>(*node_, key); }

std::vector<std::string> Options::texts(const std::string& key) const { return read_list<Text>(*node_, key); }

Options Options::table(const std::string& key) const {
  const toml::node& value = node_->require(key);
  if (!value.is_table()) refuse(node_->where(value), key, "a table", value);
  return optional_table(key);
}

Options Options::optional_table(const std::string& key) const {
  const toml::node* value = node_->read_if_present(key);
  if (value && !value->is_table()) refuse(node_->where(*value), key, "a table", *value);
  auto& children = node_->children[key];
  if (children.empty()) {
    auto child = std::make_shared<Node>();
    child->document = value ? node_->document : std::make_shared<toml::table>();
    child->table = value ? node_->table->get_as<toml::table>(key) : child->document.get();
    child->file = node_->file;
    child->label = (node_->label.empty() ? "" : node_->label + " ") + "[" + key + "]";
    child->line = value ? node_->line_of(*value) : node_->line;
    children.push_back(child);
  }
  return Options(children.front());
}

std::vector<Options> Options::tables(const std::string& key) const {
  const toml::node& value = node_->require(key);
  if (!value.is_array()) refuse(node_->where(value), key, "a list of tables", value);
  auto& children = node_->children[key];
  if (children.empty()) {
    std::vector<std::shared_ptr<Node>> made;
    for (toml::node& item : *node_->table->get_as<toml::array>(key)) {
      if (!item.is_table()) refuse(node_->where(item), key, "a list of tables", item);
      auto child = std::make_shared<Node>();
      child->document = node_->document;
      child->table = item.as_table();
      child->file = node_->file;
      child->label = (node_->label.empty() ? "" : node_->label + " ") + "[[" + key + "]]";
      if (const auto* name = child->table->get_as<std::string>("name")) child->label += " " + name->get();
      child->line = node_->line_of(item);
      made.push_back(child);
    }
    children = std::move(made);
  }
  std::vector<Options> tables;
  for (const auto& child : children) tables.push_back(Options(child));
  return tables;
}

std::string Options::where() const { return node_->where(); }

std::string Options::where(const std::string& key) const {
  const toml::node* value = node_->table->get(key);
  return (value ? node_->where(*value) : node_->where()) + ": key '" + key + "'";
}

void Options::finish() const {
  for (const auto& [key, value] : *node_->table) {
    const std::string name(key.str());
    if (node_->read.count(name)) continue;
    if (node_->known.count(name)) throw UsageError(node_->where(value), "key '" + name + "' has no use here");
    const std::string meant = nearest_word(name, node_->known);
    throw UsageError(node_->where(value),
                     "unknown key '" + name + "'" + (meant.empty() ? "" : ", did you mean '" + meant + "'?"),
                     node_->known.empty() ? "no key is known here" : "known here: " + join(node_->known));
  }
  for (const auto& [key, children] : node_->children)
    for (const auto& child : children) Options(child).finish();
}

void Options::set(const std::string& path, const std::string& value) {
  if (!node_->children.empty()) throw std::logic_error("Options::set after a table has been handed out");
  const std::string source = "--set " + path + "=" + value;

  toml::table* table = node_->table;
  std::string key = path;
  for (size_t dot = key.find('.'); dot != std::string::npos; dot = key.find('.')) {
    const std::string parent = key.substr(0, dot);
    key.erase(0, dot + 1);
    if (parent.empty()) throw UsageError(source, "'" + path + "' has an empty name in it");
    if (!table->contains(parent)) table->insert(parent, toml::table{});
    if (!table->get(parent)->is_table())
      throw UsageError(source, "'" + parent + "' is not a table but " + describe(*table->get(parent)));
    table = table->get_as<toml::table>(parent);
  }
  if (key.empty()) throw UsageError(source, "'" + path + "' has an empty name in it");

  toml::table parsed;
  try {
    parsed = toml::parse(std::string_view("value = " + value), std::string_view(source));
  } catch (const toml::parse_error& error) {
    const bool bare_word = value.find_first_of("[]{}\"'\n") == std::string::npos;
    if (!bare_word) throw UsageError(source, std::string(error.description()));
    parsed = parse_toml("value = '" + value + "'", source);
  }
  if (parsed.size() != 1) throw UsageError(source, "the value is more than one value");
  toml::node& replacement = *parsed.get("value");
  replacement.visit([&](auto& concrete) { table->insert_or_assign(key, std::move(concrete)); });
}

std::string Options::toml() const {
  std::ostringstream out;
  out << *node_->table << '\n';
  return out.str();
}

}  // namespace tandem
