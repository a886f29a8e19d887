// A labelled set of 8-bit images of one size: what every reader of this room produces and everything else consumes.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tandem {

struct ImageFormat {
  int height = 0, width = 0, channels = 0;

  long pixels() const { return long(height) * width; }
  long elements() const { return pixels() * channels; }
  bool operator==(const ImageFormat&) const = default;
};

std::string to_string(const ImageFormat& format);  // "28x28x1"

enum class Split { train, test };

std::string to_string(Split split);  // "train", "test"

struct DatasetStatistics;

// Images are numbered from 0. Implementations are immutable: any thread may read at any time.
class Dataset {
 public:
  virtual ~Dataset() = default;

  virtual const std::string& name() const = 0;  // where it comes from, for messages
  virtual ImageFormat format() const = 0;
  virtual long size() const = 0;                                    // at least 1
  virtual const std::vector<std::string>& class_names() const = 0;  // as many as there are classes
  // Copies image `index` (0 <= index < size(), not checked) to `pixels`, format().elements() bytes in HWC order,
  // and its label, 0 <= label < classes().
  virtual void read(long index, uint8_t* pixels, int32_t* label) const = 0;
  // Of exactly these images, where they were measured before and stored with them; see statistics_of.
  virtual const DatasetStatistics* statistics() const { return nullptr; }

  int classes() const { return int(class_names().size()); }
};

// The first `count` images of a data set, with all its classes. Throws UsageError unless 1 <= count <= size().
std::unique_ptr<Dataset> subset(std::unique_ptr<Dataset> dataset, long count);

}  // namespace tandem
