// The folder of one run: settings, log, checkpoints and pictures.
//
//   net.toml, recipe.toml          the settings with all overrides
//   log.jsonl                      one JSON object a logged step and one an epoch
//   events.out.tfevents.*          the same for TensorBoard; a file each time the run is begun or resumed
//   checkpoint-STEP.safetensors    the newest few, and the one of the least test error; a run can be resumed from any
//   result.json                    written last: its presence says that the run is finished
//   curve.svg, conv1.png, predictions.png
#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "engine/files/file_descriptor.h"
#include "engine/train/checkpoint.h"

namespace tandem {

class RunFolder {
 public:
  explicit RunFolder(std::filesystem::path path) : path_(std::move(path)) {}

  // For a new run: makes the folder. Throws UsageError if it holds a run that is finished or could be resumed, or files
  // that are not a run's; a run that was killed before its first checkpoint is started afresh.
  void create(const std::string& net_toml, const std::string& recipe_toml);

  // For a run that goes on: notes its settings, whose length may be new, and that it is not finished any more.
  void reopen(const std::string& recipe_toml);

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path file(const std::string& name) const { return path_ / name; }
  std::filesystem::path log() const { return file("log.jsonl"); }
  std::filesystem::path checkpoint(long step) const;
  std::optional<std::filesystem::path> newest_checkpoint() const;
  bool finished() const;

  // Removes all checkpoints but the newest `keep` and that of step `best`.
  void prune_checkpoints(int keep, long best) const;

 private:
  // Makes this process the only one that trains into the folder, until it ends, however it ends, and removes what a
  // killed one left half written. Throws UsageError while another process has the folder.
  void take();

  std::filesystem::path path_;
  std::optional<FileDescriptor> lock_;
};

// The checkpoint that a user means: the file itself, or the newest one of a run folder. Throws UsageError if there is
// none.
std::filesystem::path find_checkpoint(const std::filesystem::path& run_or_checkpoint);

}  // namespace tandem
