// explorer/plain.hpp - ordinary data whose races are found: use it for payloads and links in models.
#pragma once

#include "explorer/engine.hpp"

namespace weir::inline v0::model {

/// A T that is not atomic. Two accesses, one of them a write, that happen-before does not order fail the model.
template <class T>
class plain {
 public:
  plain() : plain{T{}} {}
  plain(T value) : value_{value} { touch(true); }  // NOLINT: stands in for a T
  plain(const plain& other) : plain{static_cast<T>(other)} {}
  ~plain() {
    if (!the.somebody_stopped()) touch(true);
  }

  operator T() const {  // NOLINT
    touch(false);
    return value_;
  }
  plain& operator=(T value) {
    touch(true);
    value_ = value;
    return *this;
  }
  plain& operator=(const plain& other) {
    *this = static_cast<T>(other);
    return *this;
  }
  plain& operator++() {
    *this = static_cast<T>(*this) + 1;
    return *this;
  }

 private:
  void touch(bool writes) const {
    thread_memory& t = the.mine();
    if (writes) the.acted();
    const unsigned self = the.self();
    const stamp now = ++t.now.hb.at[self];
    if (!t.now.hb.covers(written_)) the.fail("data race: %s against an earlier write", writes ? "write" : "read");
    if (writes && !t.now.hb.covers(read_)) the.fail("data race: write against an earlier read");
    (writes ? written_ : read_).at[self] = now;
  }

  T value_;
  mutable clock written_, read_;
};

}  // namespace weir::inline v0::model
