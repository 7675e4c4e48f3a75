#include "trace/sites.hpp"

#include <array>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

using weir::detail::trace_site;
using weir::tracing::site_kind;
using weir::tracing::site_slots;
using weir::tracing::site_table;

TEST_CASE("sites: one site is one number, whoever asks; its texts are copied") {
  const auto table = std::make_unique<site_table>();
  std::string name = "job";
  const std::string file = "/home/somebody/main.cpp";
  const trace_site site{name.c_str(), file.c_str(), 7};
  CHECK(table->id_of({}, site_kind::job) == site_table::none);
  const auto id = table->id_of(site, site_kind::job);
  CHECK(id > site_table::other);
  CHECK(table->id_of(site, site_kind::task) == id);
  CHECK(table->id_of({name.c_str(), file.c_str(), 8}, site_kind::job) != id);
  name[0] = 'x';
  CHECK(weir::tracing::name_of((*table)[id]) == "job");
  CHECK(weir::tracing::file_of((*table)[id]) == file);
  CHECK((*table)[id].line == 7);
  CHECK((*table)[id].kind == site_kind::job);
}

TEST_CASE("sites: a long name loses its end, a long path its beginning") {
  const auto table = std::make_unique<site_table>();
  const std::string name(300, 'n');
  const std::string file = std::string(300, 'd') + "/the_file.cpp";
  const auto& slot = (*table)[table->id_of({name.c_str(), file.c_str(), 1}, site_kind::task)];
  CHECK(weir::tracing::name_of(slot) == std::string(120, 'n'));
  CHECK(weir::tracing::file_of(slot).size() == 120);
  CHECK(weir::tracing::file_of(slot).ends_with("/the_file.cpp"));
}

TEST_CASE("sites: when the table is full, further ones are (other), and those that are there stay") {
  const auto table = std::make_unique<site_table>();
  const char* const name = "n";
  for (std::uint32_t line = 1; line < 2 * site_slots; ++line) (void)table->id_of({name, name, line}, site_kind::mark);
  CHECK(table->count() <= site_slots);
  CHECK(table->id_of({name, name, 3 * site_slots}, site_kind::mark) == site_table::other);
  CHECK(weir::tracing::name_of((*table)[site_table::other]) == "(other)");
  const auto id = table->id_of({name, name, 5}, site_kind::mark);
  CHECK((*table)[id].line == 5);
}

TEST_CASE("sites: threads that meet a site at once agree on its number") {
  const auto table = std::make_unique<site_table>();
  constexpr std::uint32_t n = 500;
  std::array<std::vector<std::uint32_t>, 4> ids;
  std::vector<std::thread> threads;
  for (auto& mine : ids)
    threads.emplace_back([&mine, &table] {
      for (std::uint32_t line = 1; line <= n; ++line) mine.push_back(table->id_of({"x", "y", line}, site_kind::mark));
    });
  for (std::thread& t : threads) t.join();
  std::size_t wrong = 0;
  for (std::uint32_t i = 0; i < n; ++i) wrong += (*table)[ids[0][i]].line != i + 1;
  for (const auto& mine : ids) CHECK(mine == ids[0]);
  CHECK(wrong == 0);
  CHECK(table->count() == n + 2);
}

TEST_CASE("sites: a mirror has what was there and what comes") {
  const auto table = std::make_unique<site_table>();
  const auto mirror = std::make_unique<std::array<weir::tracing::site_slot, site_slots>>();
  std::atomic<std::uint32_t> count{0};
  (void)table->id_of({"before", nullptr, 0}, site_kind::mark);
  table->mirror_to(mirror->data(), &count);
  const auto id = table->id_of({"after", nullptr, 0}, site_kind::mark);
  CHECK(count.load() == id + 1);
  CHECK(weir::tracing::name_of((*mirror)[id]) == "after");
  CHECK(weir::tracing::name_of((*mirror)[id - 1]) == "before");
  table->mirror_to(nullptr, nullptr);
  (void)table->id_of({"too late", nullptr, 0}, site_kind::mark);
  CHECK(count.load() == id + 1);
}
