// A job that runs a function of the test on the thread that takes it.
#pragma once

#include <weir/detail/blocking_job.hpp>

#include <functional>
#include <semaphore>

namespace weir_test {

struct step : weir::detail::blocking_job {
  explicit step(std::function<void()> f)
      : blocking_job{[](job* self, weir::detail::action what) noexcept {
                       auto& me = *static_cast<step*>(self);
                       if (what == weir::detail::action::run)
                         me.run();
                       else
                         me.cancelled = true;
                       me.done.release();
                       return weir::detail::outcome::internal;
                     },
                     "step"},
        run{std::move(f)} {}
  std::function<void()> run;
  bool cancelled = false;
  std::binary_semaphore done{0};
};

}  // namespace weir_test
