// account_sync - one job in four shapes: 40,000 accounts, a partner that carries 600 calls a second.
//
// Start with shapes.hpp and shapes.cpp: they are the example. Around them: world (the numbers), partner
// (who is called: tcp_partner, memory_partner; desk and partner_server are the other side), ledger (what
// became of whom), measure (one shape on either runtime), child_process, report.
#include <cstdio>
#include <exception>

#include "failure.hpp"
#include "options.hpp"
#include "run.hpp"

namespace {

int fail(const std::exception& e, int code) {
  if (*e.what() != '\0') std::fprintf(stderr, "account_sync: %s\n", e.what());
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const auto options = account_sync::parse_command_line(argc, argv);
    return options ? account_sync::run(*options) : account_sync::success;
  } catch (const account_sync::failure& e) {
    return fail(e, e.code);
  } catch (const std::exception& e) {
    return fail(e, account_sync::no_resources);
  }
}
