// TCP and unix sockets over the real reactor.
#include <weir/error.hpp>
#include <weir/io/local.hpp>
#include <weir/io/pipe.hpp>
#include <weir/io/resolver.hpp>
#include <weir/io/tcp.hpp>
#include <weir/spawn.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <deque>
#include <fstream>
#include <span>
#include <string>
#include <vector>

#include "coro/io_fixture.hpp"

using namespace io_test;
using weir::bytes_of;
using weir::endpoint;
using weir::task;
using weir::tcp_listener;
using weir::tcp_stream;

namespace {

task<std::string> read_to_end(const weir::stream_socket& from) {
  std::string all;
  std::array<std::byte, 1024> part;
  while (const std::size_t n = co_await from.read_some(part)) all.append(reinterpret_cast<char*>(part.data()), n);
  co_return all;
}

task<void> echo(tcp_stream peer) {
  std::array<std::byte, 512> part;
  while (const std::size_t n = co_await peer.read_some(part)) co_await peer.write_all(std::span{part}.first(n));
  peer.close();  // a frame's parameters live until whoever waits for the task lets go of it
}

// Sends its numbered lines in pieces and checks that they come back in order.
task<bool> client(endpoint to, int id, int lines) {
  tcp_stream s = co_await tcp_stream::connect(to);
  std::string sent, got;
  std::array<std::byte, 256> part;
  for (int i = 0; i < lines; ++i) {
    const std::string line =
        std::to_string(id) + ':' + std::to_string(i) + std::string(static_cast<std::size_t>(i % 90), '.') + '\n';
    co_await s.write_all(bytes_of(line));
    sent += line;
    while (got.size() < sent.size()) {
      const std::size_t n = co_await s.read_some(part);
      if (n == 0) co_return false;
      got.append(reinterpret_cast<char*>(part.data()), n);
    }
  }
  s.shutdown_send();
  const std::string rest = co_await read_to_end(s);
  co_return got == sent&& rest.empty();
}

task<tcp_stream> accept_one(const tcp_listener& from) { co_return co_await from.accept(); }

template <class F>
std::string message_of(F&& f) {
  try {
    f();
  } catch (const std::exception& e) {
    return e.what();
  }
  return "(no exception)";
}

struct connected {
  explicit connected(weir::runtime& rt) : server{endpoint::loopback(0)} {
    running<tcp_stream> in{rt, accept_one(server)};
    ours = run(rt, connect_to(server.local_address()));
    theirs = in.join();
  }
  static task<tcp_stream> connect_to(endpoint to) { co_return co_await tcp_stream::connect(to); }
  tcp_listener server;
  tcp_stream ours, theirs;
};

}  // namespace

TEST_CASE("tcp: 64 connections echo, each in order and complete, on both homes") {
  const nothing_left check;
  for (home where : {home::io, home::cpu}) {
    weir::runtime rt{{.threads = 2}};
    tcp_listener server{endpoint::loopback(0)};
    constexpr int connections = 64, lines = 200;
    std::deque<running<void>> echoes;
    std::deque<running<bool>> clients;
    for (int i = 0; i < connections; ++i) clients.emplace_back(rt, client(server.local_address(), i, lines), where);
    for (int i = 0; i < connections; ++i) echoes.emplace_back(rt, echo(run(rt, accept_one(server))), where);
    int right = 0;
    for (auto& c : clients) right += c.join();
    for (auto& e : echoes) e.join();
    CHECK(right == connections);
    const auto s = rt.stats();
    CHECK(s.io_submitted == s.io_completed + s.io_cancelled);
  }
}

TEST_CASE("tcp: names its peer and its operation when the system refuses") {
  weir::runtime rt{{.threads = 1}};
  endpoint gone;
  {
    tcp_listener server{endpoint::loopback(0)};
    gone = server.local_address();
  }
  const std::string refused = message_of([&] { run(rt, connected::connect_to(gone)); });
  CHECK(refused == "connect " + gone.to_string() + ": Connection refused");
  tcp_listener first{endpoint::loopback(0)};
  const std::string taken = message_of([&] { tcp_listener second{first.local_address()}; });
  CHECK(taken == "listen " + first.local_address().to_string() + ": Address already in use");
  connected c{rt};
  const linger hard{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(c.theirs.descriptor().number(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  running<std::string> waits{rt, read_to_end(c.ours)};
  c.theirs.close();
  const std::string reset = message_of([&] { waits.join(); });
  CHECK(reset == "recv " + c.server.local_address().to_string() + ": Connection reset by peer");
}

TEST_CASE("tcp: as_result gives the error as a value") {
  weir::runtime rt{{.threads = 1}};
  connected c{rt};
  c.theirs.close();
  const auto write_until_broken = [](const tcp_stream& to) -> task<std::error_code> {
    std::array<std::byte, 4096> bytes{};
    for (;;) {
      weir::result<std::size_t> n = co_await weir::as_result(to.write_some(bytes));
      if (!n) co_return n.error();
    }
  };
  const std::error_code error = run(rt, write_until_broken(c.ours));
  CHECK((error == std::errc::broken_pipe || error == std::errc::connection_reset));
}

namespace {

weir::task<void> close_both(connected& c) {
  c.ours.close();
  c.server.close();
  co_return;
}

}  // namespace

TEST_CASE("tcp: closing an object ends the operation that waits on it; later ones fail") {
  const nothing_left check;
  for (int round = 0; round < 20; ++round) {
    weir::runtime rt{{.threads = 1}};
    connected c{rt};
    const home where = round % 2 == 0 ? home::io : home::cpu;  // one thread each: a stream is not for two at once
    running<std::string> waits{rt, read_to_end(c.ours), where};
    running<tcp_stream> accepts{rt, accept_one(c.server), where};
    weir::block_on(rt, close_both(c), {.where = where});
    const auto cancelled = [](auto& r) {
      try {
        r.join();
      } catch (const weir::operation_cancelled&) {
        return true;
      } catch (const std::system_error& e) {
        return e.code() == std::errc::bad_file_descriptor;  // closed before it began
      }
      return false;
    };
    REQUIRE(cancelled(waits));
    REQUIRE(cancelled(accepts));
    CHECK_THROWS_AS(run(rt, read_to_end(c.ours)), std::system_error);
  }
}

TEST_CASE("tcp: a stop request ends a read that waits, and takes no byte with it") {
  weir::runtime rt{{.threads = 1}};
  connected c{rt};
  for (int round = 0; round < 500; ++round) {
    running<std::string> waits{rt, read_to_end(c.ours)};
    waits.request_stop();
    REQUIRE_THROWS_AS(waits.join(), weir::operation_cancelled);
  }
  const auto send = [](const tcp_stream& to) -> task<void> { co_await to.write_all(bytes_of("whole")); };
  run(rt, send(c.theirs));
  c.theirs.close();
  CHECK(run(rt, read_to_end(c.ours)) == "whole");
}

TEST_CASE("tcp: a slow reader holds the writer back, and everything arrives") {
  weir::runtime rt{{.threads = 2}};
  connected c{rt};
  const int small = 4096;
  ::setsockopt(c.ours.descriptor().number(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
  const std::string text(3'000'000, 'w');
  const auto send = [](const tcp_stream& to, const std::string& all) -> task<void> {
    co_await to.write_all(bytes_of(all));
    to.shutdown_send();
  };
  running<void> writes{rt, send(c.ours, text)};
  CHECK(run(rt, read_to_end(c.theirs), home::cpu) == text);
  writes.join();
}

TEST_CASE("tcp: connect by name tries the addresses of the name") {
  weir::runtime rt{{.threads = 1}};
  tcp_listener server{endpoint::loopback(0)};
  running<tcp_stream> in{rt, accept_one(server)};
  const tcp_stream s = run(rt, tcp_stream::connect("localhost:" + std::to_string(server.local_address().port())));
  CHECK(static_cast<bool>(s));
  CHECK(in.join().peer() == s.local_address());
  CHECK_THROWS_AS(run(rt, tcp_stream::connect("no port")), std::invalid_argument);
  CHECK(message_of([&] { run(rt, tcp_stream::connect("name.invalid:1")); }).starts_with("resolve name.invalid: "));
}

TEST_CASE("tcp, local: a name with a NUL is refused by name, not cut") {
  weir::runtime rt{{.threads = 1}};
  const std::string host{"localhost\0x", 11};
  CHECK_THROWS_AS(run(rt, weir::resolve(host, 80)), std::invalid_argument);
  CHECK_THROWS_AS(run(rt, tcp_stream::connect(host + ":80")), std::invalid_argument);
  CHECK_THROWS_AS((void)endpoint::local(std::string_view{"path\0x", 6}), std::invalid_argument);
  CHECK_THROWS_AS((void)endpoint::parse(std::string_view{"127.0.0.1\0x:80", 14}), std::invalid_argument);
  CHECK(endpoint::local(std::string_view{"@a\0b", 4}).to_string() == std::string_view{"@a\0b", 4});  // as the kernel
}

TEST_CASE("local: connects by path and by abstract name, and replaces only a dead socket file") {
  const nothing_left check;
  weir::runtime rt{{.threads = 1}};
  const std::string path = "weir_local_test." + std::to_string(::getpid());
  const auto accept_local = [](const weir::local_listener& from) -> task<weir::local_stream> {
    co_return co_await from.accept();
  };
  const auto dial = [](std::string to) -> task<weir::local_stream> {
    co_return co_await weir::local_stream::connect(to);
  };
  for (const std::string& name : {path, '@' + path}) {
    weir::local_listener server{name};
    running<weir::local_stream> in{rt, accept_local(server)};
    weir::local_stream out = run(rt, dial(name));
    weir::local_stream peer = in.join();
    const auto send = [](const weir::local_stream& to) -> task<void> { co_await to.write_all(bytes_of("local")); };
    run(rt, send(out));
    out.close();
    CHECK(run(rt, read_to_end(peer)) == "local");
    CHECK_THROWS_AS(weir::local_listener{name}, std::system_error);
  }
  CHECK(::access(path.c_str(), F_OK) != 0);
  {
    const int dead = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const endpoint at = endpoint::local(path);
    REQUIRE(::bind(dead, at.data(), at.size()) == 0);
    ::close(dead);
  }
  const weir::local_listener again{path};
}

TEST_CASE("local: a file that is no socket is never replaced") {
  const std::string path = "weir_precious." + std::to_string(::getpid());
  std::ofstream{path} << "precious";
  CHECK_THROWS_AS(weir::local_listener{path}, std::system_error);
  std::string kept;
  std::ifstream{path} >> kept;
  CHECK(kept == "precious");
  ::unlink(path.c_str());
}

TEST_CASE("streams: an empty buffer is transferred at once, whatever the peer does") {
  weir::runtime rt{{.threads = 1}};
  auto [here, there] = weir::local_stream::pair();
  auto ends = weir::make_pipe();
  const auto nothing = [](weir::local_stream& socket, weir::pipe_ends& pipe) -> task<std::size_t> {
    const std::span<std::byte> none;
    std::size_t moved = co_await socket.read_some(none) + co_await pipe.reader.read_some(none);
    moved += co_await socket.write_some(none) + co_await pipe.writer.write_some(none);
    co_return moved;
  };
  CHECK(run(rt, nothing(here, ends)) == 0);
}

TEST_CASE("local: a connect to a full backlog waits for room") {
  weir::runtime rt{{.threads = 1}};
  const std::string name = "@weir_backlog." + std::to_string(::getpid());
  weir::local_listener server{name, 1};
  const auto dial = [](std::string to) -> task<weir::local_stream> {
    co_return co_await weir::local_stream::connect(to);
  };
  std::deque<running<weir::local_stream>> dials;
  for (int i = 0; i < 8; ++i) dials.emplace_back(rt, dial(name));
  const auto accept_all = [](const weir::local_listener& from) -> task<int> {
    std::vector<weir::local_stream> peers;
    for (int i = 0; i < 8; ++i) peers.push_back(co_await from.accept());
    co_return static_cast<int>(peers.size());
  };
  CHECK(run(rt, accept_all(server)) == 8);
  for (auto& d : dials) CHECK(static_cast<bool>(d.join()));
}

TEST_CASE("endpoint: reads what it writes, and names what it cannot read") {
  for (const char* text : {"127.0.0.1:80", "0.0.0.0:0", "[::1]:443", "[fe80::1:2]:65535"})
    CHECK(endpoint::parse(text).to_string() == text);
  CHECK(endpoint::parse(":8080").to_string() == "0.0.0.0:8080");
  CHECK(endpoint::parse("*:1").port() == 1);
  CHECK(endpoint::local("/a/b").to_string() == "/a/b");
  CHECK(endpoint::local("@x").to_string() == "@x");
  for (const char* text :
       {"", "80", "1.2.3.4", "1.2.3.4:", "1.2.3.4:65536", "1.2.3.4:8x", "::1:80", "name:80", "1.2.3:4"})
    CHECK_THROWS_AS(static_cast<void>(endpoint::parse(text)), std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(endpoint::local(std::string(200, 'x'))), std::invalid_argument);
}
