// peak_memory.hpp - the most memory this process has had at once, as the kernel counts it.
#pragma once

#include <cstdint>

namespace account_sync {

/// Takes no descriptor: there may be none left when it is asked.
[[nodiscard]] std::uint64_t peak_rss_bytes() noexcept;

}  // namespace account_sync
