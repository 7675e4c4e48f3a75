#include "trace/names.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

using weir::tracing::name_table;

TEST_CASE("names: an address has one number, and the text is a copy") {
  const auto table = std::make_unique<name_table>();
  std::string name = "parse";
  const auto id = table->id_of(name.data());
  CHECK(table->id_of(name.data()) == id);
  name[0] = 'X';
  CHECK(table->text_of(id) == "parse");
  CHECK(table->id_of(nullptr) == name_table::unnamed);
  CHECK(table->text_of(name_table::unnamed).empty());
  CHECK(table->text_of(123'456) == "(other)");
}

TEST_CASE("names: long names are cut, and a full table says so") {
  const auto table = std::make_unique<name_table>();
  const std::string longest(200, 'n');
  CHECK(table->text_of(table->id_of(longest.c_str())) == std::string(62, 'n'));
  const std::vector<char> addresses(5000, '\0');
  std::size_t other = 0;
  for (const char& a : addresses) other += table->id_of(&a) == name_table::other;
  CHECK(other >= 5000 - 2048);
  CHECK(table->text_of(name_table::other) == "(other)");
}

TEST_CASE("names: threads that see the same names first at once agree on them") {
  std::vector<std::string> names;
  for (int i = 0; i < 500; ++i) names.push_back("name " + std::to_string(i));
  for (int round = 0; round < 50; ++round) {
    const auto table = std::make_unique<name_table>();
    std::vector<std::uint32_t> mine(names.size());
    std::vector<std::uint32_t> others(names.size());
    std::atomic<bool> go{false};
    std::thread other{[&] {
      while (!go.load()) {
      }
      for (std::size_t i = 0; i < names.size(); ++i) others[i] = table->id_of(names[i].c_str());
    }};
    go.store(true);
    for (std::size_t i = 0; i < names.size(); ++i) mine[i] = table->id_of(names[i].c_str());
    other.join();
    REQUIRE(mine == others);
    std::size_t right = 0;
    for (std::size_t i = 0; i < names.size(); ++i) right += table->text_of(mine[i]) == names[i];
    REQUIRE(right == names.size());
  }
}
