// convert/formats.hpp - the formats that a timeline can be written in.
#pragma once

#include <memory>

#include "convert/output_file.hpp"
#include "convert/sink.hpp"
#include "trace_file.hpp"

namespace weir_tool {

/// Chrome's trace event JSON: B and E on threads, b and e (by an id) on tracks of their own, arrows as s and f. Times
/// are microseconds with three decimals, made of integers.
std::unique_ptr<sink> make_chrome_sink(const trace_file& trace, output_file& out);

/// Perfetto's protobuf: a track descriptor per track, names interned, times in ns of CLOCK_BOOTTIME.
std::unique_ptr<sink> make_perfetto_sink(const trace_file& trace, output_file& out);

}  // namespace weir_tool
