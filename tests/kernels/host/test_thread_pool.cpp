#include "kernels/host/thread_pool.h"

#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <ctime>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace tandem::host {
namespace {

TEST_CASE("a pool has the threads it was asked for", "[pool]") {
  REQUIRE(ThreadPool(1).threads() == 1);
  REQUIRE(ThreadPool(5).threads() == 5);
  REQUIRE_THROWS_WITH(ThreadPool(0), "a thread pool needs at least 1 thread, not 0");
}

TEST_CASE("parallel_for visits every index once, and one worker number never twice at a time", "[pool]") {
  for (const int threads : {1, 2, 4}) {
    ThreadPool pool(threads);
    for (const long count : {0l, 1l, 2l, 3l, 1000l}) {
      std::vector<std::atomic<int>> visits(count), inside(threads);
      std::atomic<int> overlaps = 0;
      pool.parallel_for(count, [&](long index, int worker) {
        if (inside.at(worker).fetch_add(1) != 0) ++overlaps;
        ++visits.at(index);
        --inside[worker];
      });
      for (const auto& visit : visits) REQUIRE(visit == 1);
      REQUIRE(overlaps == 0);
    }
  }
}

TEST_CASE("the work of a caller that waits in its body is taken over by others", "[pool]") {
  ThreadPool pool(2);
  std::atomic<int> arrived = 0;
  pool.parallel_for(2, [&](long, int) {  // ends only if both bodies run at once
    ++arrived;
    while (arrived < 2) std::this_thread::yield();
  });
  REQUIRE(arrived == 2);
}

TEST_CASE("parallel_for shows its callers all that the workers wrote", "[pool]") {
  ThreadPool pool(3);
  std::vector<int> x(17);  // not atomic
  for (int round = 0; round < 2000; ++round) {
    pool.parallel_for(long(x.size()), [&](long i, int) { x[i] += int(i); });
  }
  for (size_t i = 0; i < x.size(); ++i) REQUIRE(x[i] == 2000 * int(i));
}

TEST_CASE("the exception of the lowest index is rethrown, for any number of threads", "[pool]") {
  for (const int threads : {1, 2, 4}) {
    ThreadPool pool(threads);
    for (int round = 0; round < 50; ++round) {
      std::atomic<long> started = 0;
      REQUIRE_THROWS_WITH(pool.parallel_for(1000,
                                            [&](long index, int) {
                                              ++started;
                                              if (index >= 5 && index % 5 == 0) {
                                                throw std::runtime_error("index " + std::to_string(index));
                                              }
                                            }),
                          "index 5");
      REQUIRE(started < 1000);
    }
    std::atomic<int> done = 0;
    pool.parallel_for(10, [&](long, int) { ++done; });
    REQUIRE(done == 10);
  }
}

TEST_CASE("a parallel_for inside a body runs in the same worker, in order", "[pool]") {
  ThreadPool pool(3);
  std::atomic<int> wrong = 0;
  pool.parallel_for(20, [&](long, int outer) {
    const auto thread = std::this_thread::get_id();
    long next = 0;
    pool.parallel_for(10, [&](long index, int worker) {
      if (worker != outer || std::this_thread::get_id() != thread || index != next++) ++wrong;
    });
    if (next != 10) ++wrong;
  });
  REQUIRE(wrong == 0);
}

TEST_CASE("calls from several threads take turns", "[pool]") {
  ThreadPool pool(2);
  std::array<long, 3> sums{};
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 3; ++caller) {
    callers.emplace_back([&pool, &sum = sums[caller]] {
      for (int round = 0; round < 200; ++round) {
        std::array<long, 2> part{};  // by worker
        pool.parallel_for(50, [&](long index, int worker) { part[worker] += index; });
        sum += part[0] + part[1];
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  for (const long sum : sums) REQUIRE(sum == 200 * 50 * 49 / 2);
}

TEST_CASE("an idle pool uses no processor time", "[pool]") {
  ThreadPool pool(3);
  pool.parallel_for(100, [](long, int) {});
  std::this_thread::sleep_for(std::chrono::milliseconds(50));  // for the workers to fall asleep
  const std::clock_t before = std::clock();
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  const double used = double(std::clock() - before) / CLOCKS_PER_SEC;
  REQUIRE(used < 0.1);  // two spinning workers would take up to 0.4
}

}  // namespace
}  // namespace tandem::host
