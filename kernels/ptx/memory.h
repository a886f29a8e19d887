// Global memory: regions of host memory whose host address is their device address. That needs no translation, and
// memory of the host can be lent to kernels.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>

#include "kernels/ptx/access_history.h"
#include "kernels/ptx/types.h"

namespace tandem::ptx {

using Address = uint64_t;  // on the device

// Generic addresses of the other spaces: an offset and one of these bits.
constexpr Address kLocalWindow = Address{1} << 62, kSharedWindow = Address{1} << 61,
                  kParameterWindow = Address{1} << 60, kOffsetMask = ~(Address{7} << 60);

inline Space space_of(Address generic) {
  return generic & kLocalWindow       ? Space::kLocal
         : generic & kSharedWindow    ? Space::kShared
         : generic & kParameterWindow ? Space::kParameter
                                      : Space::kGlobal;
}

// An array of zeros whose pages take no memory until they are touched.
template <class T>
class LazyZeros {
 public:
  LazyZeros() = default;
  explicit LazyZeros(size_t count);
  explicit operator bool() const { return bool(data_); }
  T& operator[](size_t i) { return data_.get()[i]; }
  const T& operator[](size_t i) const { return data_.get()[i]; }
  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }

 private:
  struct Free {
    void operator()(T* p) const { std::free(p); }
  };
  std::unique_ptr<T, Free> data_;
};

struct Region {
  struct FreeAligned {
    void operator()(uint8_t* p) const;
  };

  Address base = 0;
  size_t bytes = 0;
  uint8_t* data = nullptr;
  std::unique_ptr<uint8_t, FreeAligned> storage;  // empty: memory of the host's
  std::string name;                               // of a variable
  bool read_only = false;
  LazyZeros<uint8_t> written;        // a byte a byte; empty: all of it counts as written
  LazyZeros<AccessHistory> history;  // one a word; empty: not checked for races

  bool contains(Address address, size_t length) const {
    return address >= base && length <= bytes && address - base <= bytes - length;
  }
};

class Memory {
 public:
  // Fresh memory holds 0xcd bytes that count as not written. `race_checked`: keeps an access history.
  Address allocate(size_t bytes, bool race_checked);
  // Memory of the host, which counts as written, becomes addressable at its host address.
  Address lend(void* host, size_t bytes, bool race_checked);
  // A module's variable, zeroed.
  Region& add_variable(const std::string& name, size_t bytes, bool read_only);
  void free(Address address);  // of any of the three; throws Error if nothing begins there

  Region* find(Address address, size_t length);  // the region that holds all of it; nullptr if none does
  std::string describe(Address address) const;   // for messages: where it is, or what is near

  // Copies between host and device; each throws Error if it leaves its region.
  void write(Address to, const void* from, size_t bytes);
  void read(void* to, Address from, size_t bytes);
  void copy(Address to, Address from, size_t bytes);
  void fill(Address to, int value, size_t bytes);

  // For work that is not a kernel's: whether all of a range has been written, and that it now is.
  bool written(Address address, size_t bytes);
  void mark_written(Address address, size_t bytes);

 private:
  Region& add(Region region);
  Region& span(Address address, size_t bytes, const char* what);

  std::map<Address, Region> regions_;
};

}  // namespace tandem::ptx
