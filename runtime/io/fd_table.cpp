#include "io/fd_table.hpp"

#include <new>

namespace weir::inline v0::io {

void waiter_list::push_back(operation& op) noexcept {
  op.prev = last_;
  op.sibling = nullptr;
  (last_ != nullptr ? last_->sibling : first_) = &op;
  last_ = &op;
}

void waiter_list::remove(operation& op) noexcept {
  (op.prev != nullptr ? op.prev->sibling : first_) = op.sibling;
  (op.sibling != nullptr ? op.sibling->prev : last_) = op.prev;
  op.prev = op.sibling = nullptr;
}

fd_entry* fd_table::find(int fd) const noexcept {
  const auto chunk = static_cast<std::size_t>(fd) / chunk_size;
  if (fd < 0 || chunk >= chunks_.size() || chunks_[chunk] == nullptr) return nullptr;
  return &chunks_[chunk][static_cast<std::size_t>(fd) % chunk_size];
}

fd_entry* fd_table::at(int fd) noexcept {
  if (fd < 0) return nullptr;
  if (fd_entry* known = find(fd)) return known;
  const auto chunk = static_cast<std::size_t>(fd) / chunk_size;
  try {
    if (chunk >= chunks_.size()) chunks_.resize(chunk + 1);
    chunks_[chunk] = std::make_unique<fd_entry[]>(chunk_size);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
  return find(fd);
}

}  // namespace weir::inline v0::io
