#include "input_list.hpp"

#include <utility>

namespace log_pipeline {

input_list::input_list(const std::vector<std::string>& paths, stop_signals& stop) : stop_{stop} {
  for (const std::string& path : paths) {
    auto in = std::make_unique<file_input>(path, stop);
    const std::uint64_t bytes = in->size();
    const file_identity identity = in->identity();
    inputs_.push_back({path, bytes, identity, in->is_regular() ? nullptr : std::move(in)});
  }
}

std::uint64_t input_list::total_bytes() const noexcept {
  std::uint64_t all = 0;
  for (const entry& e : inputs_) {
    if (e.bytes == 0) return 0;
    all += e.bytes;
  }
  return all;
}

const std::string* input_list::find(const file_identity& file) const noexcept {
  for (const entry& e : inputs_)
    if (are_same(e.identity, file)) return &e.path;
  return nullptr;
}

std::unique_ptr<file_input> input_list::take(std::size_t i) {
  entry& e = inputs_[i];
  return e.kept != nullptr ? std::move(e.kept) : std::make_unique<file_input>(e.path, stop_);
}

}  // namespace log_pipeline
