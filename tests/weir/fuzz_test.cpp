// Seeds for tools/weir/fuzz.cpp: one file of each kind, small.
#include <cstdlib>
#include <string>

#include <doctest/doctest.h>

#include "weir/support/command.hpp"
#include "weir/support/ring_writer.hpp"
#include "weir/support/story.hpp"

// Run by ctest where the fuzzer is built: WEIR_SEEDS is the directory.
TEST_CASE("fuzz: seeds" * doctest::skip()) {
  const char* const directory = std::getenv("WEIR_SEEDS");
  REQUIRE(directory != nullptr);
  const std::string to = std::string{directory} + '/';
  support::write_file(to + "stream", support::trace_of(support::story(), support::story_sites));
  support::ring_writer file;
  file.site("one");
  file.ring(8, support::marks(20), {{0, 7, 70, {}}, {15, 8, 80, {}}});
  namespace format = support::format;
  const std::string& b = file.bytes;
  support::write_file(to + "rings", b.substr(0, 256) + b.substr(format::rings_offset, 256) +
                                        b.substr(format::sites_offset, 512) + b.substr(format::first_ring_offset));
}
