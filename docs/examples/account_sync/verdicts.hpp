// verdicts.hpp - what an answer of the partner means for the call, and how it looks as a line.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "desk.hpp"
#include "ledger.hpp"
#include "partner.hpp"

namespace account_sync {

/// The call's result.   Errors  refused_account; weir::retry_later, which the books count as a 429
account accept_verdict(account a, const answer& said, ledger& book);

/// "push 17", and back. None: it is no such line.
[[nodiscard]] std::string to_line(account a);
[[nodiscard]] std::optional<account> read_account(std::string_view line);

/// "200", "422", "429 12" (milliseconds, rounded up), and back.
[[nodiscard]] std::string to_line(const answer& said);
[[nodiscard]] std::optional<answer> read_answer(std::string_view line);

/// "restart 1000", and back.
[[nodiscard]] std::string to_line_restart(std::chrono::milliseconds down);
[[nodiscard]] std::optional<std::chrono::milliseconds> read_restart(std::string_view line);

}  // namespace account_sync
