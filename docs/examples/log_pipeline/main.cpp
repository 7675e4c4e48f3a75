// log_pipeline - turns NDJSON logs into enriched NDJSON plus a report, on all processors, in bounded memory.
//
// Start with pipeline.hpp: it shows the stages and how weir carries them. The rest, in the order of a line's journey:
//   input (file_input, server) -> line_reader -> batch -> enricher (record, fingerprint, statistics) -> writer ->
//   output;  reading, progress, report
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <stdexcept>

#include "failure.hpp"
#include "options.hpp"
#include "run.hpp"

namespace {

using log_pipeline::failure;

/// A program may be started without stdin, stdout or stderr; what it opens then must not take their numbers. Each is
/// opened the wrong way round, so that using it fails as using a closed one does.
void occupy_standard_descriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(fd, F_GETFD) < 0) (void)::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

int fail(const std::exception& e, int code) {
  std::fprintf(stderr, "log_pipeline: %s\n", e.what());
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  occupy_standard_descriptors();
  try {
    const auto options = log_pipeline::parse_command_line(argc, argv);
    return options ? log_pipeline::run(*options) : log_pipeline::success;
  } catch (const failure& e) {
    return fail(e, e.code);
  } catch (const std::invalid_argument& e) {
    return fail(e, log_pipeline::bad_usage);
  } catch (const std::exception& e) {
    return fail(e, log_pipeline::no_resources);
  }
}
