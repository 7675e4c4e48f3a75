// units.hpp - numbers for people: durations, counts, places.
#pragma once

#include <cstdint>
#include <string>

#include "trace_file.hpp"

namespace weir_tool {

std::string duration(double ns);  ///< "1.23 ms"
std::string duration(std::int64_t ns);
std::string grouped(std::uint64_t n);                            ///< "1,234,567"
std::string place(const site& s);                                ///< "file.cpp:12", or nothing
std::string place(const trace_file& trace, std::uint32_t site);  ///< of a site that is not there: nothing
std::string title(const trace_file& trace, std::uint32_t site);  ///< "name (file.cpp:12)"; never empty
std::string site_name(const trace_file& trace, std::uint32_t site);

}  // namespace weir_tool
