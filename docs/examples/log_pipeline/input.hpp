// input.hpp - where bytes come from: a file or pipe (file_input.hpp), or a client (server.cpp).
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "batch.hpp"

namespace log_pipeline {

class input {
 public:
  enum class state {
    data,
    end,
    idle,     ///< nothing has come for a while: pass on what is there
    stopped,  ///< nothing more will come, and this is not the end: a signal, an error, a client that broke off
  };
  struct chunk {
    input::state state;
    std::size_t size = 0;
  };

  /// Reads up to room bytes.
  [[nodiscard]] virtual chunk read(char* to, std::size_t room) = 0;

  [[nodiscard]] const std::shared_ptr<log_pipeline::source>& source() const noexcept { return source_; }

 protected:
  explicit input(std::string name) : source_{std::make_shared<log_pipeline::source>(std::move(name))} {}
  ~input() = default;

 private:
  std::shared_ptr<log_pipeline::source> source_;
};

}  // namespace log_pipeline
