#include "routing_probe/worker/interruption.h"

#include <atomic>
#include <csignal>

namespace limoe::probe {
namespace {

std::atomic<bool> g_interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free, "the signal handler needs it");

}  // namespace

void catchInterrupts() {
  struct sigaction action {};
  action.sa_handler = [](int) { g_interrupted = true; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction present {};
    sigaction(signal, nullptr, &present);
    if (present.sa_handler != SIG_IGN) {  // nohup wants it ignored
      sigaction(signal, &action, nullptr);
    }
  }
  std::signal(SIGXFSZ, SIG_IGN);  // a write beyond the limit comes back as an error
}

void throwIfInterrupted() {
  if (g_interrupted) {
    throw Interrupted();
  }
}

}  // namespace limoe::probe
