#include "trace/chrome_json.hpp"

#include <memory>
#include <system_error>

#include "support.hpp"
#include "trace/output_file.hpp"

using weir::detail::event;
using weir::tracing::append_escaped;
using weir::tracing::capture;
using weir::tracing::name_table;
using weir::tracing::output_file;

namespace {

std::string escaped(std::string_view text) {
  std::string to;
  append_escaped(to, text);
  return to;
}

std::string written(const capture& c, const std::string& path) {
  output_file out{path};
  write_chrome_json(c, out);
  out.close();
  return support::read_file(path);
}

}  // namespace

TEST_CASE("chrome_json: names of any bytes are valid JSON strings") {
  CHECK(escaped("plain \xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80") == "plain \xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80");
  CHECK(escaped("a\"b\\c\n\x01\x7F") == "a\\\"b\\\\c\\u000a\\u0001\\u007f");
  CHECK(escaped("\x80") == "\\ufffd");
  CHECK(escaped("x\xC3") == "x\\ufffd");
  CHECK(escaped("\xE2\x82") == "\\ufffd\\ufffd");
  CHECK(escaped("\xED\xA0\x80") == "\\ufffd\\ufffd\\ufffd");  // a surrogate
  CHECK(escaped("\xC0\xAF\xF5\x80\x80\x80") == "\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd");
}

TEST_CASE("chrome_json: times and ids are exact integers, also large ones") {
  const support::scratch_directory dir;
  capture c;
  const std::uint64_t far = 9'007'199'254'740'993ULL;  // 2^53 + 1 ns
  c.end = {far, far};
  c.pid = 42;
  c.tracks = {{7, "w", false, {{far, event::mark, 0, 0xFEDC'BA98'7654'3210ULL, ~0ULL}, {far, event::mark, 0, 1, 5}}}};
  const std::string text = written(c, dir.file("t.json"));
  CHECK(text.find("\"ts\":9007199254740.993,") != std::string::npos);
  CHECK(text.find("\"id\":\"0xfedcba9876543210\"") != std::string::npos);
  CHECK(text.find("\"arg\":\"18446744073709551615\"") != std::string::npos);
  CHECK(text.find("\"arg\":5}") != std::string::npos);
  CHECK(text.find("\"pid\":42,\"tid\":7") != std::string::npos);
  CHECK(support::trace_is_valid(dir.file("t.json"), "mark=2 lost=0"));
}

TEST_CASE("chrome_json: an empty recording and hostile names are valid documents") {
  const support::scratch_directory dir;
  capture c;
  written(c, dir.file("empty.json"));
  CHECK(support::trace_is_valid(dir.file("empty.json")));
  const auto names = std::make_unique<name_table>();
  c.names = names.get();
  c.lost = 3;
  c.tracks = {{7, "\"}]\xFF", false, {{1, event::begin, names->id_of("\\\"\n</script>\xFE"), 1, 0}}}};
  written(c, dir.file("hostile.json"));
  CHECK(support::trace_is_valid(dir.file("hostile.json"), "lost=3"));
}

TEST_CASE("chrome_json: a full disk is an error that names the file") {
  std::string message;
  try {
    output_file out{"/dev/full"};
    write_chrome_json(capture{}, out);
    out.close();
  } catch (const std::system_error& e) {
    message = e.what();
    CHECK(e.code() == std::errc::no_space_on_device);
  }
  CHECK(message.find("/dev/full") != std::string::npos);
}
