#include "engine/device/observed_device.h"

#include <iterator>

#include "engine/core/error.h"
#include "engine/device/kernel_cost.h"

namespace tandem {
namespace {

// What a Stream of an observed device points to: entries of the table are plain functions, so whom to tell travels with
// the stream.
struct ObservedStream {
  Stream inner = nullptr;
  const Device* device = nullptr;  // whose kernels these are
  KernelObserver* observer = nullptr;
  bool is_lane = false;
};

template <auto entry, auto cost>
struct Observed;

template <class T, class R, class... Arguments, R (*Table<T>::*entry)(Stream, Arguments...), auto cost>
struct Observed<entry, cost> {
  static R call(Stream stream, Arguments... arguments) {
    const auto& observed = *static_cast<const ObservedStream*>(stream);
    KernelCall call = cost(arguments...);
    call.in_tile = observed.is_lane;
    observed.observer->before(call);
    if (const auto kernel = observed.device->kernels<T>().*entry) kernel(observed.inner, arguments...);
    observed.observer->after(call);
  }
};

// A reduction waits for its result and is Thrust's: passed on without a word.
template <auto entry>
struct PassedOn;

template <class T, class R, class... Arguments, R (*Table<T>::*entry)(Stream, Arguments...)>
struct PassedOn<entry> {
  static R call(Stream stream, Arguments... arguments) {
    const auto& observed = *static_cast<const ObservedStream*>(stream);
    return (observed.device->kernels<T>().*entry)(observed.inner, arguments...);
  }
};

#define FOR_EACH_OBSERVED(X)        \
  X(im2col)                         \
  X(col2im)                         \
  X(direct_forward)                 \
  X(direct_backward_data)           \
  X(direct_backward_weights)        \
  X(implicit_forward)               \
  X(implicit_backward_data)         \
  X(implicit_backward_weights)      \
  X(add_bias)                       \
  X(column_sum)                     \
  X(relu_forward)                   \
  X(relu_backward)                  \
  X(sigmoid_forward)                \
  X(sigmoid_backward)               \
  X(tanh_forward)                   \
  X(tanh_backward)                  \
  X(lrn_forward)                    \
  X(lrn_backward)                   \
  X(lrn_same_map_forward)           \
  X(lrn_same_map_backward)          \
  X(max_pool_forward)               \
  X(max_pool_backward)              \
  X(average_pool_forward)           \
  X(average_pool_backward)          \
  X(dropout)                        \
  X(softmax_cross_entropy_forward)  \
  X(softmax_cross_entropy_backward) \
  X(local_forward)                  \
  X(local_backward_data)            \
  X(local_backward_weights)         \
  X(fill)                           \
  X(add)                            \
  X(scale)                          \
  X(narrow)                         \
  X(copy_channels)                  \
  X(transpose)                      \
  X(sgd)                            \
  X(augment)                        \
  X(resize_rows)                    \
  X(augment_rows)                   \
  X(magnitude_sums)

template <class T>
Table<T> observed_table() {
  Table<T> table{};
#define OBSERVE(entry) table.entry = Observed<&Table<T>::entry, &KernelCost<T>::entry>::call;
  FOR_EACH_OBSERVED(OBSERVE)
#undef OBSERVE
  table.all_finite = PassedOn<&Table<T>::all_finite>::call;
  return table;
}

#define NAME(entry) #entry,
constexpr const char* kObserved[] = {FOR_EACH_OBSERVED(NAME)};
#undef NAME
constexpr size_t kPassedOn = 1;
static_assert(sizeof(Table<float>) == (std::size(kObserved) + kPassedOn) * sizeof(void (*)()),
              "an entry of the kernel table is missing here, and its cost in kernel_cost.h");

class ObservedDevice final : public Device {
 public:
  ObservedDevice(std::unique_ptr<Device> device, KernelObserver& observer)
      : device_(std::move(device)),
        whole_{device_->stream(), device_.get(), &observer, /*is_lane=*/false},
        observer_(observer) {}

  std::string description() const override { return device_->description(); }
  int threads() const override { return device_->threads(); }
  std::shared_ptr<std::byte> allocate(size_t bytes) override {
    observer_.allocates(bytes);
    return device_->allocate(bytes);
  }
  size_t available_bytes() const override { return device_->available_bytes(); }
  void upload(void* to, const void* from, size_t bytes) override { device_->upload(to, from, bytes); }
  void download(void* to, const void* from, size_t bytes) override { device_->download(to, from, bytes); }
  void copy(void* to, const void* from, size_t bytes) override { device_->copy(to, from, bytes); }
  void synchronize() override { device_->synchronize(); }
  Stream stream() override { return &whole_; }
  void copy_beside(void* to, const void* from, size_t bytes) override { device_->copy_beside(to, from, bytes); }
  void kernels_wait_for_copies() override { device_->kernels_wait_for_copies(); }
  void finish_copies() override { device_->finish_copies(); }
  std::shared_ptr<void> pin(void* memory, size_t bytes) override { return device_->pin(memory, bytes); }

  void reserve_workspace(std::span<const size_t> bytes_of_lanes) override {
    device_->reserve_workspace(bytes_of_lanes);
  }
  void for_tiles(long count, size_t workspace_bytes, const std::function<void(long, const Lane&)>& work) override {
    device_->for_tiles(count, workspace_bytes, [&](long tile, const Lane& lane) {
      ObservedStream stream{lane.stream, device_.get(), &observer_, /*is_lane=*/true};
      work(tile, {&stream, lane.workspace});
    });
  }

  void gemm(const Lane& lane, const Gemm<float>& gemm) override { observed_gemm(lane, gemm); }
  void gemm(const Lane& lane, const Gemm<double>& gemm) override { device_->gemm(inner(lane), gemm); }
  void gemm(const Lane& lane, const Gemm<bf16>& gemm) override { observed_gemm(lane, gemm); }
  void gemm(const Lane& lane, const Gemm<bf16, float>& gemm) override { observed_gemm(lane, gemm); }
  bool multiplies_bf16() const override { return device_->multiplies_bf16(); }
  bool wants_plain_b() const override { return device_->wants_plain_b(); }
  size_t tile_bytes() const override { return device_->tile_bytes(); }
  int partial_sums() const override { return device_->partial_sums(); }

 protected:
  const Table<float>& float_kernels() const override { return float_table_; }
  const Table<bf16>& bf16_kernels() const override { return bf16_table_; }
  const Table<double>& double_kernels() const override {
    throw UsageError("an observed device", "kernels in double precision are not observed");
  }

 private:
  template <class T, class Result>
  void observed_gemm(const Lane& lane, const Gemm<T, Result>& gemm) {
    KernelCall call = gemm_cost(gemm);
    call.in_tile = static_cast<const ObservedStream*>(lane.stream)->is_lane;
    observer_.before(call);
    device_->gemm(inner(lane), gemm);
    observer_.after(call);
  }
  static Lane inner(const Lane& lane) {
    return {static_cast<const ObservedStream*>(lane.stream)->inner, lane.workspace};
  }

  std::unique_ptr<Device> device_;
  ObservedStream whole_;
  KernelObserver& observer_;
  const Table<float> float_table_ = observed_table<float>();
  const Table<bf16> bf16_table_ = observed_table<bf16>();
};

}  // namespace

const std::set<std::string>& observed_kernels() {
  static const std::set<std::string> names(std::begin(kObserved), std::end(kObserved));
  return names;
}

std::unique_ptr<Device> observe(std::unique_ptr<Device> device, KernelObserver& observer) {
  return std::make_unique<ObservedDevice>(std::move(device), observer);
}

}  // namespace tandem
