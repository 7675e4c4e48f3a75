#include <weir/detail/descriptor.hpp>
#include <weir/detail/pool.hpp>

#include <unistd.h>

namespace weir::inline v0::detail {

namespace {

// Not state: only a source of numbers that differ. 0 means "not known" (detail/operation.hpp).
constinit std::atomic<std::uint64_t> generations{1};

}  // namespace

descriptor::descriptor(int number) noexcept
    : number_{number}, generation_{generations.fetch_add(1, std::memory_order_relaxed)} {}

descriptor::~descriptor() { ::close(number_); }

void* descriptor::operator new(std::size_t size) { return pool_allocate(size); }

void descriptor::operator delete(void* block, std::size_t size) noexcept { pool_release(block, size); }

}  // namespace weir::inline v0::detail
