// trace/crc32.hpp - the checksum of .wtr files: zlib's CRC-32, eight bytes at a time.           [floor: trace]
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace weir::inline v0::tracing {

namespace crc_tables {

constexpr std::array<std::array<std::uint32_t, 256>, 8> make() noexcept {
  std::array<std::array<std::uint32_t, 256>, 8> t{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t c = i;
    for (int bit = 0; bit < 8; ++bit) c = (c & 1U) != 0 ? c >> 1U ^ 0xEDB88320U : c >> 1U;
    t[0][i] = c;
  }
  for (std::size_t k = 1; k < 8; ++k)
    for (std::size_t i = 0; i < 256; ++i) t[k][i] = t[k - 1][i] >> 8U ^ t[0][t[k - 1][i] & 255U];
  return t;
}

inline constexpr auto tables = make();

}  // namespace crc_tables

/// Polynomial 0xEDB88320, initial and final value inverted. `crc` goes on from an earlier part's.
inline std::uint32_t crc32(const void* data, std::size_t bytes, std::uint32_t crc = 0) noexcept {
  const auto& t = crc_tables::tables;
  const auto* at = static_cast<const unsigned char*>(data);
  std::uint32_t c = ~crc;
  for (; bytes >= 8; bytes -= 8, at += 8) {
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    std::memcpy(&low, at, 4);
    std::memcpy(&high, at + 4, 4);
    low ^= c;
    c = t[7][low & 255U] ^ t[6][low >> 8U & 255U] ^ t[5][low >> 16U & 255U] ^ t[4][low >> 24U] ^ t[3][high & 255U] ^
        t[2][high >> 8U & 255U] ^ t[1][high >> 16U & 255U] ^ t[0][high >> 24U];
  }
  for (; bytes > 0; --bytes, ++at) c = c >> 8U ^ t[0][(c ^ *at) & 255U];
  return ~c;
}

}  // namespace weir::inline v0::tracing
