// weir/detail/channel_awaiters.hpp - who waits for a channel: tasks, and blocked threads.           [floor: flow]
// Included by channel.hpp.
#pragma once

#include <weir/channel.hpp>
#include <weir/detail/trampoline.hpp>

namespace weir::inline v0::detail {

/// What both directions share: the step under the channel's lock, the end of the wait, the time it took.
class channel_wait : protected parked_task {
 public:
  using weir_awaitable = void;
  bool await_ready() const noexcept { return false; }

 protected:
  using parked_task::parked_task;

  /// Runs `step(may_wait)`; suspends if it says waits.
  template <class Step>
  void begin(promise_base& task, wait_cause why, const void* queue, Step&& step) {
    if (stopped_before(task)) {
      verdict_ = passage::stopped;
      return resume_next(task.self);
    }
    const passage p = step([=, this] { return may_begin_to_wait(why, queue); });
    if (p == passage::waits) return;  // resumed elsewhere, perhaps already
    verdict_ = p;
    task.go_on();
  }

  /// After the resumption, before finish().
  [[nodiscard]] bool waited() const noexcept { return verdict_ == passage::waits; }
  /// How it went, after the resumption. `how`: of the waiter that this is.
  passage finish(wait_end how, std::atomic<std::uint64_t>& blocked) noexcept {
    if (verdict_ != passage::waits) return verdict_;
    end_wait();
    blocked.fetch_add(static_cast<std::uint64_t>((this->task().env.sched->now() - began_).count()),
                      std::memory_order_relaxed);
    return how == wait_end::done ? passage::done : how == wait_end::closed ? passage::closed : passage::stopped;
  }

 private:
  bool may_begin_to_wait(wait_cause why, const void* queue) noexcept {
    began_ = this->task().env.sched->now();
    if (why == wait_cause::queue_send) trace(event::queue_full, trace_id(queue));
    return may_wait(why, queue);
  }

  time_point began_{};
  passage verdict_ = passage::waits;
};

/// Sends and reservations: the sender node in the awaiting frame.
template <class T>
class send_wait : public channel_wait, private channel_core<T, patient_lock>::sender {
 protected:
  using node_core = channel_core<T, patient_lock>;
  using node = typename node_core::sender;

  send_wait(channel<T>& to, T* first, std::size_t n) noexcept
      : channel_wait{&withdraw}, node{first, n, &woken}, to_{&to} {}

  void begin(promise_base& task) {
    channel_wait::begin(task, wait_cause::queue_send, to_,
                        [this](auto&& may_wait) { return to_->offer(*this, may_wait); });
  }
  /// How it ended; what did not succeed throws.
  passage end() noexcept {
    const bool waited = this->waited();
    const passage p = this->finish(this->how, to_->senders_blocked_);
    if (waited && this->accepted != 0) to_->note(event::queue_push, this->accepted);
    return p;
  }
  void end_or_throw() {
    if (const passage p = end(); p != passage::done) to_->refuse(p);
  }
  [[nodiscard]] bool byte_limited() const noexcept { return to_->core_->byte_limit() != node_core::unlimited; }
  std::size_t weigh(const T& value) const noexcept { return to_->weigh(value); }
  std::size_t weigh_checked(const T& value) const {
    const std::size_t weight = weigh(value);
    if (weight > to_->core_->byte_limit()) to_->refuse(passage::too_large);
    return weight;
  }
  node& request() noexcept { return *this; }
  channel<T>& target() noexcept { return *to_; }

 private:
  static void woken(waiter& w) noexcept { static_cast<send_wait&>(static_cast<node&>(w)).wake_task(); }
  static void withdraw(parked_task& t) noexcept {
    auto& me = static_cast<send_wait&>(t);
    me.to_->core_->withdraw(me.request(), wait_end::stopped);
  }

  channel<T>* to_;
};

template <class T>
class send_awaiter : public send_wait<T> {
 public:
  send_awaiter(channel<T>* to, T* value) noexcept : send_wait<T>{*to, value, 1} {}
  template <task_promise P>
  void await_suspend(std::coroutine_handle<P> h) {
    this->request().bytes = this->weigh(*this->request().items);
    this->begin(h.promise());
  }
  void await_resume() { this->end_or_throw(); }
};

template <class T>
struct copied {
  T copy;
};

/// Sends a copy, which it holds.
template <class T>
class send_copy_awaiter : private copied<T>, public send_awaiter<T> {
 public:
  send_copy_awaiter(channel<T>* to, const T* value) : copied<T>{*value}, send_awaiter<T>{to, &this->copy} {}
};

template <class T>
class send_many_awaiter : public send_wait<T> {
 public:
  send_many_awaiter(channel<T>* to, std::span<T> values) noexcept
      : send_wait<T>{*to, values.data(), values.size()}, none_{values.empty()} {}
  bool await_ready() const noexcept { return none_; }
  template <task_promise P>
  void await_suspend(std::coroutine_handle<P> h) {
    auto& r = this->request();
    if (this->byte_limited()) {
      sizes_.reserve(r.left);
      for (const T& v : std::span{r.items, r.left}) sizes_.push_back(this->weigh_checked(v));
      r.sizes = sizes_.data();
    }
    this->begin(h.promise());
  }
  std::size_t await_resume() {
    if (!none_) static_cast<void>(this->end());
    return this->request().accepted;
  }

 private:
  const bool none_;
  std::vector<std::size_t> sizes_;  // only under a byte limit
};

template <class T>
class reserve_awaiter : public send_wait<T> {
 public:
  reserve_awaiter(channel<T>* in, std::size_t n, std::size_t size) noexcept : send_wait<T>{*in, nullptr, n} {
    this->request().bytes = size;
  }
  template <task_promise P>
  void await_suspend(std::coroutine_handle<P> h) {
    this->begin(h.promise());
  }
  slots<T> await_resume() {
    this->end_or_throw();
    return {this->target(), this->request().left, this->request().bytes};
  }
};

/// Receives: the receiver node, with room for the item, in the awaiting frame.
template <class T>
class receive_wait : public channel_wait, private channel_core<T, patient_lock>::receiver {
 protected:
  using node = typename channel_core<T, patient_lock>::receiver;

  explicit receive_wait(channel<T>& from) noexcept : channel_wait{&withdraw}, node{&woken}, from_{&from} {}

  void begin(promise_base& task) {
    channel_wait::begin(task, wait_cause::queue_receive, from_,
                        [this](auto&& may_wait) { return from_->fetch(*this, may_wait); });
  }
  std::optional<T> end() {
    const bool waited = this->waited();
    switch (this->finish(this->how, from_->receivers_blocked_)) {
      case passage::done:
        if (waited) from_->note(event::queue_pop, 1);
        return std::move(this->value);
      case passage::closed:
        return from_->at_end();
      default:
        throw operation_cancelled{};
    }
  }
  std::size_t fetch_many(std::vector<T>& into, std::size_t n) { return from_->fetch_many(into, n); }

 private:
  static void woken(waiter& w) noexcept { static_cast<receive_wait&>(static_cast<node&>(w)).wake_task(); }
  static void withdraw(parked_task& t) noexcept {
    auto& me = static_cast<receive_wait&>(t);
    me.from_->core_->withdraw(static_cast<node&>(me), wait_end::stopped);
  }

  channel<T>* from_;
};

template <class T>
class receive_awaiter : public receive_wait<T> {
 public:
  explicit receive_awaiter(channel<T>* from) noexcept : receive_wait<T>{*from} {}
  template <task_promise P>
  void await_suspend(std::coroutine_handle<P> h) {
    this->begin(h.promise());
  }
  std::optional<T> await_resume() { return this->end(); }
};

template <class T>
class receive_many_awaiter : public receive_wait<T> {
 public:
  receive_many_awaiter(channel<T>* from, std::vector<T>* into, std::size_t n) noexcept
      : receive_wait<T>{*from}, into_{into}, most_{n} {}
  bool await_ready() const noexcept { return most_ == 0; }
  template <task_promise P>
  void await_suspend(std::coroutine_handle<P> h) {
    promise_base& task = h.promise();
    if (!this->stopped_before(task)) {
      got_ = this->fetch_many(*into_, most_);  // makes room for at least one
      if (got_ != 0) return task.go_on();
    }
    this->begin(task);
  }
  std::size_t await_resume() {
    if (most_ == 0 || got_ != 0) return got_;
    if (auto first = this->end()) {
      into_->push_back(std::move(*first));  // there is room
      got_ = 1;
      if (most_ > 1) got_ += this->fetch_many(*into_, most_ - 1);
    }
    return got_;
  }

 private:
  std::vector<T>* into_;
  std::size_t most_;
  std::size_t got_ = 0;
};

/// The same on a plain thread.
template <class T>
class blocked_sender : private channel_core<T, patient_lock>::sender, private parked_thread {
  using node = typename channel_core<T, patient_lock>::sender;

 public:
  blocked_sender(channel<T>& to, T& value) noexcept : node{&value, 1, &woken}, to_{&to} {
    this->bytes = to.weigh(value);
  }
  void run(time_point until) {
    check_outside("channel::send_blocking");
    passage p = to_->offer(*this, [] { return true; });
    if (p == passage::waits) {
      const auto began = std::chrono::steady_clock::now();
      if (!sleep(until) && !to_->core_->withdraw(static_cast<node&>(*this), wait_end::timed_out))
        static_cast<void>(sleep(time_point::max()));  // decided meanwhile: its wake-up is on the way
      to_->senders_blocked_.fetch_add(static_cast<std::uint64_t>((std::chrono::steady_clock::now() - began).count()),
                                      std::memory_order_relaxed);
      if (this->how == wait_end::timed_out) throw operation_timed_out{"weir: channel: not sent before the time limit"};
      p = this->how == wait_end::done ? passage::done : passage::closed;
      if (p == passage::done) to_->note(event::queue_push, 1);
    }
    if (p != passage::done) to_->refuse(p);
  }

 private:
  static void woken(waiter& w) noexcept {
    static_cast<parked_thread&>(static_cast<blocked_sender&>(static_cast<node&>(w))).wake();
  }
  channel<T>* to_;
};

template <class T>
class blocked_receiver : private channel_core<T, patient_lock>::receiver, private parked_thread {
  using node = typename channel_core<T, patient_lock>::receiver;

 public:
  explicit blocked_receiver(channel<T>& from) noexcept : node{&woken}, from_{&from} {}
  std::optional<T> run(time_point until) {
    check_outside("channel::receive_blocking");
    passage p = from_->fetch(*this, [] { return true; });
    if (p == passage::waits) {
      const auto began = std::chrono::steady_clock::now();
      if (!sleep(until) && !from_->core_->withdraw(static_cast<node&>(*this), wait_end::timed_out))
        static_cast<void>(sleep(time_point::max()));  // decided meanwhile: its wake-up is on the way
      from_->receivers_blocked_.fetch_add(
          static_cast<std::uint64_t>((std::chrono::steady_clock::now() - began).count()), std::memory_order_relaxed);
      if (this->how == wait_end::timed_out) throw operation_timed_out{"weir: channel: no item before the time limit"};
      p = this->how == wait_end::done ? passage::done : passage::closed;
      if (p == passage::done) from_->note(event::queue_pop, 1);
    }
    return p == passage::closed ? from_->at_end() : std::move(this->value);
  }

 private:
  static void woken(waiter& w) noexcept {
    static_cast<parked_thread&>(static_cast<blocked_receiver&>(static_cast<node&>(w))).wake();
  }
  channel<T>* from_;
};

}  // namespace weir::inline v0::detail
