#include "apps/bench/record.h"

#include <algorithm>
#include <cmath>
#include <fstream>

#include "engine/core/error.h"
#include "engine/report/numbers.h"
#include "engine/report/table.h"

namespace tandem {
namespace {

constexpr uintmax_t kLargestFile = uintmax_t{64} << 20;

double fastest(const Row& row) { return *std::min_element(row.seconds.begin(), row.seconds.end()); }
double slowest(const Row& row) { return *std::max_element(row.seconds.begin(), row.seconds.end()); }

// In all rows or in none: a table without empty columns.
struct Column {
  std::string header;
  std::vector<std::string> cells;
  bool empty() const {
    return std::all_of(cells.begin(), cells.end(), [](const std::string& cell) { return cell.empty(); });
  }
};

std::string milliseconds(double seconds) { return fixed(1e3 * seconds, seconds < 1e-3 ? 4 : seconds < 1e-1 ? 3 : 1); }

nlohmann::json to_json(const Row& row) {
  nlohmann::json json = {{"model", row.model}, {"layer", row.layer},     {"pass", row.pass},
                         {"work", row.work},   {"seconds", row.seconds}, {"bytes", row.bytes},
                         {"flops", row.flops}, {"calls", row.calls},     {"limit", row.limit}};
  json["median_seconds"] = median(row.seconds);
  json["rate"] = row.rate();
  return json;
}

// A number that a time, a count or a rate can be.
double number(const nlohmann::json& json, const char* key) {
  const double value = json.at(key);
  if (!std::isfinite(value) || value < 0) throw Error(key, "is not a finite number from 0 on");
  return value;
}

Row parse_row(const nlohmann::json& json) {
  Row row{.model = json.at("model"),
          .layer = json.at("layer"),
          .pass = json.at("pass"),
          .work = json.at("work"),
          .calls = int(std::min(number(json, "calls"), 1e9)),
          .seconds = json.at("seconds"),
          .bytes = number(json, "bytes"),
          .flops = number(json, "flops"),
          .limit = number(json, "limit")};
  if (row.seconds.empty()) throw Error("seconds", "are missing");
  for (const double seconds : row.seconds)
    if (!std::isfinite(seconds) || seconds < 0) throw Error("seconds", "are not all finite numbers from 0 on");
  return row;
}

size_t count_only_in(const Record& record, const Record& other) {
  return size_t(std::count_if(record.rows.begin(), record.rows.end(), [&](const Row& row) {
    return std::none_of(other.rows.begin(), other.rows.end(), [&](const Row& each) { return each.same_thing(row); });
  }));
}

}  // namespace

double Row::rate() const {
  const double work_done = flops > 0 ? flops : bytes, took = median(seconds);
  return took > 0 ? work_done / took : 0;
}

bool Row::same_thing(const Row& other) const {
  return model == other.model && layer == other.layer && pass == other.pass && work == other.work;
}

nlohmann::json to_json(const Record& record) {
  nlohmann::json rows = nlohmann::json::array();
  for (const Row& row : record.rows) rows.push_back(to_json(row));
  return {{"setting", record.setting}, {"rows", rows}};
}

Record read_record(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::error_code failed;
  const uintmax_t bytes = std::filesystem::file_size(path, failed);
  if (!file || failed) throw Error(path.string(), "cannot be read");
  if (bytes > kLargestFile) throw Error(path.string(), "has " + human_bytes(bytes) + ", too many for a record");
  try {
    const nlohmann::json json = nlohmann::json::parse(file);
    Record record{.setting = json.at("setting"), .rows = {}};
    if (!record.setting.is_object()) throw Error("setting", "is not an object");
    if (!record.setting.value("when", nlohmann::json("")).is_string()) throw Error("when", "is not a text");
    for (const nlohmann::json& row : json.at("rows")) record.rows.push_back(parse_row(row));
    return record;
  } catch (const std::exception& error) {
    throw Error(path.string(), "is not what `tandem bench --json` writes: " + std::string(error.what()));
  }
}

std::string rows_table(const std::vector<Row>& rows, bool shares) {
  double all = 0;
  for (const Row& row : rows) all += median(row.seconds);
  std::vector<Column> columns;
  const auto add = [&](const std::string& header, const auto& cell) {
    Column column{header, {}};
    for (const Row& row : rows) column.cells.push_back(cell(row));
    if (!column.empty()) columns.push_back(std::move(column));
  };
  add("model", [](const Row& row) { return row.model; });
  add("layer", [](const Row& row) { return row.layer; });
  add("pass", [](const Row& row) { return row.pass; });
  add("work", [](const Row& row) { return row.work; });
  add("calls", [](const Row& row) { return row.calls > 0 ? grouped(row.calls) : ""; });
  add("ms", [](const Row& row) { return milliseconds(median(row.seconds)); });
  add("fastest", [](const Row& row) { return milliseconds(fastest(row)); });
  add("slowest", [](const Row& row) { return milliseconds(slowest(row)); });
  if (shares) add("share %", [&](const Row& row) { return all > 0 ? fixed(100 * median(row.seconds) / all, 1) : ""; });
  add("GB/s", [](const Row& row) { return row.flops == 0 && row.rate() > 0 ? fixed(1e-9 * row.rate(), 1) : ""; });
  add("GFLOP/s", [](const Row& row) { return row.flops > 0 ? fixed(1e-9 * row.rate(), 1) : ""; });
  add("of limit %",
      [](const Row& row) { return row.limit > 0 && row.rate() > 0 ? fixed(100 * row.rate() / row.limit, 0) : ""; });
  std::vector<std::string> header;
  for (const Column& column : columns) header.push_back(column.header);
  TextTable table(header);
  for (size_t r = 0; r < rows.size(); ++r) {
    std::vector<std::string> cells;
    for (const Column& column : columns) cells.push_back(column.cells[r]);
    table.add_row(cells);
  }
  return table.text();
}

Verdict compare(const Row& before, const Row& now) {
  if (before.seconds.size() < kFewestRounds || now.seconds.size() < kFewestRounds) return Verdict::unclear;
  if (fastest(now) > slowest(before)) return Verdict::slower;
  if (slowest(now) < fastest(before)) return Verdict::faster;
  return Verdict::unclear;
}

void check_comparable(const std::filesystem::path& path, const nlohmann::json& before, const nlohmann::json& now) {
  for (const char* key : {"benchmark", "what", "models", "batch", "threads", "cache", "precision", "changes"}) {
    const nlohmann::json then = before.value(key, nlohmann::json()), here = now.value(key, nlohmann::json());
    if (then != here)
      throw UsageError(path.string(),
                       std::string("was measured with ") + key + " " + then.dump() + ", this run has " + here.dump());
  }
}

std::string comparison(const Record& before, const Record& now) {
  std::string text;
  for (const char* key : {"processor", "device", "gemm", "compiler", "version", "build"}) {
    const nlohmann::json then = before.setting.value(key, nlohmann::json());
    if (then != now.setting.value(key, nlohmann::json()))
      text += std::string("Then another ") + key + ": " + then.dump() + "\n";
  }
  TextTable table({"model", "layer", "pass", "work", "then ms", "now ms", "now / then", ""});
  int rows = 0, slower = 0, faster = 0;
  for (const Row& row : now.rows) {
    const auto found =
        std::find_if(before.rows.begin(), before.rows.end(), [&](const Row& then) { return then.same_thing(row); });
    if (found == before.rows.end()) continue;
    const Verdict verdict = compare(*found, row);
    const double then = median(found->seconds), took = median(row.seconds);
    table.add_row({row.model, row.layer, row.pass, row.work, milliseconds(then), milliseconds(took),
                   then > 0 ? fixed(took / then, 2) : "",
                   verdict == Verdict::slower   ? "SLOWER"
                   : verdict == Verdict::faster ? "faster"
                                                : ""});
    ++rows;
    slower += verdict == Verdict::slower;
    faster += verdict == Verdict::faster;
  }
  if (rows == 0) throw UsageError("--compare", "names a run that has no row in common with this one");
  text += table.text();
  if (const size_t only_now = now.rows.size() - size_t(rows), only_then = count_only_in(before, now);
      only_now + only_then > 0)
    text += "Left out are rows that only one run has: this one " + std::to_string(only_now) + ", the earlier one " +
            std::to_string(only_then) + "\n";
  return text + "Beyond the spread of both runs: " + std::to_string(slower) + " of " + std::to_string(rows) +
         " slower, " + std::to_string(faster) + " faster\n";
}

}  // namespace tandem
