// convert/csv.hpp - a line per event, as it is in the file, in the order of time.
#pragma once

#include "convert/output_file.hpp"
#include "event.hpp"
#include "trace_file.hpp"

namespace weir_tool {

class csv_writer {
 public:
  csv_writer(const trace_file& trace, output_file& out);
  void see(const moment& m);

 private:
  const trace_file& trace_;
  output_file& out_;
};

}  // namespace weir_tool
