// weir/detail/root_list.hpp - the named tasks that nobody awaits, so that a shutdown can list them.  [floor: job]
#pragma once

#include <array>
#include <cstddef>
#include <string>

#include <weir/detail/spin_lock.hpp>

namespace weir::inline v0::detail {

class root_list {
 public:
  /// Lives in the task's root.
  class entry {
   public:
    entry() noexcept = default;
    entry(const entry&) = delete;
    entry& operator=(const entry&) = delete;

   private:
    friend class root_list;
    root_list* in_ = nullptr;
    const char* name_ = nullptr;
    entry* prev_ = nullptr;
    entry* next_ = nullptr;
  };

  void add(entry& e, const char* name) noexcept {
    e.in_ = this;
    e.name_ = name;
    const spin_guard guard{lock_};
    e.next_ = newest_;
    if (newest_ != nullptr) newest_->prev_ = &e;
    newest_ = &e;
    ++size_;
  }

  /// Harmless for one that was never added.
  static void remove(entry& e) noexcept {
    if (e.in_ == nullptr) return;
    root_list& list = *e.in_;
    const spin_guard guard{list.lock_};
    (e.prev_ != nullptr ? e.prev_->next_ : list.newest_) = e.next_;
    if (e.next_ != nullptr) e.next_->prev_ = e.prev_;
    --list.size_;
  }

  /// ": newest, ..., and 3 more"; "" if there are none.
  [[nodiscard]] std::string names() const {
    std::array<const char*, 16> some{};
    std::size_t shown = 0, all = 0;
    {
      const spin_guard guard{lock_};
      for (const entry* e = newest_; e != nullptr && shown < some.size(); e = e->next_) some[shown++] = e->name_;
      all = size_;
    }
    std::string text;
    for (std::size_t i = 0; i < shown; ++i) text += std::string{i == 0 ? ": " : ", "} + some[i];
    if (all > shown) text += ", and " + std::to_string(all - shown) + " more";
    return text;
  }

 private:
  mutable spin_lock lock_;
  entry* newest_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace weir::inline v0::detail
