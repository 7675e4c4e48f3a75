#include "generator.hpp"

#include <array>
#include <charconv>
#include <cstring>

namespace log_pipeline {
namespace {

constexpr std::int64_t first_ms = 1'767'225'600'000;  // 2026-01-01T00:00:00Z; one line a millisecond from there

constexpr std::array<std::string_view, 12> services = {"auth",   "cart",  "catalog", "checkout", "edge",   "images",
                                                       "ledger", "login", "mail",    "search",   "stream", "users"};
constexpr std::array<std::string_view, 8> paths = {"/",     "/login",  "/api/v1/items", "/api/v1/orders",
                                                   "/cart", "/search", "/img/logo.png", "/health"};
constexpr std::array<std::string_view, 8> messages = {"ok",        "cache hit", "cache miss",         "retried once",
                                                      "slow disk", "done",      "quota \\\"free\\\"", "caf\xc3\xa9"};

/// Random bits taken from one number, a few at a time (splitmix64's finaliser makes them).
class bits {
 public:
  explicit bits(std::uint64_t x) noexcept : state_{mixed(x)} {}

  /// A number below n, for small n.
  std::uint64_t below(std::uint64_t n) noexcept {
    const std::uint64_t value = (state_ >> 32) * n >> 32;
    state_ = state_ * 6364136223846793005 + 1442695040888963407;
    return value;
  }

 private:
  static std::uint64_t mixed(std::uint64_t x) noexcept {
    x = (x + 0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 30)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
  }

  std::uint64_t state_;
};

class text {
 public:
  explicit text(char* to) noexcept : at_{to} {}
  text& operator<<(std::string_view s) noexcept {
    std::memcpy(at_, s.data(), s.size());
    at_ += s.size();
    return *this;
  }
  text& operator<<(std::uint64_t n) noexcept {
    at_ = std::to_chars(at_, at_ + 20, n).ptr;
    return *this;
  }
  [[nodiscard]] char* end() const noexcept { return at_; }

 private:
  char* at_;
};

std::uint64_t any_status(bits& random) noexcept {
  const std::uint64_t x = random.below(1000);
  if (x < 940) return x < 900 ? 200 : 204;
  if (x < 985) return x < 970 ? 404 : 403;
  return x < 995 ? 500 : 503;
}

/// Most requests take a millisecond or so, one in a thousand half a second or more.
std::uint64_t any_latency_us(bits& random) noexcept {
  std::uint64_t latency = 100 + random.below(1900);
  while (latency < 3'000'000 && random.below(5) < 2) latency += latency + random.below(latency);
  return latency;
}

std::string_view any_level(bits& random, std::uint64_t status) noexcept {
  if (status >= 500) return "error";
  if (status >= 400) return "warn";
  return random.below(8) == 0 ? "debug" : "info";
}

char* write_broken(std::uint64_t how, char* begin, char* end) noexcept {
  const auto replace = [&](std::string_view with) { return (text{begin} << with).end(); };
  switch (how) {
    case 0:
      return begin;  // empty
    case 1:
      return begin + (end - begin) / 2;  // cut off
    case 2:
      return replace("Traceback (most recent call last):");  // not JSON
    case 3:
      return replace("[1,2,3]");  // not an object
    case 4:
      return replace(R"({"ts":1767225600000,"level":"info"})");  // fields missing
    case 5:
      return (text{end - 1} << R"(,"ip":"10.0.0.1"})").end();  // a field twice
    case 6:
      return (text{end - 1} << R"(,"status":"200"})").end();  // again, and of the wrong kind
    case 7:
      begin[1] = '\xff';
      return end;  // not UTF-8
    case 8:
      return replace(R"({"ts":"yesterday","level":"info"})");  // the wrong kind
    default:
      return (text{end - 1} << R"(,"fingerprint":"forged"})").end();  // a name that we give
  }
}

}  // namespace

char* generator::write_line(std::uint64_t i, char* to) const noexcept {
  bits random{seed_ * 0x9e3779b97f4a7c15 + i};
  const std::uint64_t status = any_status(random);
  text line{to};
  line << R"({"ts":)" << first_ms + i + random.below(1000);
  line << R"(,"level":")" << any_level(random, status);
  line << R"(","service":")" << services[random.below(services.size())];
  line << R"(","status":)" << status;
  line << R"(,"latency":)" << any_latency_us(random);
  line << R"(,"ip":"10.)" << random.below(256) << "." << random.below(256) << "." << 1 + random.below(254);
  line << R"(","path":")" << paths[random.below(paths.size())];
  line << R"(","msg":")" << messages[random.below(messages.size())] << R"("})";
  char* end = line.end();
  if (random.below(1000) == 0) end = write_broken(random.below(10), to, end);
  *end = '\n';
  return end + 1;
}

}  // namespace log_pipeline
