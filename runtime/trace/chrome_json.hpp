// trace/chrome_json.hpp - a recording as Chrome's trace event JSON.                           [floor: trace]
//
// For chrome://tracing, Perfetto's legacy importer, speedscope. Times are microseconds with three decimals, made from
// integers; 64-bit ids are hexadecimal strings, because JSON readers round large numbers. Names are escaped; bytes
// that are no UTF-8 become U+FFFD. What is missing is said in otherData: lost and reordered events.
#pragma once

#include <string>
#include <string_view>

#include "trace/capture.hpp"

namespace weir::inline v0::tracing {

class output_file;

/// Writes the whole document; the file stays open. Errors: std::system_error, std::bad_alloc.
void write_chrome_json(const capture& from, output_file& out);

/// `text` as the inside of a JSON string, appended to `to`.
void append_escaped(std::string& to, std::string_view text);

}  // namespace weir::inline v0::tracing
