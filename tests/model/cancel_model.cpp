// sync/cancel_bits.hpp with the mailbox that carries the canceller's message: an operation ends exactly once, and no
// message ever points into a frame that has ended.
#include "sync/cancel_bits.hpp"

#include "explorer/model.hpp"
#include "sync/mpsc_stack.hpp"

namespace {

using namespace weir;  // NOLINT
using bits = sync::cancel_bits;

struct operation {
  sync::atomic<std::uint8_t> state{0};
  operation* cancel_link = nullptr;
  model::plain<int> result{0};
  model::plain<int> delivered{0};
};
using mailbox = sync::mpsc_stack<operation, &operation::cancel_link>;

// The owner's frame holds the operation; it ends when the operation was delivered and no canceller is inside cancel():
// that is what a stop_callback's destructor waits for.
void complete_against_cancel(int cancellers, bool result_comes) {
  auto* const op = new operation;
  mailbox messages;
  sync::atomic<int> inside{cancellers};
  for (int i = 0; i < cancellers; ++i)
    model::thread([&, op] {
      if (bits::ask(op->state)) (void)messages.push(op);
      inside.fetch_sub(1, std::memory_order_release);
    });

  bool done = false, waits_for_message = false;
  const auto deliver = [&] {
    ++op->delivered;
    model::require(op->delivered == 1, "[I2] delivered once");
    done = true;
  };
  const auto finish = [&](int result) {
    op->result = result;
    if (bits::complete(op->state))
      deliver();
    else
      waits_for_message = true;
  };
  int turns_before_result = result_comes ? static_cast<int>(model::any_of(2)) : 1'000;
  while (!done) {  // the reactor
    for (operation* m = messages.take_all(); m != nullptr; m = nullptr) {
      if (!waits_for_message) finish(-1);  // taken out of its waiting list
      if (waits_for_message) deliver();
    }
    if (!done && !waits_for_message && turns_before_result-- == 0) finish(1);
    if (!done) sync::pause();
  }
  model::require(op->result != 0, "a result or a cancellation");
  while (inside.load(std::memory_order_acquire) != 0) sync::pause();
  delete op;
  model::require(messages.take_all() == nullptr, "[I1] no message about a frame that has ended");
  model::join();
}

}  // namespace

int main(int argc, char** argv) {
  return model::main(
      argc, argv,
      {{"cancel: a completion against one canceller [I1 I2]",
        {.preemptions = 100},
        [] { complete_against_cancel(1, true); }},
       {"cancel: a completion against two cancellers [I1 I2]",
        {.preemptions = 3},
        [] { complete_against_cancel(2, true); }},
       {"cancel: two cancellers, no result [I2]", {.preemptions = 3}, [] { complete_against_cancel(2, false); }}});
}
