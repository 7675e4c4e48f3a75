#include "verdicts.hpp"

#include <charconv>

namespace account_sync {
namespace {

/// The number after `word` and a space; none if the line is not just that.
std::optional<std::size_t> number_after(std::string_view word, std::string_view line) {
  if (!line.starts_with(word) || !line.substr(word.size()).starts_with(' ')) return std::nullopt;
  const std::string_view digits = line.substr(word.size() + 1);
  std::size_t n = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), n);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return n;
}

}  // namespace

account accept_verdict(account a, const answer& said, ledger& book) {
  if (said.what == verdict::refused) throw refused_account{a};
  if (said.what == verdict::too_many) {
    book.rejected();
    throw weir::retry_later{"429 too many requests", said.retry_after};
  }
  return a;
}

std::string to_line(account a) { return "push " + std::to_string(a.id); }

std::optional<account> read_account(std::string_view line) {
  const auto id = number_after("push", line);
  return id ? std::optional{account{*id}} : std::nullopt;
}

std::string to_line(const answer& said) {
  if (said.what == verdict::synced) return "200";
  if (said.what == verdict::refused) return "422";
  return "429 " + std::to_string(std::chrono::ceil<std::chrono::milliseconds>(said.retry_after).count());
}

std::optional<answer> read_answer(std::string_view line) {
  if (line == "200") return answer{verdict::synced};
  if (line == "422") return answer{verdict::refused};
  const auto after = number_after("429", line);
  return after ? std::optional{answer{verdict::too_many, std::chrono::milliseconds{*after}}} : std::nullopt;
}

std::string to_line_restart(std::chrono::milliseconds down) { return "restart " + std::to_string(down.count()); }

std::optional<std::chrono::milliseconds> read_restart(std::string_view line) {
  const auto down = number_after("restart", line);
  return down ? std::optional{std::chrono::milliseconds{*down}} : std::nullopt;
}

}  // namespace account_sync
