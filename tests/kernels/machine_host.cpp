#include <new>

#include "kernels/host/sanitizers.h"
#include "kernels/host/thread_pool.h"
#include "tests/kernels/machine.h"

namespace tandem::test {
namespace {

constexpr std::align_val_t kAlignment{64};

}  // namespace

template <class T>
const Table<T>& table() {
  return host::table<T>();
}
template const Table<float>& table();
template const Table<bf16>& table();
template const Table<double>& table();

void* allocate(size_t bytes) { return ::operator new(bytes, kAlignment); }
void release(void* memory) noexcept { ::operator delete(memory, kAlignment); }

void in_every_other_way(const std::function<void(Stream)>& run) {
  host::ThreadPool pool(3);
  run(Stream(&pool));
  pool.set_strict(7);
  run(Stream(&pool));
}

// To ThreadSanitizer every CUDA thread is a thread, with a stack and a history of its own, and large cases add minutes
// but no new kind of access.
bool affordable([[maybe_unused]] long elements) {
#if defined(__SANITIZE_THREAD__)
  return elements <= 5000;
#else
  return true;
#endif
}

}  // namespace tandem::test
