#include "trace/sites.hpp"

#include <algorithm>
#include <cstring>

namespace weir::inline v0::tracing {

constinit site_table the_sites;

namespace {

constexpr std::size_t longest_name = 120;

bool same(const detail::trace_site& a, const detail::trace_site& b) noexcept {
  return a.name == b.name && a.file == b.file && a.line == b.line;
}

std::uint32_t hash_of(const detail::trace_site& s) noexcept {
  const std::uint64_t mixed = detail::trace_id(s.name) ^ detail::trace_id(s.file) << 20U ^ std::uint64_t{s.line} << 44U;
  return static_cast<std::uint32_t>((mixed * 0x9E3779B97F4A7C15U) >> 40U);
}

// A name loses its end, a path its beginning.
void fill(site_slot& to, std::string_view name, std::string_view file, std::uint32_t line, site_kind kind) noexcept {
  name = name.substr(0, longest_name);
  const std::size_t room = to.text.size() - name.size();
  if (file.size() > room) file.remove_prefix(file.size() - room);
  name.copy(to.text.data(), name.size());  // of an absent file there is nothing to copy, and nothing to copy from
  file.copy(to.text.data() + name.size(), file.size());
  to.line = line;
  to.kind = kind;
  to.name_bytes = static_cast<std::uint16_t>(name.size());
  to.file_bytes = static_cast<std::uint16_t>(file.size());
}

std::string_view text(const char* s) noexcept { return s != nullptr ? std::string_view{s} : std::string_view{}; }

}  // namespace

std::uint32_t site_table::id_of(const detail::trace_site& site, site_kind kind) noexcept {
  if (site.name == nullptr && site.file == nullptr) return none;
  const std::uint32_t hash = hash_of(site);
  for (std::uint32_t i = 0; i < tries; ++i) {
    const key& k = keys_[(hash + i) % key_places];
    const std::uint32_t id = k.id.load(std::memory_order_acquire);  // (D1) pairs with N2
    if (id == 0) return add(site, kind, hash);
    if (same(k.site, site)) return id;
  }
  return other;
}

std::uint32_t site_table::add(const detail::trace_site& site, site_kind kind, std::uint32_t first) noexcept {
  const std::lock_guard lock{mutex_};
  if (count_.load(std::memory_order_relaxed) == 0) {
    publish(none);
    fill(slots_[other], "(other)", {}, 0, site_kind::other);
    publish(other);
  }
  const std::uint32_t id = count_.load(std::memory_order_relaxed);
  if (id == site_slots) return other;
  for (std::uint32_t i = 0; i < tries; ++i) {
    key& k = keys_[(first + i) % key_places];
    const std::uint32_t taken = k.id.load(std::memory_order_relaxed);
    if (taken != 0 && same(k.site, site)) return taken;  // somebody was faster
    if (taken != 0) continue;
    fill(slots_[id], text(site.name), text(site.file), site.line, kind);
    publish(id);
    k.site = site;
    k.id.store(id, std::memory_order_release);  // (N2) publishes the key to D1
    return id;
  }
  return other;
}

void site_table::publish(std::uint32_t id) noexcept {
  count_.store(id + 1, std::memory_order_release);  // (N2) publishes the texts to D1
  if (mirror_ == nullptr) return;
  mirror_[id] = slots_[id];
  mirror_count_->store(id + 1, std::memory_order_release);  // (N2) for who reads the file
}

std::uint32_t site_table::count() const noexcept { return count_.load(std::memory_order_acquire); }  // (D1)

void site_table::mirror_to(site_slot* slots, std::atomic<std::uint32_t>* count) noexcept {
  const std::lock_guard lock{mutex_};
  mirror_ = slots;
  mirror_count_ = count;
  if (slots == nullptr) return;
  const std::uint32_t n = count_.load(std::memory_order_relaxed);
  std::copy_n(slots_.begin(), n, slots);
  count->store(n, std::memory_order_release);  // (N2) for who reads the file
}

std::string_view name_of(const site_slot& s) noexcept { return {s.text.data(), s.name_bytes}; }
std::string_view file_of(const site_slot& s) noexcept { return {s.text.data() + s.name_bytes, s.file_bytes}; }

}  // namespace weir::inline v0::tracing
