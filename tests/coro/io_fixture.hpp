// A real runtime for the I/O tests: run a task to its end on either home, and see that nothing is left behind.
#pragma once

#include <doctest/doctest.h>

#include <semaphore>
#include <utility>

#include <weir/detail/root_task.hpp>
#include <weir/runtime.hpp>

#include "io/support/process.hpp"

namespace io_test {

using weir::detail::home;

template <class T>
class running : public weir::detail::root_task<T> {
 public:
  running(weir::runtime& rt, weir::task<T> t, home where = home::io)
      : weir::detail::root_task<T>{std::move(t), [](weir::detail::root_base& self) noexcept {
                                     static_cast<running&>(self).ended_.release();
                                   }} {
    this->start(rt.scheduler(), where);
  }
  /// Once.
  T join() {
    ended_.acquire();
    return this->take();
  }

 private:
  std::binary_semaphore ended_{0};
};

template <class T>
T run(weir::runtime& rt, weir::task<T> t, home where = home::io) {
  running<T> r{rt, std::move(t), where};
  return r.join();
}

/// Member of a test's fixture: descriptors and threads of ours as before. TBB's threads are the process's, so the
/// count starts after a first runtime.
struct nothing_left {
  nothing_left() {
    {
      const weir::runtime warm{{.threads = 2}};
    }
    descriptors = weir_test::open_descriptors();
  }
  ~nothing_left() { CHECK(weir_test::open_descriptors() == descriptors); }
  nothing_left(const nothing_left&) = delete;
  nothing_left& operator=(const nothing_left&) = delete;
  long descriptors;
};

}  // namespace io_test
