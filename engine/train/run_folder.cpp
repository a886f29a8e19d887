#include "engine/train/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <system_error>

#include "engine/core/error.h"
#include "engine/files/atomic_file.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPrefix = "checkpoint-";
constexpr const char* kSuffix = ".safetensors";

std::optional<long> step_of(const std::string& name) {
  const std::string prefix = kPrefix, suffix = kSuffix;
  if (!name.starts_with(prefix) || !name.ends_with(suffix)) return {};
  const std::string digits = name.substr(prefix.size(), name.size() - prefix.size() - suffix.size());
  if (digits.empty() || digits.size() > 18 || digits.find_first_not_of("0123456789") != std::string::npos) return {};
  return std::stol(digits);
}

std::map<long, fs::path> checkpoints_in(const fs::path& folder) {
  std::map<long, fs::path> found;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error))
    if (const auto step = step_of(entry.path().filename().string())) found[*step] = entry.path();
  return found;
}

// Does the folder hold anything but what is left of a run that was killed while it made its log, its first file?
bool holds_strangers(const fs::path& folder, const fs::path& log) {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error))
    if (!is_temporary_of(entry.path(), log)) return true;
  return false;
}

}  // namespace

void RunFolder::create(const std::string& net_toml, const std::string& recipe_toml) {
  if (fs::exists(path_) && !fs::is_directory(path_))
    throw UsageError(path_.string(), "is a file, so it cannot be the run's folder", "choose another --out");
  if (finished())
    throw UsageError(path_.string(), "holds a finished run", "choose another --out, or go on with --resume");
  if (newest_checkpoint())
    throw UsageError(path_.string(), "holds a run that can be resumed", "add --resume, or choose another --out");
  if (!fs::exists(log()) && holds_strangers(path_, log()))
    throw UsageError(path_.string(), "is not empty, and what it holds is not a run", "choose another --out");
  std::error_code error;
  fs::create_directories(path_, error);
  if (error) throw Error(path_.string(), "cannot be made: " + error.message(), "choose another --out");
  take();
  write_file(log(), "");  // first: it tells a run from a model's folder, whose files nobody wants replaced
  write_file(file("net.toml"), net_toml);
  write_file(file("recipe.toml"), recipe_toml);
}

void RunFolder::reopen(const std::string& recipe_toml) {
  take();
  write_file(file("recipe.toml"), recipe_toml);
  fs::remove(file("result.json"));
}

void RunFolder::take() {
  if (!lock_) lock_.emplace(path_, O_RDONLY | O_DIRECTORY);
  if (::flock(lock_->get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)  // else a file system without locks
    throw UsageError(path_.string(), "is being trained by another process", "wait for it, or choose another --out");
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(path_, ignored))
    if (is_temporary(entry.path())) fs::remove(entry.path(), ignored);
}

fs::path RunFolder::checkpoint(long step) const { return file(kPrefix + std::to_string(step) + kSuffix); }

std::optional<fs::path> RunFolder::newest_checkpoint() const {
  const auto found = checkpoints_in(path_);
  if (found.empty()) return {};
  return found.rbegin()->second;
}

bool RunFolder::finished() const { return fs::exists(file("result.json")); }

void RunFolder::prune_checkpoints(int keep, long best) const {
  const auto found = checkpoints_in(path_);
  int newer = int(found.size());
  for (const auto& [step, path] : found) {
    if (newer-- <= keep) break;
    std::error_code ignored;  // an old checkpoint too many does no harm
    if (step != best) fs::remove(path, ignored);
  }
}

fs::path find_checkpoint(const fs::path& run_or_checkpoint) {
  if (!fs::exists(run_or_checkpoint)) throw UsageError(run_or_checkpoint.string(), "does not exist");
  if (!fs::is_directory(run_or_checkpoint)) return run_or_checkpoint;
  const auto newest = RunFolder(run_or_checkpoint).newest_checkpoint();
  if (!newest)
    throw UsageError(run_or_checkpoint.string(), std::string("has no ") + kPrefix + "*" + kSuffix + " in it");
  return *newest;
}

}  // namespace tandem
