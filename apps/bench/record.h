// What `tandem bench` measured: a table for people, JSON for scripts, and what a later run is held against.
#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace tandem {

// One thing that was measured. A name is empty where it says nothing: of a whole step only `pass` is not.
struct Row {
  // "alexnet-paper", "norm1", "backward", "lrn_backward"
  std::string model = {}, layer = {}, pass = {}, work = {};
  int calls = 0;                     // of a kernel, a round
  std::vector<double> seconds = {};  // one a round; of a kernel those of all threads together, over their number
  double bytes = 0;                  // a round: the fewest that have to be moved
  double flops = 0;                  // a round: floating-point operations, of GEMM and of whole convolutions
  double limit = 0;  // what the machine gave beside it: flops a second where there are flops, else bytes; 0: not asked

  double rate() const;  // in the same unit, of the median round; 0: nothing is known of what it had to do
  bool same_thing(const Row& other) const;
};

struct Record {
  nlohmann::json setting;  // machine, versions, command, what was asked for
  std::vector<Row> rows;
};

nlohmann::json to_json(const Record& record);

// What to_json made. Throws Error, naming the file, for anything else.
Record read_record(const std::filesystem::path& path);

// Columns that say nothing of any row are left out. With shares, each row's part of the sum of all.
std::string rows_table(const std::vector<Row>& rows, bool shares = false);

enum class Verdict { unclear, slower, faster };

// Slower: the fastest round of now took longer than the slowest of before. Fewer than kFewestRounds show no spread.
inline constexpr size_t kFewestRounds = 3;
Verdict compare(const Row& before, const Row& now);

// Throws UsageError where the two did not measure the same: another benchmark, model, batch, number of threads, ...
void check_comparable(const std::filesystem::path& path, const nlohmann::json& before, const nlohmann::json& now);

// A row for each that both measured, how many only one of them did, and what got slower. Throws UsageError where the
// two have no row in common.
std::string comparison(const Record& before, const Record& now);

}  // namespace tandem
