#include "kernels/ptx/memory.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "kernels/ptx/error.h"
#include "kernels/ptx/text.h"

namespace tandem::ptx {
namespace {

constexpr std::align_val_t kAlignment{256};  // what cudaMalloc promises

std::unique_ptr<uint8_t, Region::FreeAligned> allocate_aligned(size_t bytes, int value) {
  std::unique_ptr<uint8_t, Region::FreeAligned> storage(static_cast<uint8_t*>(::operator new(bytes, kAlignment)));
  std::memset(storage.get(), value, bytes);
  return storage;
}

Address address_of(const void* p) { return reinterpret_cast<Address>(p); }

}  // namespace

template <class T>
LazyZeros<T>::LazyZeros(size_t count) : data_(static_cast<T*>(std::calloc(count, sizeof(T)))) {
  if (!data_) throw std::bad_alloc();
}
template class LazyZeros<uint8_t>;
template class LazyZeros<AccessHistory>;

void Region::FreeAligned::operator()(uint8_t* p) const { ::operator delete(p, kAlignment); }

Region& Memory::add(Region region) {
  const Address base = region.base;
  return regions_.insert_or_assign(base, std::move(region)).first->second;
}

Address Memory::allocate(size_t bytes, bool race_checked) {
  Region region;
  region.bytes = std::max<size_t>(bytes, 1);
  region.storage = allocate_aligned(region.bytes, 0xcd);
  region.data = region.storage.get();
  region.base = address_of(region.data);
  region.written = LazyZeros<uint8_t>(region.bytes);
  if (race_checked) region.history = LazyZeros<AccessHistory>(region.bytes / 4 + 1);
  return add(std::move(region)).base;
}

Address Memory::lend(void* host, size_t bytes, bool race_checked) {
  Region region;
  region.bytes = bytes;
  region.data = static_cast<uint8_t*>(host);
  region.base = address_of(host);
  if (race_checked) region.history = LazyZeros<AccessHistory>(bytes / 4 + 1);
  return add(std::move(region)).base;
}

Region& Memory::add_variable(const std::string& name, size_t bytes, bool read_only) {
  Region region;
  region.bytes = std::max<size_t>(bytes, 1);
  region.storage = allocate_aligned(region.bytes, 0);
  region.data = region.storage.get();
  region.base = address_of(region.data);
  region.name = name;
  region.read_only = read_only;
  return add(std::move(region));
}

void Memory::free(Address address) {
  if (regions_.erase(address) == 0) {
    throw Error("free: no allocation begins at " + describe(address) + "; free what allocate() returned, once");
  }
}

Region* Memory::find(Address address, size_t length) {
  auto after = regions_.upper_bound(address);
  if (after == regions_.begin()) return nullptr;
  Region& region = std::prev(after)->second;
  return region.contains(address, length) ? &region : nullptr;
}

std::string Memory::describe(Address address) const {
  constexpr uint64_t kNear = 1 << 20;
  std::string description = "address " + hexadecimal(address);
  auto after = regions_.upper_bound(address);
  if (after == regions_.begin()) return description;
  const Region& region = std::prev(after)->second;
  if (address - region.base >= region.bytes + kNear) return description;
  return text(description, " = ", region.name.empty() ? "allocation at " + hexadecimal(region.base) : region.name,
              " + ", address - region.base, ", of ", region.bytes, " bytes");
}

Region& Memory::span(Address address, size_t bytes, const char* what) {
  if (Region* region = find(address, bytes)) return *region;
  throw Error(text(what, " of ", bytes, " bytes at ", describe(address), " is out of bounds"));
}

void Memory::write(Address to, const void* from, size_t bytes) {
  if (bytes == 0) return;
  Region& region = span(to, bytes, "a copy");
  const size_t offset = to - region.base;
  if (region.written) std::memset(region.written.data() + offset, 1, bytes);
  std::memcpy(region.data + offset, from, bytes);
}

void Memory::read(void* to, Address from, size_t bytes) {
  if (bytes == 0) return;
  const Region& region = span(from, bytes, "a copy");
  std::memcpy(to, region.data + (from - region.base), bytes);
}

void Memory::copy(Address to, Address from, size_t bytes) {
  if (bytes == 0) return;
  Region &target = span(to, bytes, "a copy"), &source = span(from, bytes, "a copy");
  const size_t target_offset = to - target.base, source_offset = from - source.base;
  std::memmove(target.data + target_offset, source.data + source_offset, bytes);
  if (!target.written) return;
  if (source.written) {
    std::memmove(target.written.data() + target_offset, source.written.data() + source_offset, bytes);
  } else {
    std::memset(target.written.data() + target_offset, 1, bytes);
  }
}

void Memory::fill(Address to, int value, size_t bytes) {
  if (bytes == 0) return;
  Region& region = span(to, bytes, "a fill");
  const size_t offset = to - region.base;
  if (region.written) std::memset(region.written.data() + offset, 1, bytes);
  std::memset(region.data + offset, value, bytes);
}

bool Memory::written(Address address, size_t bytes) {
  const Region& region = span(address, bytes, "a range");
  return !region.written || std::memchr(region.written.data() + (address - region.base), 0, bytes) == nullptr;
}

void Memory::mark_written(Address address, size_t bytes) {
  Region& region = span(address, bytes, "a range");
  if (region.written) std::memset(region.written.data() + (address - region.base), 1, bytes);
}

}  // namespace tandem::ptx
