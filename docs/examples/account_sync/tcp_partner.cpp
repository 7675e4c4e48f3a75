#include "tcp_partner.hpp"

#include <cerrno>
#include <system_error>

#include "verdicts.hpp"

namespace account_sync {

weir::task<account> tcp_partner::push(account a) {
  line_stream server = co_await connection();
  const answer said = co_await ask(server, a);
  keep(std::move(server));
  co_return accept_verdict(a, said, book_);
}

weir::task<line_stream> tcp_partner::connection() {
  {
    const std::lock_guard hold{lock_};
    if (!idle_.empty()) {
      line_stream last = std::move(idle_.back());
      idle_.pop_back();
      co_return last;
    }
  }
  weir::result<weir::tcp_stream> fresh = co_await weir::as_result(weir::tcp_stream::connect(at_));
  if (fresh.error() == std::errc::too_many_files_open) book_.no_descriptor();
  co_return line_stream{std::move(fresh).value()};
}

weir::task<answer> tcp_partner::ask(line_stream& server, account a) {
  const ledger::call counted{book_};
  co_await server.write(to_line(a));
  const std::optional<std::string> line = co_await server.read();
  if (!line) throw std::system_error{ECONNRESET, std::system_category(), "the partner has hung up"};
  const std::optional<answer> said = read_answer(*line);
  if (!said) throw std::system_error{EPROTO, std::system_category(), "the partner answers \"" + *line + "\""};
  co_return *said;
}

void tcp_partner::keep(line_stream&& idle) {
  const std::lock_guard hold{lock_};
  idle_.push_back(std::move(idle));
}

weir::task<> tcp_partner::restart(std::chrono::nanoseconds down) {
  co_await control_.write(to_line_restart(std::chrono::ceil<std::chrono::milliseconds>(down)));
  co_await control_.read();  // "up"
}

}  // namespace account_sync
