#include "enricher.hpp"

#include <cstring>

#include "allocations.hpp"

namespace log_pipeline {
namespace {

constexpr std::string_view before_class = ",\"class\":\"";
constexpr std::string_view before_fingerprint = "\",\"fingerprint\":\"";
constexpr std::string_view after_fingerprint = "\"}\n";
constexpr std::size_t most_added =
    before_class.size() + 8 + before_fingerprint.size() + sizeof(fingerprint::hex) + after_fingerprint.size();

std::string_view trimmed(std::string_view line) noexcept {
  constexpr std::string_view white = " \t\r";
  while (!line.empty() && white.find(line.back()) != white.npos) line.remove_suffix(1);
  while (!line.empty() && white.find(line.front()) != white.npos) line.remove_prefix(1);
  return line;
}

}  // namespace

void enricher::enrich(batch& b) {
  const program_code scope;
  std::string_view rest = b.text.text();
  std::uint64_t index = 0;
  for (; !rest.empty(); ++index) {
    const auto* newline = static_cast<const char*>(std::memchr(rest.data(), '\n', rest.size()));
    const auto length = static_cast<std::size_t>(newline - rest.data());
    const reject why = enrich_line(trimmed(rest.substr(0, length)), b.enriched);
    if (why == reject::none)
      ++b.accepted;
    else
      b.add_rejected(index, why);
    rest.remove_prefix(length + 1);
  }
  if (b.cut_off) b.add_rejected(index, reject::cut_off);
}

reject enricher::enrich_line(std::string_view line, buffer& out) {
  if (line.empty()) return reject::empty;
  record r;
  if (const reject why = parser_.parse(line, r); why != reject::none) return why;

  const category c = r.classify();
  statistics_.add(r, c);
  const fingerprint::hex digits = fingerprint_.of(line);

  line.remove_suffix(1);  // the closing brace: it is valid JSON and an object
  out.make_room(line.size() + most_added);
  out.append(line);
  out.append(before_class);
  out.append(category_names[static_cast<std::size_t>(c)]);
  out.append(before_fingerprint);
  out.append({digits.data(), digits.size()});
  out.append(after_fingerprint);
  return reject::none;
}

}  // namespace log_pipeline
